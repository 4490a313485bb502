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
from composer.colour import ColourSpec, Three, channels
from composer.mel import MelSpec, cepstrum
from composer.raw import numbers, pictures_of, waveforms_of, waves_of
from composer.stretched import StretchSpec, stretched

Modality = Literal["image", "audio"]
Array = npt.NDArray[np.float32]

CHUNK = 512
"""Samples of an array that are prepared together: large ones would fill the memory."""


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
    """Recipe from raw input to float32 (N, C, height, width), standardised by ``mean``, ``std``.

    Pictures of another size are resized (bilinear, smoothed where they shrink). ``white`` is the
    value of a white pixel (16 in scikit-learn's digits), or of a sound at full scale where
    ``sound`` is a :class:`MelSpec`. With ``colour`` C is 3, else 1. With ``centred`` the mean
    picture of the ``projection`` is left out.
    """

    modality: Modality
    height: int
    width: int
    mean: float = 0.0
    std: float = 1.0
    white: float = 1.0
    projection: Projection | None = None
    sound: SoundSpec | StretchSpec | MelSpec | None = None
    colour: ColourSpec | None = None
    centred: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width of one prepared sample."""
        return (3 if self.colour else 1, self.height, self.width)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; ``colour`` and ``centred`` are in it where they say something."""
        late = ("colour", "centred")
        return {name: one for name, one in asdict(self).items() if one or name not in late}

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
        colour = data.get("colour")
        return cls(
            **{
                **data,
                "projection": projection,
                "sound": None if sound is None else _sound(sound),
                "colour": None if colour is None else _colour(colour),
            }
        )


def prepare(spec: InputSpec, raw: object) -> Tensor:
    """Raw samples to float32 (N, C, height, width).

    Args:
        spec: the recipe.
        raw: pictures (N, h, w), or in colour (N, h, w, 3), in values from 0 to ``spec.white``, of
            any one size; or waveforms at ``spec.sound.rate``, as (N, t) or a list of any lengths.
            An array of three dimensions stands for the stretched spectrograms (N, height, width)
            themselves.

    Raises:
        InvalidInput: nothing there, wrong number of dimensions, not numbers, NaN or infinite.
    """
    if isinstance(raw, np.ndarray) and len(raw) > CHUNK:
        parts = [raw[start : start + CHUNK] for start in range(0, len(raw), CHUNK)]
        return torch.cat([prepare(spec, part) for part in parts])
    if spec.modality == "image":
        plain = _picture(spec, raw)
    elif isinstance(spec.sound, StretchSpec):
        plain = _stretched(spec, spec.sound, raw)
    elif isinstance(spec.sound, MelSpec):
        waves = [wave / np.float32(spec.white) for wave in waves_of(raw)]
        plain = torch.from_numpy(cepstrum(waves, spec.sound))[:, None]
    else:
        plain = _spectrogram(spec, spec.sound or SoundSpec(), raw)
    return plain.sub_(spec.mean).div_(spec.std)


def fitted(spec: InputSpec, raw: object) -> InputSpec:
    """The spec with ``mean`` and ``std`` measured on ``raw``, which must be training samples.

    In colour they are those of each channel.
    """
    if spec.colour:
        plain = prepare(replace(spec, colour=ColourSpec(order=spec.colour.order)), raw)
        means = plain.mean(dim=(0, 2, 3)).tolist()
        stds = [one if one > 0 else 1.0 for one in plain.std(dim=(0, 2, 3)).tolist()]
        return replace(spec, colour=ColourSpec(_three(means), _three(stds), spec.colour.order))
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
    pictures = torch.from_numpy(channels(pictures_of(raw) / np.float32(spec.white), spec.colour))
    if spec.centred and spec.projection is None:
        expected = "pictures of principal components, whose mean the network does without"
        raise InvalidInput("image", found="no mean picture", expected=expected)
    if spec.projection is not None:
        seen = spec.projection
        pictures = _resized(pictures, seen.height, seen.width)
        pictures = torch.from_numpy(_projected(pictures.numpy(), seen))
        if spec.centred:
            pictures -= torch.tensor(seen.mean).reshape(seen.height, seen.width)
    pictures = _resized(pictures, spec.height, spec.width)
    if spec.colour is not None:
        mean, std = (
            torch.tensor(three)[:, None, None] for three in (spec.colour.mean, spec.colour.std)
        )
        pictures = (pictures - mean) / std
    return pictures


def _projected(pictures: Array, projection: Projection) -> Array:
    """Pictures (N, C, height, width), every channel through the same components."""
    flat = pictures.reshape(-1, *pictures.shape[2:])
    return project(flat, projection).reshape(pictures.shape)


def _resized(maps: Tensor, height: int, width: int) -> Tensor:
    if tuple(maps.shape[2:]) == (height, width):
        return maps
    return torch.nn.functional.interpolate(
        maps, (height, width), mode="bilinear", align_corners=False, antialias=True
    )


def _stretched(spec: InputSpec, sound: StretchSpec, raw: object) -> Tensor:
    if not isinstance(raw, np.ndarray) or raw.ndim != 3:
        return torch.from_numpy(stretched(waves_of(raw), sound, spec.height, spec.width))[:, None]
    maps = numbers("audio", raw, dimensions=3)
    if maps.shape[1:] != (spec.height, spec.width):
        expected = f"waveforms, or spectrograms of {spec.height} × {spec.width}"
        raise InvalidInput("audio", found=f"shape {maps.shape}", expected=expected)
    own = maps.copy() if np.may_share_memory(maps, raw) else maps
    return torch.from_numpy(own)[:, None]


def _spectrogram(spec: InputSpec, sound: SoundSpec, raw: object) -> Tensor:
    waves = torch.from_numpy(waveforms_of(raw, sound.samples))
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


def _sound(data: dict[str, Any]) -> SoundSpec | StretchSpec | MelSpec:
    if "bands" in data:
        return MelSpec(**data)
    return SoundSpec(**data) if "window" in data else StretchSpec(**data)


def _colour(data: dict[str, Any]) -> ColourSpec:
    return ColourSpec(_three(data["mean"]), _three(data["std"]), data["order"])


def _three(values: Sequence[float]) -> Three:
    red, green, blue = values
    return float(red), float(green), float(blue)
