"""How a raw picture or sound becomes the tensor that a branch sees, the same way every time.

The recipe is data. It is fitted on training samples once, travels inside every checkpoint, and is
applied unchanged at pre-training, when features are cached, and at prediction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from atlas.errors import InvalidInput
from composer.stretched import StretchSpec, stretched

Modality = Literal["image", "audio"]
Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Projection:
    """A linear view of pictures: only what a few principal components hold gets through.

    ``mean`` has height · width numbers and ``components`` as many in each row. Projecting twice
    changes nothing, so it does not matter whether a picture was degraded before.
    """

    height: int
    width: int
    mean: tuple[float, ...]
    components: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class SoundSpec:
    """Waveform to log spectrogram: ``rate`` in Hz, lengths in samples, band limits in Hz."""

    rate: int = 8000
    samples: int = 2048
    window: int = 512
    hop: int = 64
    low: float = 600.0
    high: float = 1600.0


@dataclass(frozen=True, slots=True)
class InputSpec:
    """Recipe from raw input to float32 (N, 1, height, width), standardised by ``mean``, ``std``.

    ``white`` is the grey value of a white pixel (16 in scikit-learn's digits).
    """

    modality: Modality
    height: int
    width: int
    mean: float = 0.0
    std: float = 1.0
    white: float = 1.0
    projection: Projection | None = None
    sound: SoundSpec | StretchSpec | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width of one prepared sample."""
        return (1, self.height, self.width)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    def to_json(self) -> str:
        """The same text for the same spec."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> InputSpec:
        """Inverse of :meth:`to_dict`.

        >>> spec = InputSpec("audio", 32, 32, sound=SoundSpec())
        >>> InputSpec.from_dict(json.loads(spec.to_json())) == spec
        True
        """
        projection, sound = data.get("projection"), data.get("sound")
        if projection is not None:
            rows = tuple(tuple(row) for row in projection["components"])
            projection = Projection(
                projection["height"], projection["width"], tuple(projection["mean"]), rows
            )
        return cls(
            **{
                **data,
                "projection": projection,
                "sound": None if sound is None else _sound(sound),
            }
        )


def prepare(spec: InputSpec, raw: object) -> Tensor:
    """Raw samples to float32 (N, 1, height, width).

    Args:
        spec: the recipe.
        raw: pictures (N, h, w) in grey values from 0 to ``spec.white``, of any one size; or
            waveforms at ``spec.sound.rate``, as (N, t) or a list of any lengths. An array of three
            dimensions stands for the stretched spectrograms (N, height, width) themselves.

    Raises:
        InvalidInput: nothing there, wrong number of dimensions, not numbers, NaN or infinite.
    """
    if spec.modality == "image":
        plain = _picture(spec, raw)
    elif isinstance(spec.sound, StretchSpec):
        plain = _stretched(spec, spec.sound, raw)
    else:
        plain = _spectrogram(spec, spec.sound or SoundSpec(), raw)
    return plain.sub_(spec.mean).div_(spec.std)


def fitted(spec: InputSpec, raw: object) -> InputSpec:
    """The spec with ``mean`` and ``std`` measured on ``raw``, which must be training samples."""
    plain = prepare(replace(spec, mean=0.0, std=1.0), raw)
    std = float(plain.std())
    return replace(spec, mean=float(plain.mean()), std=std if std > 0 else 1.0)


def project(pictures: Array, projection: Projection) -> Array:
    """Pictures (N, height, width) seen through the projection's components."""
    mean = np.asarray(projection.mean, dtype=np.float32)
    basis = np.asarray(projection.components, dtype=np.float32)
    flat = pictures.reshape(len(pictures), -1) - mean
    seen = flat @ basis.T @ basis + mean
    return seen.astype(np.float32, copy=False).reshape(pictures.shape)


def _picture(spec: InputSpec, raw: object) -> Tensor:
    pictures = torch.from_numpy(_numbers("image", raw, dimensions=3) / np.float32(spec.white))
    if spec.projection is not None:
        pictures = _resized(pictures, spec.projection.height, spec.projection.width)
        pictures = torch.from_numpy(project(pictures.numpy(), spec.projection))
    return _resized(pictures, spec.height, spec.width)[:, None]


def _resized(maps: Tensor, height: int, width: int) -> Tensor:
    if tuple(maps.shape[1:]) == (height, width):
        return maps
    return torch.nn.functional.interpolate(
        maps[:, None], (height, width), mode="bilinear", align_corners=False, antialias=True
    )[:, 0]


def _stretched(spec: InputSpec, sound: StretchSpec, raw: object) -> Tensor:
    if not isinstance(raw, np.ndarray) or raw.ndim != 3:
        waves = [_numbers("audio", clip, dimensions=1) for clip in _clips(raw)]
        if not waves:
            raise InvalidInput("audio", found="no samples", expected="at least one waveform")
        return torch.from_numpy(stretched(waves, sound, spec.height, spec.width))[:, None]
    maps = _numbers("audio", raw, dimensions=3)
    if maps.shape[1:] != (spec.height, spec.width):
        expected = f"waveforms, or spectrograms of {spec.height} × {spec.width}"
        raise InvalidInput("audio", found=f"shape {maps.shape}", expected=expected)
    own = maps.copy() if np.may_share_memory(maps, raw) else maps
    return torch.from_numpy(own)[:, None]


def _spectrogram(spec: InputSpec, sound: SoundSpec, raw: object) -> Tensor:
    waves = torch.from_numpy(_waveforms(raw, sound.samples))
    power = (
        torch.stft(
            waves,
            sound.window,
            hop_length=sound.hop,
            window=torch.hann_window(sound.window),
            center=True,
            pad_mode="constant",
            return_complex=True,
        )
        .abs()
        .square()
    )
    step = sound.rate / sound.window
    band = power[:, round(sound.low / step) : round(sound.high / step)]
    cells = torch.nn.functional.adaptive_avg_pool2d(band[:, None], (spec.height, spec.width))
    return torch.log(cells + 1e-4)


def _waveforms(raw: object, samples: int) -> Array:
    """Waveforms cropped, or padded with silence, to ``samples``, around their middle."""
    clips = _clips(raw)
    out = np.zeros((len(clips), samples), dtype=np.float32)
    for row, clip in zip(out, clips, strict=True):
        wave = _numbers("audio", clip, dimensions=1)
        spare = samples - len(wave)
        if spare >= 0:
            row[spare // 2 : spare // 2 + len(wave)] = wave
        else:
            row[:] = wave[-spare // 2 : -spare // 2 + samples]
    if not len(out):
        raise InvalidInput("audio", found="no samples", expected="at least one waveform")
    return out


def _clips(raw: object) -> Sequence[object] | npt.NDArray[Any]:
    if isinstance(raw, np.ndarray) and raw.ndim == 2:
        return raw
    if isinstance(raw, Sequence | np.ndarray) and not isinstance(raw, str | bytes) and len(raw):
        first = raw[0]
        if isinstance(first, Sequence | np.ndarray) and not isinstance(first, str | bytes):
            return raw
    raise InvalidInput("audio", found=_kind(raw), expected="a list of waveforms (lists of numbers)")


def _numbers(field: str, raw: object, *, dimensions: int) -> Array:
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


def _sound(data: dict[str, Any]) -> SoundSpec | StretchSpec:
    return SoundSpec(**data) if "window" in data else StretchSpec(**data)


def _kind(raw: object) -> str:
    return f"shape {raw.shape}" if isinstance(raw, np.ndarray) else type(raw).__name__
