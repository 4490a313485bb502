"""What people have: arrays in one file, a table beside files, or a folder for each class."""

from __future__ import annotations

import csv
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput, NotFound
from composer.foreign.damage import understood
from composer.foreign.reading import DAMAGED_ARRAYS
from graph.statements import text
from training.data import SPLITS
from training.own.media import (
    FOREIGN,
    PICTURES,
    SOUNDS,
    Size,
    read_picture,
    read_sound,
    sounds_of,
    stacked,
)

Array = npt.NDArray[Any]
Found = TypeVar("Found")
TABLE = "samples.csv"
MODALITIES = ("image", "audio")
ARRAYS = ("image", "audio", "rate", "label", "split", "group")
COLUMNS = ("image", "audio", "label", "split", "group")
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Given:
    """Samples as they were given, one in each row.

    Attributes:
        raw: pictures (N, h, w) or (N, h, w, 3), red first; sounds (N, t) from -1 to 1, shorter ones
            followed by silence.
        label: name of the class of each.
        split: train, validation or test for each, where it is given.
        group: what must stay together, as a person or a recording, where it is given.
        rate: of the sounds, in Hz; 0 without sounds.
    """

    raw: Mapping[str, Array]
    label: Sequence[str]
    split: Sequence[str] | None
    group: Sequence[str] | None
    rate: int


def read(path: Path, *, rate: int | None = None, size: Size | None = None) -> Given:
    """Samples from an ``.npz`` file, or from a folder.

    A file holds arrays: ``label`` (N) and ``image``, ``audio`` or both, with ``rate`` in Hz where
    there are sounds; ``split`` and ``group`` (N) may be there. A folder holds ``samples.csv`` with
    these columns, ``image`` and ``audio`` being files below it; or a folder for each class, in
    which files of one name (but for the ending) are one sample. Such folders may lie in
    ``train``, ``validation`` and ``test``.

    Args:
        path: the file or folder.
        rate: brings all sounds of a folder to this rate; without it they must have one.
        size: brings all pictures of a folder to this size; without it they must have one.

    Raises:
        NotFound: nothing there. InvalidInput: says which file, line or array cannot be used.
    """
    if path.is_dir():
        rows = _table(path) if (path / TABLE).is_file() else _class_folders(path)
        given = _from_files(rows, rate, size)
    elif path.is_file():
        given = _from_arrays(path)
    else:
        raise NotFound("from", found=path.name, expected="an .npz file or a folder")
    if size is not None and given.raw.get("image", np.empty(0)).shape[1:3] != size:
        found = f"{path.name} without picture files"
        raise InvalidInput("size", found=found, expected="a folder with PNG or JPEG files")
    _check_lengths(given)
    names = {label: _name(label) for label in set(given.label)}
    return replace(given, label=[names[label] for label in given.label])


def _name(label: str) -> str:
    """Name of a class in one form: systems write an accented letter as one character or as two."""
    name = unicodedata.normalize("NFC", text("label", label))
    if len(name) > MAX_NAME:
        found = f"{name[:20]}…, {len(name)} characters"
        raise InvalidInput("label", found=found, expected=f"at most {MAX_NAME}")
    return name


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    files: Mapping[str, Path]
    label: str
    split: str
    group: str


def _from_files(rows: Sequence[_Row], rate: int | None, size: Size | None) -> Given:
    first = rows[0]
    for row in rows:
        for name in MODALITIES:
            if (name in row.files) != (name in first.files):
                found = "a file" if name in row.files else "none"
                raise InvalidInput(f"{row.where}.{name}", found=found, expected="as in the others")
        for name in ("split", "group"):
            if bool(getattr(row, name)) != bool(getattr(first, name)):
                raise InvalidInput(f"{row.where}.{name}", found="empty", expected="in all or none")
    raw: dict[str, Array] = {}
    heard = rate or 0
    if "image" in first.files:
        pictures = [_read(row, "image", lambda path: read_picture(path, size)) for row in rows]
        raw["image"] = stacked(pictures, cure="--size {size} brings all to one")
    if "audio" in first.files:
        sounds = [_read(row, "audio", lambda path: read_sound(path, rate)) for row in rows]
        heard, raw["audio"] = sounds_of([(name, *sound[1:]) for name, sound in sounds])
    return Given(
        raw,
        [row.label for row in rows],
        [row.split for row in rows] if first.split else None,
        [row.group for row in rows] if first.group else None,
        heard if "audio" in raw else 0,
    )


