"""Which picture goes with which voice and which noise: splits that share nothing, then pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput
from training.av_mnist.sources import Sources
from training.data import SPLITS, Split

SplitBy = Literal["takes", "unseen-speaker"]
Indices = npt.NDArray[np.int64]

HELD_PICTURES = 12
"""One in so many of the training pictures, the last ones, is for validation: 5,000 of 60,000."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What one split may draw from, as indices into the sources."""

    pictures: Indices
    voices: Indices
    noises: Indices


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sample by sample: picture, recording, noise clip, and where in the clip the noise begins."""

    pictures: Indices
    voices: Indices
    noises: Indices
    starts: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.pictures)


def pools(sources: Sources, by: SplitBy) -> dict[Split, Pool]:
    """Divide each source into three parts, before anything is paired.

    Pictures: MNIST's own test digits for testing, the last twelfth of its training digits for
    validation. Noise: a fold each for validation and testing. Recordings ``by`` takes: of every
    ten takes the last two for testing, the one before for validation; all speakers are on all
    sides. By unseen-speaker: a speaker each for validation and testing, heard nowhere else.

    Raises:
        InvalidInput: too few speakers, takes or folds for three parts, or another ``by``.
    """
    held = sources.training - sources.training // HELD_PICTURES
    edges = np.array([held, sources.training])
    pictures = np.searchsorted(edges, np.arange(len(sources.pictures)), side="right")
    noises = _last_two(sources.folds, "folds")
    if by == "unseen-speaker":
        voices = _last_two(sources.speakers, "speakers")
    elif by == "takes":
        place = sources.takes * 10 // (int(sources.takes.max()) + 1)
        voices = np.searchsorted(np.array([7, 8]), place, side="right")
    else:
        raise InvalidInput("split", found=by, expected=f"one of {', '.join(get_args(SplitBy))}")
    found = {
        name: Pool(*(np.flatnonzero(part == number) for part in (pictures, voices, noises)))
        for number, name in enumerate(SPLITS)
    }
    _check(sources, found)
    return found


def pairs(
    sources: Sources,
    pool: Pool,
    generator: np.random.Generator,
    count: int | None = None,
    *,
    field: str = "size",
) -> Pairs:
    """Pair by label: each picture takes the next recording of its digit, and the next noise.

    Args:
        sources: pictures, recordings, noises.
        pool: what may be used.
        generator: decides the order of each.
        count: take so many of the pictures; None: all.
        field: what the count is called where it was asked for.

    Raises:
        InvalidInput: more than there are, or less than one.
    """
    available = len(pool.pictures)
    count = available if count is None else count
    if not 1 <= count <= available:
        raise InvalidInput(field, found=count, expected=f"1 to {available}")
    pictures = generator.permutation(pool.pictures)[:count]
    voices = generator.permutation(pool.voices)
    noises = np.resize(generator.permutation(pool.noises), count)
    digits, chosen = sources.digits[pictures], np.empty(count, np.int64)
    for digit in np.unique(digits):
        rows = np.flatnonzero(digits == digit)
        chosen[rows] = np.resize(voices[sources.spoken[voices] == digit], len(rows))
    return Pairs(pictures, chosen, noises, generator.random(count))


def _last_two(groups: npt.NDArray[Any], name: str) -> npt.NDArray[np.int64]:
    """0 for all groups but the last two, which are 1 and 2."""
    names, number = np.unique(groups, return_inverse=True)
    if len(names) < 3:
        raise InvalidInput(name, found=len(names), expected="at least 3, one for each split")
    return np.maximum(0, number - (len(names) - 3))


def _check(sources: Sources, found: Mapping[Split, Pool]) -> None:
    digits = set(sources.digits.tolist())
    for name, pool in found.items():
        spoken = set(sources.spoken[pool.voices].tolist())
        if spoken != digits or not len(pool.noises) or not len(pool.pictures):
            raise InvalidInput(
                name, found=f"recordings of {sorted(spoken)}", expected="some of every digit"
            )
