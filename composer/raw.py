"""Raw samples as people send them, checked and made arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput

Array = npt.NDArray[np.float32]


def pictures_of(raw: object) -> Array:
    """Pictures (N, h, w), or in colour (N, h, w, 3).

    Raises:
        InvalidInput: as :func:`numbers`; or pictures of one pixel.
    """
    first: Any = raw
    for _ in range(3):
        first = first[0] if isinstance(first, Sequence | np.ndarray) and len(first) else None
    deep = isinstance(first, Sequence | np.ndarray) and not isinstance(first, str | bytes)
    pictures = numbers("image", raw, dimensions=4 if deep else 3)
    if max(pictures.shape[1:3]) < 2:
        raise InvalidInput("image", found="pictures of one pixel", expected="2 × 2 pixels or more")
    return pictures


def waves_of(raw: object) -> list[Array]:
    """Waveforms of any lengths, at least one.

    Raises:
        InvalidInput: as :func:`numbers`.
    """
    waves = [numbers("audio", clip, dimensions=1) for clip in _clips(raw)]
    if not waves:
        raise InvalidInput("audio", found="no samples", expected="at least one waveform")
    return waves


def _clips(raw: object) -> Sequence[object] | npt.NDArray[Any]:
    if isinstance(raw, np.ndarray) and raw.ndim == 2:
        return raw
    if isinstance(raw, Sequence | np.ndarray) and not isinstance(raw, str | bytes) and len(raw):
        first = raw[0]
        if isinstance(first, Sequence | np.ndarray) and not isinstance(first, str | bytes):
            return raw
    raise InvalidInput("audio", found=_kind(raw), expected="a list of waveforms (lists of numbers)")


def numbers(field: str, raw: object, *, dimensions: int) -> Array:
    """Finite numbers in so many dimensions, none of which is empty.

    Raises:
        InvalidInput: anything else.
    """
    try:
        array = np.asarray(raw, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            field, found=str(error), expected=f"numbers in {dimensions} dimensions, equal lengths"
        ) from error
    if array.ndim != dimensions or 0 in array.shape:
        raise InvalidInput(
            field, found=f"shape {array.shape}", expected=f"{dimensions} dimensions, none empty"
        )
    if not np.isfinite(array).all():
        raise InvalidInput(field, found="NaN or infinite numbers", expected="finite numbers")
    return array


def waveforms_of(raw: object, samples: int) -> Array:
    """Waveforms cropped, or padded with silence, to ``samples``, around their middle."""
    clips = _clips(raw)
    out = np.zeros((len(clips), samples), dtype=np.float32)
    for row, clip in zip(out, clips, strict=True):
        wave = numbers("audio", clip, dimensions=1)
        spare = samples - len(wave)
        if spare >= 0:
            row[spare // 2 : spare // 2 + len(wave)] = wave
        else:
            row[:] = wave[-spare // 2 : -spare // 2 + samples]
    if not len(out):
        raise InvalidInput("audio", found="no samples", expected="at least one waveform")
    return out


def _kind(raw: object) -> str:
    if isinstance(raw, np.ndarray):
        return f"shape {raw.shape}"
    return f"{type(raw).__name__}{'' if raw else ', empty'}"
