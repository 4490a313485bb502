"""Pictures and sounds in files as arrays of one shape."""

from __future__ import annotations

import re
import wave
from collections.abc import Sequence
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput

Array = npt.NDArray[Any]
Sound = tuple[str, int, npt.NDArray[np.float32]]
"""Name of the file, rate in Hz, values from -1 to 1."""
Size = tuple[int, int]
"""Height and width in pixels."""

PICTURES, SOUNDS = (".png", ".jpg", ".jpeg"), (".wav",)
FOREIGN = {".bmp", ".gif", ".heic", ".tif", ".tiff", ".webp"}
FOREIGN |= {".aac", ".aif", ".aiff", ".au", ".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wma"}
"""Endings of other pictures and sounds, which nobody means to leave out."""
GREY, COLOURED = ("1", "L", "LA"), ("P", "RGB", "RGBA", "CMYK", "YCbCr")
LEAST, MAX_PIXELS = 2, 40_000_000


def size_of(text: str) -> Size:
    """A size as people write it.

    Raises:
        InvalidInput: no such size, or a larger one than pictures may have.

    >>> size_of("48x64"), size_of("48 × 64")
    ((48, 64), (48, 64))
    """
    found = re.fullmatch(r"(\d{1,5}) ?[xX×] ?(\d{1,5})", text.strip(), re.ASCII)
    height, width = (int(found[1]), int(found[2])) if found else (0, 0)
    if height < LEAST or width < LEAST or height * width > MAX_PIXELS:
        expected = f"HEIGHTxWIDTH as 48x64, each {LEAST} or more, {MAX_PIXELS:,} pixels at most"
        raise InvalidInput("size", found=repr(text[:50]), expected=expected)
    return height, width


def read_picture(path: Path, size: Size | None = None) -> npt.NDArray[np.uint8]:
    """A PNG or JPEG as (h, w), or in colour (h, w, 3), from 0 to 255; upright, without alpha.

    With a ``size`` it is resized to that as it stands there (bilinear, smoothed where it shrinks;
    the proportions of its sides may change).

    Raises:
        InvalidInput: no picture, too large, or of more than eight bits a channel.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as file:
            if file.width * file.height > MAX_PIXELS:
                found = f"{file.width} × {file.height}"
                expected = f"at most {MAX_PIXELS:,} pixels"
                raise InvalidInput(path.name, found=found, expected=expected)
            if file.mode not in GREY + COLOURED:
                expected = "grey or colour of eight bits"
                raise InvalidInput(path.name, found=f"mode {file.mode}", expected=expected)
            upright = ImageOps.exif_transpose(file)
            plain = upright.convert("L" if upright.mode in GREY else "RGB")
            if size is not None and size != (plain.height, plain.width):
                plain = plain.resize(size[::-1], Image.Resampling.BILINEAR)
            return np.asarray(plain)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInput(path.name, found=_said(error), expected="a PNG or JPEG") from error


def stacked(
    pictures: Sequence[tuple[str, npt.NDArray[np.uint8]]], *, cure: str
) -> npt.NDArray[np.uint8]:
    """Pictures of one size as one array; all are coloured where one is.

    Args:
        pictures: what to call each, and its pixels.
        cure: what to do where their sizes differ; ``{size}`` in it is that of the first.

    Raises:
        InvalidInput: names the first of another size.
    """
    first, size = pictures[0][0], pictures[0][1].shape[:2]
    for name, picture in pictures:
        if picture.shape[:2] != size:
            found, expected = ("{} × {}".format(*one) for one in (picture.shape[:2], size))
            raise InvalidInput(
                name,
                found=f"{found} pixels, height × width",
                expected=f"{expected}, as {first}",
                hint=cure.format(size="{}x{}".format(*size)),
            )
    coloured = any(picture.ndim == 3 for _, picture in pictures)
    return np.stack(
        [
            np.repeat(picture[..., None], 3, axis=2) if coloured and picture.ndim == 2 else picture
            for _, picture in pictures
        ]
    )


def read_sound(path: Path, rate: int | None = None) -> Sound:
    """A wave file of 8, 16, 24 or 32 bits, its channels averaged; brought to ``rate`` if given.

    Raises:
        InvalidInput: no such file, or without sound.
    """
    try:
        with wave.open(str(path)) as file:
            channels, width, own = file.getnchannels(), file.getsampwidth(), file.getframerate()
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError, RuntimeError) as error:
        # A seek beyond a chunk's stated end is a RuntimeError of the standard library's.
        expected = "a whole wave file of whole numbers"
        raise InvalidInput(path.name, found=_said(error), expected=expected) from error
    if width not in (1, 2, 3, 4) or not channels or own < 1:
        found = f"{8 * width} bits in {channels} channels at {own} Hz"
        raise InvalidInput(path.name, found=found, expected="sound of 8, 16, 24 or 32 bits")
    if len(content) < channels * width:
        raise InvalidInput(path.name, found="no samples", expected="one or more")
    values = _numbers(content[: len(content) // (channels * width) * channels * width], width)
    values = values.reshape(-1, channels).mean(axis=1)
    if rate is not None and rate != own:
        from scipy.signal import resample_poly

        shared = gcd(rate, own)
        values, own = resample_poly(values, rate // shared, own // shared), rate
    return path.name, own, values.astype(np.float32)


def _said(error: Exception) -> str:
    """What a library says of a file; some say nothing where it ends too early."""
    system = error.strerror if isinstance(error, OSError) else None
    return (system or str(error))[:200] or "a damaged file"


def _numbers(content: bytes, width: int) -> npt.NDArray[np.float64]:
    """Values from -1 to 1; of one byte they are unsigned, of more signed, lowest byte first."""
    if width == 1:
        return np.frombuffer(content, np.uint8).astype(np.float64) / 128 - 1
    parts = np.frombuffer(content, np.uint8).reshape(-1, width)
    wide = np.zeros((len(parts), 4), np.uint8)
    wide[:, 4 - width :] = parts
    return wide.view("<i4")[:, 0].astype(np.float64) / 2**31


def sounds_of(sounds: Sequence[Sound]) -> tuple[int, npt.NDArray[np.float32]]:
    """The rate of all sounds, and the sounds (N, t), shorter ones followed by silence.

    Raises:
        InvalidInput: names the first of another rate.
    """
    _, rate, _ = sounds[0]
    for name, other, _ in sounds:
        if other != rate:
            raise InvalidInput(
                name,
                found=f"{other} Hz",
                expected=f"{rate} Hz, as the first",
                hint="state a rate, to which all are brought",
            )
    whole = np.zeros((len(sounds), max(len(values) for *_, values in sounds)), np.float32)
    for row, (*_, values) in zip(whole, sounds, strict=True):
        row[: len(values)] = values
    return rate, whole
