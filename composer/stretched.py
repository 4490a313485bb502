"""Sounds of any length as spectrograms of one size: frames lie closer where a sound is shorter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Wave = npt.NDArray[Any]

CHUNK = 64
"""Sounds that are transformed together."""


@dataclass(frozen=True, slots=True)
class StretchSpec:
    """Waveform at ``rate`` Hz, in 16-bit values, to a power spectrogram over its whole length.

    With ``log`` the logarithm of power plus ``floor`` is taken. The size is the network's input:
    height gives the frequencies, from 0 to half the rate, and width the frames.
    """

    rate: int = 8000
    log: bool = True
    floor: float = 1e-4


def stretched(waves: Sequence[Wave], spec: StretchSpec, height: int, width: int) -> Array:
    """Spectrograms (N, height, width) of waveforms of any lengths, lowest frequency first.

    ``width`` frames of 2 · height − 1 samples are spread evenly from the first sample to the last,
    each less its mean, in a rectangular window; so height frequencies come out, as in the public
    code of AV-MNIST (window boxcar, nfft 223 for 112 frequencies). Shorter sounds are padded with
    silence to one frame. The unit of power is that of a one-sided density, value² / Hz.

    Source: Pérez-Rúa et al. 2019, MFAS; Welch 1967 for the density.

    >>> tone = 1000 * np.sin(2 * np.pi * 1000 * np.arange(4000) / 8000)
    >>> maps = stretched([tone], StretchSpec(log=False), 112, 112)
    >>> maps.shape, int(maps[0].mean(axis=1).argmax())  # rows are 8000 / 223 Hz apart
    ((1, 112, 112), 28)
    """
    parts = [_power(chunk, spec, height, width) for chunk in _chunks(waves)]
    power = np.concatenate(parts) if parts else np.zeros((0, height, width), np.float32)
    return np.log(power + np.float32(spec.floor)) if spec.log else power


def _chunks(waves: Sequence[Wave]) -> Iterator[Sequence[Wave]]:
    for start in range(0, len(waves), CHUNK):
        yield waves[start : start + CHUNK]


def _power(waves: Sequence[Wave], spec: StretchSpec, height: int, width: int) -> Array:
    length = 2 * height - 1
    frames = np.empty((len(waves), width, length), np.float32)
    for row, wave in zip(frames, waves, strict=True):
        whole = np.pad(wave, (0, max(0, length - len(wave))))
        starts = np.rint(np.linspace(0, len(whole) - length, width)).astype(np.int64)
        row[:] = np.lib.stride_tricks.sliding_window_view(whole, length)[starts]
    frames -= frames.mean(axis=2, keepdims=True)
    waved = frames.reshape(-1, length) @ _fourier(height)
    power = waved[:, :height] ** 2 + waved[:, height:] ** 2
    power *= np.float32(2 / (spec.rate * length))
    power[:, 0] /= 2
    return np.ascontiguousarray(power.reshape(len(waves), width, height).transpose(0, 2, 1))


@lru_cache(maxsize=4)
def _fourier(height: int) -> Array:
    """Cosines, then sines, of every frequency (length, 2 · height).

    A product of matrices is faster here than a fast transform: the length is odd, often prime.
    """
    length = 2 * height - 1
    angles = 2 * np.pi / length * (np.arange(length)[:, None] * np.arange(height)[None] % length)
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
