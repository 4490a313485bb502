"""The sources as their makers publish them: MNIST's idx files, folders of wave files."""

from __future__ import annotations

import gzip
import wave
from collections.abc import Sequence
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput

Array = npt.NDArray[Any]
RATE = 8000

IDX = {
    "x_train": "train-images*idx3-ubyte*",
    "y_train": "train-labels*idx1-ubyte*",
    "x_test": "t10k-images*idx3-ubyte*",
    "y_test": "t10k-labels*idx1-ubyte*",
}


def read_mnist(folder: Path) -> dict[str, Array] | None:
    """MNIST from its four idx files, plain or ``.gz``; None when one is not there."""
    found = {name: next(iter(sorted(folder.rglob(like))), None) for name, like in IDX.items()}
    paths = {name: path for name, path in found.items() if path is not None}
    if len(paths) < len(IDX):
        return None
    return {name: read_idx(path) for name, path in paths.items()}


def read_idx(path: Path) -> Array:
    """The array of bytes in an idx file.

    Source: LeCun's description of the format: two zero bytes, the kind, the number of dimensions,
    then each extent in four bytes, highest first.

    Raises:
        InvalidInput: not an idx file of bytes, or cut short.
    """
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError) as error:
        raise InvalidInput(path.name, found=str(error), expected="an idx file") from error
    dimensions = content[3] if content[:3] == b"\0\0\x08" and len(content) > 3 else 0
    start = 4 + 4 * dimensions
    shape = tuple(int(one) for one in np.frombuffer(content[4:start], ">u4"))
    if not dimensions or len(content) != start + int(np.prod(shape, dtype=np.int64)):
        raise InvalidInput(path.name, found="other bytes", expected="an idx file of whole bytes")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_fsdd(folder: Path) -> dict[str, Array] | None:
    """``recordings/<digit>_<speaker>_<take>.wav``; None when there are none."""
    paths = sorted(folder.rglob("recordings/*.wav"))
    if not paths:
        return None
    named = [_parts(path, "_", 3) for path in paths]
    return {
        **_end_to_end([read_wave(path) for path in paths]),
        "label": np.array([_number(path, parts[0]) for path, parts in named]),
        "speaker": np.array([parts[1] for _, parts in named]),
        "take": np.array([_number(path, parts[2]) for path, parts in named]),
    }


def read_esc(folder: Path) -> dict[str, Array] | None:
    """ESC's ``audio/<fold>-<clip>-<take>-<target>.wav``; None when there are none."""
    paths = sorted(folder.rglob("audio/*.wav"))
    if not paths:
        return None
    folds = [_number(path, parts[0]) for path, parts in (_parts(p, "-", 4) for p in paths)]
    return {**_end_to_end([read_wave(path) for path in paths]), "fold": np.array(folds)}


def read_wave(path: Path) -> npt.NDArray[np.int16]:
    """One channel of 16-bit values, brought to 8 kHz by a polyphase filter.

    Raises:
        InvalidInput: not a wave file, several channels, or not 16 bits.
    """
    try:
        with wave.open(str(path)) as file:
            kind = (file.getnchannels(), file.getsampwidth())
            rate, content = file.getframerate(), file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise InvalidInput(path.name, found=str(error), expected="a wave file") from error
    if kind != (1, 2) or not content:
        found = f"{kind[0]} channels, {kind[1]} bytes, {len(content)} bytes of sound"
        raise InvalidInput(path.name, found=found, expected="one channel of 16-bit sound")
    values = np.frombuffer(content, "<i2").astype(np.int16)
    if rate == RATE:
        return values
    from scipy.signal import resample_poly

    shared = gcd(rate, RATE)
    brought = resample_poly(values.astype(np.float64), RATE // shared, rate // shared)
    return np.clip(np.rint(brought), -32768, 32767).astype(np.int16)


def _end_to_end(sounds: Sequence[npt.NDArray[np.int16]]) -> dict[str, Array]:
    ends = np.cumsum([len(sound) for sound in sounds])
    return {
        "samples": np.concatenate(sounds),
        "offsets": np.concatenate([[0], ends]),
        "rate": np.array(RATE),
    }


def _parts(path: Path, mark: str, count: int) -> tuple[Path, list[str]]:
    parts = path.stem.split(mark)
    if len(parts) != count:
        raise InvalidInput(path.name, found=path.stem, expected=f"{count} parts between '{mark}'")
    return path, parts


def _number(path: Path, text: str) -> int:
    if not text.isdecimal():
        raise InvalidInput(path.name, found=text, expected="a number")
    return int(text)
