"""Sounds as mel-frequency cepstral coefficients, as librosa made them when those nets were trained.

Source: Davis & Mermelstein 1980; the scale and the height of the filters are Slaney's (Auditory
Toolbox 1998), windows are periodic Hann windows around each hop, the ends are mirrored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput

Array = npt.NDArray[np.float32]

QUIETEST, RANGE_DB = 1e-10, 80.0
"""Least power, and how far below its loudest part a sound is followed, in decibels."""


@dataclass(frozen=True, slots=True)
class MelSpec:
    """Waveform to coefficients.

    Attributes:
        rate: in Hz, of the sound that is transformed.
        samples: heard from each sound. A shorter one lies in the middle of silence, a longer one is
            cut around its middle; where frames are averaged it is heard from ``start`` on, and
            frames of zeros follow a shorter one, as in the source.
        start: samples that are left out at the beginning.
        window: samples of a window.
        hop: from one window to the next.
        bands: mel bands between ``low`` and ``high`` Hz.
        low: in Hz.
        high: in Hz.
        coefficients: of the cosine transform, the first ones.
        decibels: logarithm in decibels, :data:`RANGE_DB` deep; else natural, of what is not 0.
        averaged: one number for each frame, the mean of its coefficients; else frames are rows.
        given: rate in Hz of the sounds that come in; None: the same.
    """

    rate: int
    samples: int
    window: int
    hop: int
    bands: int
    low: float
    high: float
    coefficients: int
    start: int = 0
    decibels: bool = False
    averaged: bool = False
    given: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of what comes out."""
        frames = 1 + self.samples // self.hop
        return (1, frames) if self.averaged else (frames, self.coefficients)


def cepstrum(waves: Sequence[Array], spec: MelSpec) -> Array:
    """Coefficients (N, height, width) of waveforms of any lengths, between -1 and 1.

    Raises:
        InvalidInput: a sound that is over before ``start``.
    """
    return np.stack([_one(wave, spec) for wave in waves])


def _one(wave: Array, spec: MelSpec) -> Array:
    whole = _resampled(wave, spec)
    if not spec.averaged:
        spare = spec.samples - len(whole)
        padded = np.pad(whole, (max(0, spare) // 2, max(0, spare) - max(0, spare) // 2))
        first = max(0, -spare) // 2
        return _frames(padded[first : first + spec.samples], spec)
    heard, least = whole[spec.start : spec.start + spec.samples], spec.window // 2 + 1
    if len(heard) < least:  # the ends are mirrored
        raise InvalidInput(
            "audio",
            found=f"a sound of {len(whole) / spec.rate:.2f} s",
            expected=f"more than {(spec.start + least) / spec.rate:.2f} s, for that is heard",
        )
    out = np.zeros(spec.size, np.float32)
    means = _frames(heard, spec).mean(axis=1)
    out[0, : len(means)] = means
    return out


def _frames(wave: Array, spec: MelSpec) -> Array:
    """(frames, coefficients) of one waveform."""
    around = np.pad(wave, spec.window // 2, mode="reflect")
    pieces = np.lib.stride_tricks.sliding_window_view(around, spec.window)[:: spec.hop]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(spec.window) / spec.window)
    power = np.abs(np.fft.rfft(pieces * hann, axis=1)) ** 2
    mel = power @ _filters(spec.rate, spec.window, spec.bands, spec.low, spec.high).T
    if spec.decibels:
        logs = 10 * np.log10(np.maximum(mel, QUIETEST))
        logs = np.maximum(logs, logs.max() - RANGE_DB)
    else:
        logs = np.log(mel, where=mel > 0, out=np.zeros_like(mel))
    return np.asarray(logs @ _cosines(spec.bands, spec.coefficients).T, np.float32)


def _resampled(wave: Array, spec: MelSpec) -> Array:
    if spec.given in (None, spec.rate):
        return wave
    from scipy.signal import resample_poly

    assert spec.given is not None
    shared = gcd(spec.given, spec.rate)
    brought: Array = resample_poly(wave, spec.rate // shared, spec.given // shared)
    return brought


@lru_cache(maxsize=8)
def _filters(rate: int, window: int, bands: int, low: float, high: float) -> npt.NDArray[Any]:
    """Triangles (bands, window // 2 + 1) of equal area, evenly spread on the mel scale."""
    edges = _hertz(np.linspace(_mel(low), _mel(high), bands + 2))
    bins = np.arange(window // 2 + 1) * rate / window
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - left) / (middle - left), (right - bins) / (right - middle)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * 2 / (right - left))


@lru_cache(maxsize=8)
def _cosines(bands: int, coefficients: int) -> npt.NDArray[Any]:
    """The orthonormal cosine transform (coefficients, bands)."""
    angles = np.pi * np.arange(coefficients)[:, None] * (np.arange(bands) + 0.5) / bands
    basis = np.cos(angles) * np.sqrt(2 / bands)
    basis[0] /= np.sqrt(2)
    return np.asarray(basis)


_KNEE, _LINEAR, _STEP = 1000.0, 200 / 3, np.log(6.4) / 27
"""Slaney's scale: linear up to 1 kHz, 200 / 3 Hz a mel, then 27 mels to the 6.4-fold."""


def _mel(hertz: float) -> float:
    if hertz < _KNEE:
        return hertz / _LINEAR
    return float(_KNEE / _LINEAR + np.log(hertz / _KNEE) / _STEP)


def _hertz(mels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    knee = _KNEE / _LINEAR
    return np.where(mels < knee, mels * _LINEAR, _KNEE * np.exp(_STEP * (mels - knee)))
