"""Recipes that somebody sends: their numbers are bounded, then they are tried on one sample."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch

from atlas.errors import InvalidInput
from composer.inputs import InputSpec, prepare
from composer.mel import MelSpec
from composer.stretched import StretchSpec

MOST = 10_000_000
"""Cells of a prepared sample, numbers of a projection, samples of a sound: all that takes memory.

A network of the library reads far less: 112 × 112 cells, seconds of sound."""

_POSITIVE = ("std", "white", "rate", "given", "samples", "window", "hop", "bands", "coefficients")


def check_recipe(spec: InputSpec) -> None:
    """Refuse a recipe that would fill the memory, or that makes no finite numbers of a sample.

    Raises:
        InvalidInput: names the number, or says what came of the sample.

    >>> check_recipe(InputSpec("image", 8, 8, std=0.0))
    Traceback (most recent call last):
    atlas.errors.InvalidInput: input.std: found 0.0, expected a positive number, at most 10,000,000
    """
    if spec.modality not in ("image", "audio"):
        raise _odd("modality", spec.modality, "image or audio")
    for name, number in _numbers(asdict(spec)):
        _check_number(name, number)
    for name, cells in _tables(spec):
        if cells > MOST:
            raise _odd(name, f"{cells:,} numbers", f"at most {MOST:,}")
    try:
        # A recipe that leaves a mean picture out is given that picture by the data set.
        whole = replace(spec, centred=spec.centred and spec.projection is not None)
        made = prepare(whole, _sample(spec))
    except InvalidInput:
        raise
    except (ValueError, TypeError, ArithmeticError, IndexError, RuntimeError) as error:
        raise _odd("", str(error)[:200], "a recipe that a sample can be prepared by") from error
    if tuple(made.shape[1:]) != spec.shape:
        raise _odd("", f"samples of {tuple(made.shape[1:])}", f"samples of {spec.shape}")
    if not torch.isfinite(made).all():
        raise _odd("", "NaN or infinite numbers of a sample", "finite numbers")


def _check_number(name: str, number: float) -> None:
    if isinstance(number, bool):
        return
    if not math.isfinite(number) or abs(number) > MOST:
        raise _odd(name, number, f"a finite number, at most {MOST:,}")
    if name.rpartition(".")[2] in _POSITIVE and not number > 0:
        raise _odd(name, number, f"a positive number, at most {MOST:,}")


def _sample(spec: InputSpec) -> Any:  # noqa: ANN401 - pictures, or waveforms
    """A picture of every grey, or a sound that is long enough for any recipe."""
    if spec.modality == "image":
        side = np.linspace(0, spec.white, spec.width, dtype=np.float32)
        return np.repeat(side[None, None], spec.height, axis=1)
    sound = spec.sound
    heard = getattr(sound, "samples", 0) + getattr(sound, "start", 0)
    rates = getattr(sound, "given", None) or 1, getattr(sound, "rate", 1)
    length = math.ceil(heard * max(1.0, rates[0] / rates[1])) + 1
    if length > 2 * MOST:
        raise _odd("sound", f"{length:,} samples of a sound", f"at most {2 * MOST:,}")
    return [np.sin(np.arange(max(length, 2 * spec.height), dtype=np.float32))]


def _tables(spec: InputSpec) -> Iterator[tuple[str, int]]:
    """What is held in memory at once, and how many numbers it has."""
    sound = spec.sound
    yield "size", math.prod(spec.shape)
    if spec.projection:
        yield "projection", spec.projection.height * spec.projection.width
    if isinstance(sound, StretchSpec):
        yield "size", (2 * spec.height - 1) * max(spec.width, 2 * spec.height)
    elif sound:
        yield "sound", (sound.samples // sound.hop + 1) * sound.window
    if isinstance(sound, MelSpec):
        yield "sound.bands", sound.bands * max(sound.window, sound.coefficients)


def _numbers(found: object, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number of nested data with its path; what stands in a list goes by the list's name."""
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from _numbers(value, f"{name}.{key}" if name else str(key))
    elif isinstance(found, tuple | list):
        for value in found:
            yield from _numbers(value, name)
    elif isinstance(found, int | float):
        yield name, found


def _odd(name: str, found: object, expected: str) -> InvalidInput:
    return InvalidInput(f"input.{name}".rstrip("."), found=found, expected=expected)
