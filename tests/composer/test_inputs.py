from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.errors import InvalidInput
from composer.inputs import InputSpec, Projection, SoundSpec, fitted, prepare, project

PICTURE = InputSpec("image", 16, 16, white=16.0)
SOUND = InputSpec("audio", 32, 16, sound=SoundSpec())


def tone(frequency: float, samples: int = 2048) -> list[float]:
    return [math.sin(2 * math.pi * frequency * t / 8000) for t in range(samples)]


finite = st.floats(-10, 10, allow_nan=False)


@settings(max_examples=30, deadline=None)
@given(
    modality=st.sampled_from(["image", "audio"]),
    height=st.integers(1, 64),
    mean=finite,
    std=st.floats(0.01, 10),
    components=st.integers(0, 3),
    low=st.floats(0, 500),
)
def test_a_spec_survives_json(
    modality: str, height: int, mean: float, std: float, components: int, low: float
) -> None:
    projection = Projection(1, 2, (0.5, mean), ((1.0, 0.0),) * components) if components else None
    sound = SoundSpec(low=low) if modality == "audio" else None
    kind = "image" if modality == "image" else "audio"
    spec = InputSpec(kind, height, 7, mean, std, 16.0, projection, sound)  # type: ignore[arg-type]
    again = InputSpec.from_dict(json.loads(spec.to_json()))
    assert again == spec
    assert again.to_json() == spec.to_json()


def test_lists_and_arrays_of_pictures_are_the_same() -> None:
    pictures = np.arange(2 * 8 * 8, dtype=np.float64).reshape(2, 8, 8) % 17
    from_array, from_list = prepare(PICTURE, pictures), prepare(PICTURE, pictures.tolist())
    assert torch.equal(from_array, from_list)
    assert from_array.shape == (2, 1, 16, 16)
    assert from_array.dtype == torch.float32


def test_white_picture_is_one_before_standardising() -> None:
    assert torch.allclose(prepare(PICTURE, np.full((1, 8, 8), 16.0)), torch.ones(1, 1, 16, 16))


def test_fitting_standardises_the_samples_it_saw() -> None:
    pictures = np.random.default_rng(0).uniform(0, 16, (20, 8, 8))
    x = prepare(fitted(PICTURE, pictures), pictures)
    assert abs(float(x.mean())) < 1e-5
    assert abs(float(x.std()) - 1) < 1e-5


def test_projecting_twice_changes_nothing() -> None:
    generator = np.random.default_rng(0)
    basis = np.linalg.qr(generator.normal(size=(64, 3)))[0].T
    rows = tuple(tuple(float(value) for value in row) for row in basis)
    projection = Projection(8, 8, tuple([0.25] * 64), rows)
    pictures = generator.uniform(0, 1, (5, 8, 8)).astype(np.float32)
    once = project(pictures, projection)
    assert np.allclose(project(once, projection), once, atol=1e-5)
    assert not np.allclose(once, pictures, atol=0.05)


@pytest.mark.parametrize("frequency", [700, 941, 1209, 1477])
def test_a_tone_lights_its_own_row(frequency: int) -> None:
    rows = prepare(SOUND, [tone(frequency)])[0, 0].mean(dim=1)
    hertz_per_row = (1600 - 600) / 32
    assert abs(int(rows.argmax()) - (frequency - 600) / hertz_per_row) <= 1.0


def test_waveforms_of_any_length_are_padded_or_cropped_around_the_middle() -> None:
    long, exact = tone(900, 4096), tone(900, 4096)[1024 : 1024 + 2048]
    x = prepare(SOUND, [long, exact, exact[:100]])
    assert x.shape == (3, 1, 32, 16)
    assert torch.equal(x[0], x[1])
    padded = [0.0] * 974 + exact[:100] + [0.0] * 974
    assert torch.equal(x[2:], prepare(SOUND, [padded]))


BAD_PICTURES = [
    [],
    [[1.0, 2.0]],
    [[[1.0, float("nan")]]],
    [[[1.0], [1.0, 2.0]]],
    "a picture",
    [[["x"]]],
    None,
    [[[float("inf")]]],
    [[[1.0]]],
]
BAD_SOUNDS = [
    [],
    [[]],
    [1.0, 2.0],
    [[1.0, float("nan")]],
    "sound",
    [["x"]],
    None,
    [[[1.0]]],
    np.zeros((0, 10)),
]


@pytest.mark.parametrize("raw", BAD_PICTURES)
def test_bad_pictures_are_refused_by_name(raw: object) -> None:
    with pytest.raises(InvalidInput, match=r"^image: found"):
        prepare(PICTURE, raw)


@pytest.mark.parametrize("raw", BAD_SOUNDS)
def test_bad_sounds_are_refused_by_name(raw: object) -> None:
    with pytest.raises(InvalidInput, match=r"^audio: found"):
        prepare(SOUND, raw)
