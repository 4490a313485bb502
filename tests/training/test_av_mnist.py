from __future__ import annotations

import gzip
import json
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.errors import Conflict, InvalidInput, NotFound
from composer.inputs import InputSpec, fitted, prepare
from composer.principal import principal_components
from tests.data_dir import AV, needs_av
from training.av_mnist.build import DESCRIPTION, build, load
from training.av_mnist.pairing import pairs, pools
from training.av_mnist.parameters import Parameters
from training.av_mnist.sources import Sounds, Sources, read_sources
from training.data import SPLITS, MultimodalData, Samples
from training.datasets import find_dataset
from training.fit import measure
from training.pretrain import pretrain

DIGITS = 3
SIZES = {"train": 60, "validation": 4, "test": 12}
SMALL = Parameters(**SIZES)  # type: ignore[arg-type]


def sounds(count: int, generator: np.random.Generator) -> Sounds:
    lengths = generator.integers(150, 900, count)
    samples = generator.integers(-2000, 2000, int(lengths.sum())).astype(np.int16)
    return Sounds(samples, np.concatenate([[0], np.cumsum(lengths)]))


def little(seed: int, speakers: int = 3, takes: int = 10, folds: int = 3) -> Sources:
    """Sources of the real layout, of noise: three digits, a few recordings and clips."""
    generator = np.random.default_rng(seed)
    each = [(d, s, t) for d in range(DIGITS) for s in range(speakers) for t in range(takes)]
    spoken, speaker, take = (np.array(column) for column in zip(*each, strict=True))
    return Sources(
        pictures=generator.integers(0, 256, (84, 28, 28)).astype(np.uint8),
        digits=np.arange(84) % DIGITS,
        training=72,
        voices=sounds(len(each), generator),
        spoken=spoken,
        speakers=np.array([f"s{one}" for one in speaker]),
        takes=take,
        noises=sounds(2 * folds, generator),
        folds=np.repeat(np.arange(folds), 2),
    )


@pytest.mark.parametrize("by", ["takes", "unseen-speaker"])
@given(seed=st.integers(0, 99), speakers=st.integers(3, 5), takes=st.integers(10, 13))
@settings(max_examples=15, deadline=None)
def test_nothing_is_in_two_splits(by: str, seed: int, speakers: int, takes: int) -> None:
    sources = little(seed, speakers, takes)
    seen: dict[str, set[object]] = {}
    for number, (_, pool) in enumerate(pools(sources, by).items()):  # type: ignore[arg-type]
        found = pairs(sources, pool, np.random.default_rng([seed, number]))
        assert (sources.digits[found.pictures] == sources.spoken[found.voices]).all()
        assert len(set(found.pictures.tolist())) == len(found)
        who, take = sources.speakers[found.voices], sources.takes[found.voices]
        here: dict[str, set[object]] = {
            "picture": set(found.pictures.tolist()),
            "recording": set(found.voices.tolist()),
            "clip": set(found.noises.tolist()),
            "fold": set(sources.folds[found.noises].tolist()),
            by: set((take if by == "takes" else who).tolist()),
        }
        for kind, members in here.items():
            assert not members & seen.setdefault(kind, set()), kind
            seen[kind] |= members


def test_every_recording_of_the_pool_gets_its_turn() -> None:
    sources = little(1)
    pool = pools(sources, "takes")["train"]
    found = pairs(sources, pool, np.random.default_rng(0))
    counts = np.bincount(found.voices, minlength=len(sources.voices))[pool.voices]
    for digit in range(DIGITS):
        assert np.ptp(counts[sources.spoken[pool.voices] == digit]) <= 1
    assert np.ptp(np.bincount(found.noises)[pool.noises]) <= 1


def test_the_second_build_is_the_first(tmp_path: Path) -> None:
    first = build(little(1), SMALL, tmp_path)
    before = sorted((path, path.stat().st_mtime_ns) for path in first.folder.iterdir())
    second = build(little(1), SMALL, tmp_path)
    assert (first.fresh, second.fresh) == (True, False)
    assert sorted((path, path.stat().st_mtime_ns) for path in second.folder.iterdir()) == before
    elsewhere = build(little(1), SMALL, tmp_path / "other")
    assert elsewhere.content == first.content
    assert build(little(1), replace(SMALL, seed=1), tmp_path).content != first.content
    assert build(little(2), SMALL, tmp_path).content != first.content


