"""People's own data sets: what can be brought in, how it is divided, and what is refused."""

from __future__ import annotations

import random
import struct
import wave
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from atlas.errors import Conflict, InvalidInput, NeuroweaveError, NotFound
from training.data import SPLITS
from training.datasets import find_dataset
from training.own.build import add, load
from training.own.kept import About, Own
from training.own.media import read_picture, read_sound
from training.own.reading import read
from training.own.splitting import divided

RATE = 8000


def arrays(count: int = 30, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    """Coloured pictures and sounds of three classes, ten of each; None takes one away."""
    generator = np.random.default_rng(0)
    label = np.arange(count) % 3
    image = generator.integers(0, 80, (count, 10, 12, 3), dtype=np.uint8)
    image[np.arange(count), :, :, label] += 150
    audio = generator.normal(0, 0.1, (count, 800)).astype(np.float32)
    found = {"image": image, "audio": audio, "rate": np.array(RATE), "label": label}
    return {name: one for name, one in (found | changed).items() if one is not None}


def npz(folder: Path, **changed: Any) -> Path:  # noqa: ANN401
    path = folder / "mine.npz"
    np.savez(path, **arrays(**changed))
    return path


def brought(path: Path, home: Path, name: str = "mine", **options: Any) -> Own:  # noqa: ANN401
    return add(read(path), name, home, about=About("Mine", "CC0", "Me 2020"), **options)


def save_sound(path: Path, values: np.ndarray, width: int = 2, channels: int = 1) -> None:
    whole = np.rint(values * (2 ** (8 * width - 1) - 1)).astype("<i8")
    whole = whole + 128 if width == 1 else whole
    content = np.repeat(whole, channels).view(np.uint8).reshape(-1, 8)[:, :width].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(RATE)
        file.writeframes(content)


def files(folder: Path, columns: str = "image,audio,label,split,group") -> Path:
    """The same samples as files beside a table."""
    held, lines = arrays(), [columns]
    for number, label in enumerate(held["label"]):
        Image.fromarray(held["image"][number]).save(folder / f"{number}.png")
        save_sound(folder / f"{number}.wav", held["audio"][number].clip(-1, 1))
        cells = {
            "image": f"{number}.png", "audio": f"{number}.wav", "label": f"class {label}",
            "split": SPLITS[number // 10], "group": f"person {number // 5}",
        }  # fmt: skip
        lines.append(",".join(cells[name] for name in columns.split(",")))
    (folder / "samples.csv").write_text("\n".join(lines))
    return folder


def test_arrays_come_in_and_are_there_once(tmp_path: Path) -> None:
    path = npz(tmp_path)
    own = brought(path, tmp_path)
    assert (own.labels, own.modalities) == (("0", "1", "2"), ("image", "audio"))
    assert own.sizes == {"train": 18, "validation": 6, "test": 6}
    assert own.fresh
    again = brought(path, tmp_path)
    assert (again.content, again.fresh) == (own.content, False)
    data = find_dataset("mine", tmp_path).load(tmp_path)
    assert data.x("image", "train").shape == (18, 3, 10, 12)
    assert data.x("audio", "test").shape == (6, 1, 32, 32)
    assert data.x("image", "train").mean(dim=(0, 2, 3)).abs().max() < 1e-4
    whole = np.concatenate([data.raw("audio", split) for split in SPLITS])
    assert sorted(whole[:, 0].tolist()) == sorted(arrays()["audio"][:, 0].tolist())
    entry = find_dataset("mine", tmp_path)
    assert (entry.name, entry.licence, entry.citation) == ("Mine", "CC0", "Me 2020")


def test_files_beside_a_table_are_the_arrays(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    own = brought(files(folder, "image,audio,label,split"), tmp_path)
    held, data = arrays(), load("mine", tmp_path)
    assert own.labels == ("class 0", "class 1", "class 2")
    for number, split in enumerate(SPLITS):
        rows = slice(10 * number, 10 * number + 10)
        np.testing.assert_array_equal(data.raw("image", split), held["image"][rows])
        np.testing.assert_allclose(data.raw("audio", split), held["audio"][rows], atol=1e-4)
        np.testing.assert_array_equal(data.splits[split].y, held["label"][rows])


def test_a_folder_for_each_class_is_enough(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    for number, grey in enumerate(range(0, 240, 10)):
        split, label = SPLITS[number % 3], "dark" if grey < 120 else "light"
        place = folder / split / label
        place.mkdir(parents=True, exist_ok=True)
        Image.new("L", (6, 6), grey).save(place / f"{number}.png")
    own = brought(folder, tmp_path)
    assert (own.labels, own.modalities) == (("dark", "light"), ("image",))
    assert own.sizes == {"train": 8, "validation": 8, "test": 8}
    assert load("mine", tmp_path).x("image", "train").shape == (8, 1, 6, 6)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_wave_files_of_any_width_are_read(tmp_path: Path, width: int, channels: int) -> None:
    path, values = tmp_path / "a.wav", np.sin(np.arange(400) / 5) * 0.9
    save_sound(path, values, width, channels)
    _, rate, found = read_sound(path)
    assert rate == RATE
    np.testing.assert_allclose(found, values, atol=2.0 ** (2 - 8 * width) + 1e-6)
    _, rate, found = read_sound(path, RATE // 2)
    assert (rate, len(found)) == (RATE // 2, 200)


@settings(max_examples=40, deadline=None)
@given(
    groups=st.lists(st.integers(0, 8), min_size=12, max_size=60),
    seed=st.integers(0, 9),
    data=st.data(),
)
def test_groups_are_never_in_two_splits(groups: list[int], seed: int, data: st.DataObject) -> None:
    if len(set(groups)) < 3:
        groups = [*groups, 9, 10, 11]
    size = len(groups)
    classes = np.array(data.draw(st.lists(st.integers(0, 2), min_size=size, max_size=size)))
    parts = divided(classes, None, [str(one) for one in groups], seed=seed)
    held = {name: {groups[row] for row in rows} for name, rows in parts.items()}
    assert all(held.values())
    assert sum(len(one) for one in held.values()) == len(set(groups))
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(size))


HELD = arrays()
NAN = np.where(np.arange(30)[:, None] == 4, np.nan, HELD["audio"])
LATE = np.where(np.arange(30) < 20, np.arange(30) % 2, 2)
GIVEN = np.repeat(SPLITS, 10)
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "one class": ({"label": np.zeros(30, int)}, "label: found one class"),
    "unequal lengths": ({"audio": HELD["audio"][:29]}, "audio: found 29 samples, expected 30"),
    "label sets that differ": (
        {"label": LATE, "split": GIVEN}, "mine.test.labels: found 2, expected classes that the"),
    "empty modality": (
        {"image": np.zeros((30, 0, 4))}, "mine.train.image: found pictures without pixels"),
    "NaN audio": (
        {"audio": NAN, "split": GIVEN},
        "mine.train.audio: found NaN or infinite numbers in 1 of 10 samples"),
    "pictures of one pixel": (
        {"image": HELD["image"][:, :1, :1]}, "mine.train.image: found pictures of one pixel"),
    "pictures out of range": ({"image": HELD["image"] * -1.0}, "image: found values from -2"),
    "two channels": ({"image": HELD["image"][..., :2]}, r"image: found shape \(30, 10, 12, 2\)"),
    "sounds without a rate": ({"rate": None}, "rate: found nothing, expected the rate"),
    "rate of NaN": ({"rate": np.array(np.nan)}, "rate: found nan"),
    "short sounds": ({"audio": HELD["audio"][:, :9]}, "audio: found sounds of 9 values"),
    "no labels": ({"label": None}, "mine.npz: found audio, image, rate, expected label"),
    "nothing to read": (
        {"image": None, "audio": None}, "mine.npz: found label, rate, expected label, and image"),
    "labels that are numbers with a point": (
        {"label": np.arange(30) / 2}, r"label: found shape \(30,\) of float64"),
    "an array that is not known": ({"smell": np.zeros(30)}, "mine.npz: found smell"),
    "objects": ({"label": np.array([{}] * 30)}, "mine.npz: found Object arrays"),
    "another split": ({"split": np.repeat(["train", "dev"], 15)}, "split: found 'dev', expected"),
    "a split without samples": (
        {"split": np.repeat(["train", "test"], 15)}, "split validation: found no samples"),
    "a group in two splits": (
        {"split": GIVEN, "group": np.arange(30) // 4}, "group: found 2 in train and validation"),
    "no samples": (
        {"label": np.zeros(0, int), "image": HELD["image"][:0], "audio": None},
        "label: found no samples"),
    "too few samples to divide": (
        {"label": np.arange(2), "image": HELD["image"][:2], "audio": None},
        r"split validation: found no samples, expected at least one \(five of a class"),
    "sounds of sixteen bits as floats": (
        {"audio": np.full((30, 800), -32768.0)},
        "audio: found values from -32768 to -32768, expected -1 to 1"),
    "numbers beyond all pictures": (
        {"image": np.full((30, 4, 4), 1e300)}, "found NaN or infinite numbers in 18 of 18"),
    "two groups": ({"group": np.arange(30) % 2}, "group: found 2 groups, expected at least three"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "message"), BAD.values(), ids=BAD)
def test_bad_arrays_are_refused_and_nothing_is_left(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    path = npz(tmp_path, **changed)
    with pytest.raises(InvalidInput, match=message):
        brought(path, tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    path = tmp_path / "peaks.csv"
    path.write_text("x,y,z\n")
    with pytest.raises(InvalidInput, match=r"peaks.csv: found another kind of file, expected an"):
        read(path)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_changed_arrays_are_read_or_refused(tmp_path: Path) -> None:
    path, draw, refused = npz(tmp_path), random.Random(1), 0
    whole = path.read_bytes()
    for _ in range(200):
        content = bytearray(whole)
        for _ in range(draw.choice((1, 4, 16))):
            content[draw.choice((-1, 1)) * draw.randrange(400)] = draw.randrange(256)
        path.write_bytes(content)
        try:
            assert read(path).label
        except NeuroweaveError:
            refused += 1
    assert refused > 100


def cut(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:60])


def line(number: int, text: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        lines = (folder / "samples.csv").read_text().splitlines()
        lines[number - 1] = text
        (folder / "samples.csv").write_text("\n".join(lines))

    return change


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "picture cut short": (cut("4.png"), r"line 6 \(4.png\): found"),
    "sound cut short": (
        lambda folder: (folder / "5.wav").write_bytes(b"RIFF"), r"line 7 \(5.wav\): found"),
    "a file that is not there": (
        line(4, "no.png,2.wav,a,train,"), "samples.csv line 4.image: found no.png"),
    "a cell too few": (line(5, "3.png,3.wav"), "samples.csv line 5: found another number"),
    "no label": (line(6, "4.png,4.wav,,train,x"), "samples.csv line 6.label: found empty"),
    "a sound missing": (line(7, "5.png,,a,train,x"), "samples.csv line 7.audio: found none"),
    "a split missing": (line(8, "6.png,6.wav,a,,x"), "samples.csv line 8.split: found empty"),
    "another column": (line(1, "image,audio,label,split,colour"), "samples.csv columns: found"),
    "no lines": (
        lambda folder: (folder / "samples.csv").write_text("image,label"), "found no samples"),
    "another size": (
        lambda folder: Image.new("RGB", (9, 9)).save(folder / "7.png"),
        r"line 9 \(7.png\): found 9 × 9 pixels, height × width, expected 10 × 12, as samples.csv "
        r"line 2 \(0.png\) \(--size 10x12 brings all to one\)"),
    "sixteen bits": (
        lambda folder: Image.new("I;16", (12, 10)).save(folder / "8.png"),
        r"line 10 \(8.png\): found mode I"),
    "a file outside": (
        line(4, "../2.png,2.wav,a,train,x"),
        r"samples.csv line 4.image: found ../2.png, expected a file below"),
    "a file of the system": (
        line(4, "/etc/hostname,2.wav,a,train,x"),
        r"samples.csv line 4.image: found /etc/hostname, expected a file below"),
    "a column twice": (
        line(1, "image,audio,label,split,label"), "samples.csv columns: found label twice"),
    "a line after a blank one": (
        line(4, "\nno.png,2.wav,a,train,x"), "samples.csv line 5.image: found no.png"),
    "a class that hides something": (
        line(4, "2.png,2.wav,a\u202eb,train,x"), r"label: found U\+202E"),
    "a class without end": (
        line(4, f"2.png,2.wav,{'a' * 201},train,x"), "label: found a.*, 201 characters"),
    "neither table nor classes": (
        lambda folder: (folder / "samples.csv").unlink(), "from: found neither in files"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_bad_files_are_named(
    tmp_path: Path, change: Callable[[Path], object], message: str
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    change(files(folder))
    with pytest.raises(InvalidInput, match=message):
        read(folder)


def test_what_cannot_be_read_is_not_left_out_in_silence(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(5):
            Image.new("L", (4, 4), number).save(tmp_path / name / f"{number}.png")
    (tmp_path / "a/Thumbs.db").write_bytes(b"x")
    assert len(read(tmp_path).label) == 10
    Image.new("L", (4, 4)).save(tmp_path / "b/6.GIF")
    with pytest.raises(InvalidInput, match=r"b/6\.GIF: found \.gif, expected pictures as \.png"):
        read(tmp_path)


def test_a_letter_written_in_two_ways_is_one_class(tmp_path: Path) -> None:
    written = np.where(np.arange(30) % 2, "gro\u0308ße", "gr\u00f6ße")
    other = np.where(np.arange(30) % 3 == 0, "klein", written)
    assert {*read(npz(tmp_path, label=other)).label} == {"größe", "klein"}


def damaged(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def wave_file(path: Path, length: int = 100) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, length, "NONE", ""))
        file.writeframes(bytes(2 * length))
    return path


def a_long_format(content: bytes) -> bytes:
    """A wave file whose format chunk says that it is longer than the file."""
    return content[:19] + b"\x0f" + content[20:]


def huge_picture(side: int) -> bytes:
    """A PNG that says it is so large, with a few bytes in it."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    )


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: p / "none.png", "found No such file or directory, expected a PNG"),
        (lambda p: p / "none.wav", "found No such file or directory, expected a whole wave"),
        (lambda p: damaged(p / "a.png", huge_picture(100_000)), "exceeds limit"),
        (lambda p: damaged(p / "a.png", huge_picture(9_000)), "9000 × 9000, expected at most"),
        (lambda p: wave_file(p / "a.wav", 0), "found no samples"),
        (
            lambda p: damaged(p / "a.wav", wave_file(p / "b.wav").read_bytes()[:30]),
            "found a damaged file",
        ),
        (
            lambda p: damaged(p / "a.wav", a_long_format(wave_file(p / "b.wav").read_bytes())),
            "a damaged file",
        ),
    ],
)
def test_damaged_pictures_and_sounds_are_named(
    make: Callable[[Path], Path], reason: str, tmp_path: Path
) -> None:
    path = make(tmp_path)
    read: Callable[[Path], object] = read_picture if path.suffix == ".png" else read_sound
    with pytest.raises(InvalidInput, match=reason) as error:
        read(path)
    assert error.value.field == path.name


def test_names_are_taken_once(tmp_path: Path) -> None:
    first = brought(npz(tmp_path), tmp_path)
    other = npz(tmp_path, label=np.arange(30) % 2)
    with pytest.raises(Conflict, match="dataset: found mine, content"):
        brought(other, tmp_path)
    assert load("mine", tmp_path).labels == first.labels
    assert brought(other, tmp_path, replace=True).labels == ("0", "1")
    refused: tuple[tuple[str, type[NeuroweaveError]], ...] = (
        ("../x", InvalidInput), ("", InvalidInput), ("av-mnist-x", Conflict),
        ("digits-dtmf", Conflict),
    )  # fmt: skip
    for name, error in refused:
        with pytest.raises(error):
            brought(other, tmp_path, name)
    with pytest.raises(NotFound, match="one of digits-dtmf, av-mnist, mine"):
        find_dataset("zoo", tmp_path)
    for path in (tmp_path / "datasets").rglob("train-image.npy"):
        path.write_bytes(b"no array")
    with pytest.raises(Conflict, match="dataset: found mine: "):
        load("mine", tmp_path)


def test_what_is_in_two_splits_is_counted(tmp_path: Path) -> None:
    image = HELD["image"].copy()
    image[20:22] = image[0]
    own = brought(npz(tmp_path, image=image, split=GIVEN), tmp_path)
    assert own.repeated == {"image": 2, "audio": 0}
