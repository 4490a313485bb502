from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.errors import InvalidInput, NotFound
from composer.inputs import fitted, project
from training.data import SPLITS, MultimodalData, Samples, pair_by_label, split_indices
from training.demo_data import digits_dtmf, key_frequencies, key_tone


@pytest.fixture(scope="module")
def plainer() -> MultimodalData:
    """The demo's data with pictures of three principal components."""
    return digits_dtmf(seed=0, image_components=3)


def test_same_seed_same_data(demo: MultimodalData, plainer: MultimodalData) -> None:
    again = digits_dtmf(seed=0)
    assert again.digest == demo.digest
    assert digits_dtmf(seed=1).digest != demo.digest
    assert digits_dtmf(seed=0, audio_snr_db=0.0).digest != demo.digest
    assert plainer.digest != demo.digest


def test_digest_sees_every_array(demo: MultimodalData) -> None:
    for name in SPLITS:
        for modality in demo.modalities:
            raw = {m: array.copy() for m, array in demo.splits[name].raw.items()}
            raw[modality][-1].flat[-1] += 1
            touched = {**demo.splits, name: Samples(raw, demo.splits[name].y)}
            assert replace(demo, splits=touched).digest != demo.digest


def test_splits_share_no_picture_and_no_sound(demo: MultimodalData) -> None:
    sizes = {}
    for modality in demo.modalities:
        seen = {name: {sample.tobytes() for sample in demo.raw(modality, name)} for name in SPLITS}
        assert not seen["train"] & seen["validation"]
        assert not seen["train"] & seen["test"]
        assert not seen["validation"] & seen["test"]
        sizes[modality] = sum(len(demo.raw(modality, name)) for name in SPLITS)
    assert sizes == {"image": 1797, "audio": 1797}


def test_every_class_is_in_every_split(demo: MultimodalData) -> None:
    for name in SPLITS:
        counts = np.bincount(demo.splits[name].y, minlength=10)
        assert counts.min() > 0
        assert counts.max() - counts.min() <= 0.1 * len(demo.splits[name].y)


def test_preparation_is_fitted_on_the_training_split_alone(demo: MultimodalData) -> None:
    for modality, spec in demo.inputs.items():
        every = np.concatenate([demo.raw(modality, name) for name in SPLITS])
        assert fitted(spec, demo.raw(modality, "train")) == spec
        assert fitted(spec, every) != spec
    x = demo.x("image", "train")
    assert abs(float(x.mean())) < 1e-4
    assert abs(float(x.std()) - 1) < 1e-4


def test_pictures_keep_only_the_named_components(plainer: MultimodalData) -> None:
    projection = plainer.spec("image").projection
    assert projection is not None
    assert len(projection.components) == 3
    seen = project(plainer.raw("image", "train") / np.float32(16), projection)
    spread = np.linalg.svd((seen - seen.mean(0)).reshape(len(seen), -1), compute_uv=False)
    assert (spread > 1e-3 * spread[0]).sum() == 3
    assert digits_dtmf(seed=0, image_components=None).spec("image").projection is None
    with pytest.raises(InvalidInput, match="image_components: found 65"):
        digits_dtmf(image_components=65)


@pytest.mark.parametrize("key", list("0123456789*#"))
def test_tones_have_the_two_frequencies_of_the_recommendation(key: str) -> None:
    wave = key_tone(key, np.random.default_rng(int(key.encode()[0])), snr_db=30.0)
    power = np.abs(np.fft.rfft(wave, 8000)) ** 2
    rows, columns = (697, 770, 852, 941), (1209, 1336, 1477)
    found = tuple(max(group, key=lambda f: power[f - 8 : f + 9].sum()) for group in (rows, columns))
    assert found == key_frequencies(key)


def test_no_key_no_tone() -> None:
    with pytest.raises(InvalidInput, match="key: found A"):
        key_frequencies("A")


def test_wrong_data_are_refused(demo: MultimodalData) -> None:
    with pytest.raises(NotFound, match=r"modality: found smell, expected one of"):
        demo.raw("smell", "train")
    samples = demo.splits["test"]
    short = Samples({m: a[:-1] for m, a in samples.raw.items()}, samples.y)
    with pytest.raises(InvalidInput, match=r"digits-dtmf\.test\.image"):
        replace(demo, splits={**demo.splits, "test": short})


labels = st.lists(st.integers(0, 4), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(first=labels, second=labels, seed=st.integers(0, 99))
def test_pairs_agree_in_their_label(first: list[int], second: list[int], seed: int) -> None:
    shared = sorted(set(first) & set(second))
    a = np.array([n for n in first if n in shared], dtype=np.int64)
    b = np.array([n for n in second if n in shared], dtype=np.int64)
    images, sounds = a.astype(np.float32), b.astype(np.float32)
    if not shared:
        with pytest.raises(InvalidInput):
            pair_by_label((images, a), (sounds, b), seed=seed)
        return
    x, z, y = pair_by_label((images, a), (sounds, b), seed=seed)
    assert np.array_equal(x, y)
    assert np.array_equal(z, y)
    for label in shared:
        assert (y == label).sum() == max((a == label).sum(), (b == label).sum())


def test_every_sample_is_used_in_a_pair() -> None:
    images, sounds = np.arange(6, dtype=np.float32), np.arange(4, dtype=np.float32)
    a, b = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 1, 1, 1])
    x, z, _ = pair_by_label((images, a), (sounds, b), seed=0)
    assert set(x) == set(images)
    assert set(z) == set(sounds)


def test_label_sets_that_differ_are_an_error() -> None:
    x = np.zeros(2, dtype=np.float32)
    with pytest.raises(InvalidInput, match=r"labels: found only images have \['a'\].*\['c'\]"):
        pair_by_label((x, np.array(["a", "b"])), (x, np.array(["b", "c"])), seed=0)
    with pytest.raises(InvalidInput, match="2 samples and 1 labels"):
        pair_by_label((x, np.array(["a"])), (x, np.array(["a", "a"])), seed=0)


@settings(max_examples=30, deadline=None)
@given(y=st.lists(st.integers(0, 3), min_size=20, max_size=80), seed=st.integers(0, 9))
def test_splits_are_a_partition(y: list[int], seed: int) -> None:
    parts = split_indices(np.array(y), seed=seed)
    together = np.concatenate([parts[name] for name in SPLITS])
    assert sorted(together.tolist()) == list(range(len(y)))