def _read(row: _Row, kind: str, reader: Callable[[Path], Found]) -> tuple[str, Found]:
    """What to call a file, for there may be others of its name, and what is in it."""
    path = row.files[kind]
    where = f"{row.where} ({path.name})"
    try:
        return where, reader(path)
    except InvalidInput as error:
        raise InvalidInput(where, found=error.found, expected=error.expected) from error


def _table(folder: Path) -> list[_Row]:
    try:
        with (folder / TABLE).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names = list(reader.fieldnames or ())
            lines = [(reader.line_num, line) for line in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(TABLE, found=str(error), expected="a CSV file in UTF-8") from error
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "label" not in names or not {*MODALITIES} & {*names}:
        expected = f"label, image or audio, and if wanted split and group, of {', '.join(COLUMNS)}"
        raise InvalidInput(f"{TABLE} columns", found=", ".join(names), expected=expected)
    if twice := [name for name in COLUMNS if names.count(name) > 1]:
        raise InvalidInput(f"{TABLE} columns", found=f"{twice[0]} twice", expected="each once")
    if not lines:
        raise InvalidInput(TABLE, found="no samples", expected="a line for each sample")
    return [_row(folder, number, line) for number, line in lines]


def _row(folder: Path, number: int, line: Mapping[str, str | None]) -> _Row:
    where = f"{TABLE} line {number}"
    cells = {name: (value or "").strip() for name, value in line.items() if name in COLUMNS}
    if None in line or None in line.values():
        raise InvalidInput(where, found="another number of cells", expected="as the first line")
    if not cells["label"]:
        raise InvalidInput(f"{where}.label", found="empty", expected="the name of a class")
    files: dict[str, Path] = {}
    for name in MODALITIES:
        if cells.get(name):
            inside = Path(cells[name])
            if inside.is_absolute() or ".." in inside.parts:
                expected = "a file below the folder"
                raise InvalidInput(f"{where}.{name}", found=cells[name], expected=expected)
            files[name] = folder / inside
            if not files[name].is_file():
                raise InvalidInput(f"{where}.{name}", found=cells[name], expected="a file there")
    return _Row(where, files, cells["label"], cells.get("split", ""), cells.get("group", ""))


def _class_folders(folder: Path) -> list[_Row]:
    tops, rows = _folders(folder), list[_Row]()
    for top in tops:
        splits = all(one.name in SPLITS for one in tops)
        for one in _folders(top) if splits else [top]:
            split = top.name if splits else ""
            for stem, files in _samples(one):
                rows.append(_Row(f"{one.name}/{stem}", files, one.name, split, ""))
    if not rows:
        expected = f"{TABLE}, or a folder for each class with pictures or sounds"
        raise InvalidInput("from", found=f"neither in {folder.name}", expected=expected)
    return rows


def _folders(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_dir() and one.name[0] != ".")


def _samples(folder: Path) -> Iterator[tuple[str, dict[str, Path]]]:
    """Files of one name are one sample."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        ending = path.suffix.lower()
        if ending in FOREIGN and path.name[0] != ".":
            expected = f"pictures as {', '.join(PICTURES)}, sounds as {', '.join(SOUNDS)}"
            raise InvalidInput(f"{folder.name}/{path.name}", found=ending, expected=expected)
        kind = "image" if ending in PICTURES else "audio" if ending in SOUNDS else None
        if kind is None or path.name[0] == ".":
            continue
        files = found.setdefault(path.stem, {})
        if kind in files:
            raise InvalidInput(f"{folder.name}/{path.name}", found="twice", expected="one file")
        files[kind] = path
    yield from found.items()


def _from_arrays(path: Path) -> Given:
    expected = "an .npz file of plain arrays"
    with understood(path, expected, DAMAGED_ARRAYS):
        if not zipfile.is_zipfile(path):
            raise InvalidInput(path.name, found="another kind of file", expected=expected)
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    if unknown := sorted(set(arrays) - set(ARRAYS)):
        raise InvalidInput(path.name, found=unknown[0], expected=f"arrays of {', '.join(ARRAYS)}")
    raw = {name: arrays[name] for name in MODALITIES if name in arrays}
    if "label" not in arrays or not raw:
        found = ", ".join(sorted(arrays)) or "nothing"
        raise InvalidInput(path.name, found=found, expected="label, and image or audio")
    if not arrays["label"].size:
        raise InvalidInput("label", found="no samples", expected="samples of two classes or more")
    rate = 0
    if "image" in raw:
        raw["image"] = _picture_array(raw["image"])
    if "audio" in raw:
        rate, raw["audio"] = _rate(arrays), _sound_array(raw["audio"])
    columns = {name: _texts(name, arrays.get(name)) for name in ("label", "split", "group")}
    return Given(raw, columns["label"] or [], columns["split"], columns["group"], rate)


def _picture_array(array: Array) -> Array:
    coloured = array.ndim == 4 and array.shape[-1] == 3
    if not (array.ndim == 3 or coloured) or array.dtype.kind not in "uif":
        found = f"shape {array.shape} of {array.dtype}"
        raise InvalidInput("image", found=found, expected="numbers (N, h, w) or (N, h, w, 3)")
    if array.dtype == np.uint8:
        return array
    with np.errstate(over="ignore"):  # infinite numbers are refused later, split by split
        return array.astype(np.float32)


def _sound_array(array: Array) -> Array:
    if array.ndim != 2 or array.dtype.kind not in "if":
        found = f"shape {array.shape} of {array.dtype}"
        raise InvalidInput("audio", found=found, expected="waveforms (N, t), signed or floats")
    full = np.float32(-np.iinfo(array.dtype).min if array.dtype.kind == "i" else 1)
    with np.errstate(over="ignore"):  # as for pictures
        sounds = array.astype(np.float32) / full
    if np.isfinite(sounds).all() and abs(sounds).max(initial=0) > 1:
        found = f"values from {sounds.min():g} to {sounds.max():g}"
        raise InvalidInput("audio", found=found, expected="-1 to 1")
    return sounds


def _rate(arrays: Mapping[str, Array]) -> int:
    rate = arrays.get("rate")
    if rate is None or rate.size != 1 or rate.dtype.kind not in "iuf" or not float(rate) >= 1:
        found = "nothing" if rate is None else str(rate)[:100]
        raise InvalidInput("rate", found=found, expected="the rate of the sounds in Hz")
    return round(float(rate))


def _texts(name: str, array: Array | None) -> list[str] | None:
    if array is None:
        return None
    if array.ndim != 1 or array.dtype.kind not in "iuUS":
        found = f"shape {array.shape} of {array.dtype}"
        raise InvalidInput(name, found=found, expected="(N,) whole numbers or texts")
    return [one.decode() if isinstance(one, bytes) else str(one) for one in array.tolist()]


def _check_lengths(given: Given) -> None:
    count = len(given.label)
    columns = {**given.raw, "split": given.split, "group": given.group}
    for name, column in columns.items():
        if column is not None and len(column) != count:
            expected = f"{count}, as many as labels"
            raise InvalidInput(name, found=f"{len(column)} samples", expected=expected)