def test_samples_are_where_their_origin_says(tmp_path: Path) -> None:
    sources = little(1)
    built = build(sources, SMALL, tmp_path)
    data = load(tmp_path)
    for name in SPLITS:
        origin = np.load(built.folder / f"{name}-origin.npy")
        assert len(data.y(name)) == SIZES[name]
        assert (data.raw("image", name) == sources.pictures[origin[:, 0]]).all()
        assert (data.y(name).numpy() == sources.spoken[origin[:, 1]]).all()
    assert data.x("audio", "train").mean().item() == pytest.approx(0, abs=0.01)
    assert data.x("audio", "train").std().item() == pytest.approx(1, abs=0.01)
    seen = data.x("image", "test").numpy().reshape(SIZES["test"], -1).astype(np.float64)
    strengths = np.linalg.svd(seen - seen.mean(axis=0), compute_uv=False)
    assert strengths[3] < 1e-4 * strengths[2]


def test_a_waveform_becomes_the_stored_spectrogram(tmp_path: Path) -> None:
    sources = little(1)
    built = build(sources, replace(SMALL, noise_power=0), tmp_path)
    data = load(tmp_path)
    voices = np.load(built.folder / "test-origin.npy")[:, 1]
    sent = prepare(data.spec("audio"), [sources.voices[voice].tolist() for voice in voices])
    assert sent.numpy() == pytest.approx(data.x("audio", "test").numpy(), abs=0.02)


def test_noise_leaves_pictures_and_pairs_as_they_are(tmp_path: Path) -> None:
    quiet, loud = (
        build(little(1), replace(SMALL, noise_power=power), tmp_path) for power in (0.009, 3.0)
    )
    for name in SPLITS:
        a, b = (np.load(built.folder / f"{name}-origin.npy") for built in (quiet, loud))
        assert (a == b).all()
    assert quiet.content != loud.content


def test_variants_have_names(tmp_path: Path) -> None:
    build(little(1), SMALL, tmp_path, name="little")
    assert find_dataset("av-mnist-little", tmp_path).load(tmp_path).id == "av-mnist-little"
    with pytest.raises(NotFound, match="neuroweave datasets build av-mnist"):
        find_dataset("av-mnist", tmp_path).load(tmp_path)
    with pytest.raises(InvalidInput, match="name"):
        load(tmp_path, "../up")


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="train: found 10000, expected 1 to"):
        build(little(1), replace(SMALL, train=10_000), tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    built = build(little(1), SMALL, tmp_path)
    (built.folder / "train-audio.npy").unlink()
    with pytest.raises(Conflict, match="build it again"):
        load(tmp_path)
    (built.folder / DESCRIPTION).write_text(json.dumps({}))
    with pytest.raises(Conflict):
        load(tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("image_components", "7"), ("noise_power", -1), ("split", "half"), ("spectrogram", "mel")],
)
def test_parameters_are_checked(field: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=field):
        replace(Parameters(), **{field: value})  # type: ignore[arg-type]


def test_sources_are_checked(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"mnist\*\.npz"):
        read_sources(tmp_path)
    np.savez(tmp_path / "mnist.npz", x_train=np.zeros((2, 28, 28), np.uint8))
    with pytest.raises(InvalidInput, match="y_train"):
        read_sources(tmp_path)
    with pytest.raises(InvalidInput, match="speakers"):
        pools(little(1, speakers=2), "unseen-speaker")
    with pytest.raises(InvalidInput, match="folds"):
        pools(little(1, folds=2), "takes")


def write_wave(path: Path, values: np.ndarray, rate: int) -> None:  # type: ignore[type-arg]
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(values.astype("<i2").tobytes())


def write_idx(path: Path, values: np.ndarray) -> None:  # type: ignore[type-arg]
    head = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(head + values.astype(np.uint8).tobytes()))


def test_sources_as_they_are_published(tmp_path: Path) -> None:
    made = little(1)
    n = made.training
    for name, start, stop in (("train", 0, n), ("t10k", n, None)):
        write_idx(tmp_path / f"{name}-images-idx3-ubyte.gz", made.pictures[start:stop])
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte.gz", made.digits[start:stop])
    for i in range(len(made.voices)):
        name = f"{made.spoken[i]}_{made.speakers[i]}_{made.takes[i]}.wav"
        write_wave(tmp_path / "recordings" / name, made.voices[i], 8000)
    tone = 9000 * np.sin(2 * np.pi * 500 * np.arange(44_100) / 44_100)
    for fold in (1, 2, 3):
        write_wave(tmp_path / "audio" / f"{fold}-100-A-0.wav", tone, 44_100)
    found = read_sources(tmp_path)
    assert (found.pictures == made.pictures).all()
    assert (found.digits == made.digits).all()
    same = [
        np.array_equal(found.voices[i], made.voices[j])
        for i in range(len(found.voices))
        for j in range(len(made.voices))
        if (found.spoken[i], found.speakers[i], found.takes[i])
        == (made.spoken[j], made.speakers[j], made.takes[j])
    ]
    assert len(same) == len(made.voices)
    assert all(same)
    assert found.folds.tolist() == [1, 2, 3]
    clean = 9000 * np.sin(2 * np.pi * 500 * np.arange(8000) / 8000)
    assert np.abs(found.noises[0][100:-100] - clean[100:-100]).max() < 50
    (tmp_path / "audio" / "1-100-A-0.wav").write_bytes(b"RIFF")
    with pytest.raises(InvalidInput, match="wave file"):
        read_sources(tmp_path)


@needs_av
@pytest.mark.slow
def test_the_real_sources_share_no_picture_and_hold_the_stated_variance(tmp_path: Path) -> None:
    sources = read_sources(AV)
    found = pools(sources, "takes")
    sizes = {name: (len(p.pictures), len(p.voices), len(p.noises)) for name, p in found.items()}
    assert sizes == {
        "train": (55_000, 1400, 160),
        "validation": (5_000, 200, 80),
        "test": (8_000, 400, 80),
    }
    same = [
        {sources.pictures[number].tobytes() for number in pool.pictures} for pool in found.values()
    ]
    assert not same[0] & same[1] | same[0] & same[2] | same[1] & same[2]


@needs_av
@pytest.mark.slow
def test_three_components_leave_lenet3_the_papers_accuracy() -> None:
    """Table 7 has 52.52 %; with a tenth of the pictures it comes near, and nobody gets far over."""
    sources = read_sources(AV)
    found = pools(sources, "takes")
    sizes = {"train": 5500, "validation": 1000, "test": 2000}
    splits = {}
    for number, (name, pool) in enumerate(found.items()):
        rows = np.random.default_rng(number).permutation(pool.pictures)[: sizes[name]]
        splits[name] = Samples({"image": sources.pictures[rows]}, sources.digits[rows])
    pictures = splits["train"].raw["image"]
    seen = principal_components(pictures / 255, 3)
    plain = (pictures / 255).reshape(len(pictures), -1) - np.array(seen.mean)
    kept = ((plain @ np.array(seen.components).T) ** 2).sum() / (plain**2).sum()
    assert kept == pytest.approx(0.230, abs=0.01)
    spec = fitted(InputSpec("image", 28, 28, white=255.0, projection=seen), pictures)
    digits = tuple(str(digit) for digit in range(10))
    data = MultimodalData("pictures", digits, {"image": spec}, splits, 0)
    network, _ = pretrain("lenet3", data, "image", epochs=6)
    assert measure(network, data.x("image", "test"), data.y("test")) == pytest.approx(
        0.5252, abs=0.06
    )


@needs_av
@pytest.mark.slow
def test_sound_by_takes_goes_towards_the_papers_accuracy(tmp_path: Path) -> None:
    """Table 7 has 95.50 % after 55,000 pairs; here each of 1,400 recordings comes once: 64 %."""
    sizes = replace(Parameters(), train=1400, validation=200, test=400)
    build(read_sources(AV), sizes, tmp_path)
    data = load(tmp_path)
    network, _ = pretrain("lenet5", data, "audio", epochs=8)
    found = measure(network, data.x("audio", "test"), data.y("test"))
    assert found > 0.5
