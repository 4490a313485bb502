"""Whether a function's regions lie together, and how near two functions' regions lie.

Everything is compared with random sets of regions out of the same atlas. Distances are measured
between regions of one side of the brain only (those on the midline count with both), and a random
set has as many regions on the left, on the right and on the midline as the function. So a function
of both hemispheres is not called scattered for having homologues far apart, and one of a single
hemisphere is compared with sets of a single hemisphere.

Random sets are not smooth, and the two sides of a bilateral function repeat each other, which
random sets do not. Read z as a measure that is comparable between functions, p as a guide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput
from atlas.model import Region

PERMUTATIONS = 1000
FAR = np.float32(1e6)
"""Stands for the distance between the sides, which is not measured."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Spread:
    """Of F sets of regions: observed, and mean, deviation and p over random sets.

    ``scatter`` (F,) is the mean distance in mm between two regions of a set on one side, NaN where
    no side has two. ``nearness`` (F, F) is the mean distance in mm from a region of one set to the
    nearest of the other on its side, over both directions; 0 for equal sets, NaN where no side
    has both. ``shared`` (F, F) counts common regions. ``*_p`` are two-sided.
    """

    scatter: NDArray[np.float64]
    scatter_random: NDArray[np.float64]
    scatter_z: NDArray[np.float64]
    scatter_p: NDArray[np.float64]
    nearness: NDArray[np.float64]
    nearness_random: NDArray[np.float64]
    nearness_z: NDArray[np.float64]
    nearness_p: NDArray[np.float64]
    shared: NDArray[np.intp]
    shared_p: NDArray[np.float64]


def spread(
    regions: Sequence[Region],
    members: NDArray[np.bool_],
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Spread:
    """Compare sets of regions with random sets of the same size on each side.

    Args:
        regions: all n regions of the atlas; random sets are drawn from them.
        members: (F, n) which regions each set has.
        permutations: random sets for each; the smallest p is ``2 / (permutations + 1)``.
        seed: of the draws; the same seed gives the same numbers.
        progress: called with the fraction done.

    Raises:
        InvalidInput: fewer than 1 permutation, or ``members`` that do not fit the regions.
    """
    if permutations < 1:
        raise InvalidInput("permutations", found=permutations, expected="1 or more")
    if members.ndim != 2 or members.shape[1] != len(regions):
        raise InvalidInput("members", found=members.shape, expected=f"(sets, {len(regions)})")
    side = sides(regions)
    measure = _Measure(_distances(regions, side), members, side)
    observed = measure(np.nonzero(members)[1])
    deal = _Deal(members, side, np.random.default_rng(seed))
    scatter, nearness, shared = (_Null(found) for found in observed)
    for i in range(permutations):
        for null, found in zip((scatter, nearness, shared), measure(deal()), strict=True):
            null.add(found)
        if progress is not None and i % 50 == 49:
            progress((i + 1) / permutations)
    return Spread(
        *(scatter.observed, *scatter.summary()),
        *(nearness.observed, *nearness.summary()),
        shared.observed.astype(np.intp),
        shared.summary()[2],
    )


def sides(regions: Sequence[Region]) -> NDArray[np.intp]:
    """0 left, 1 right, 2 neither; of unnamed hemispheres x decides.

    >>> sides([Region("a:1", "1", "V1", "unknown", -9.0, -80.0, 2.0)]).tolist()
    [0]
    """
    named = {"left": 0, "right": 1, "midline": 2, "bilateral": 2}
    return np.array(
        [named.get(r.hemisphere, 0 if r.x < 0 else 1 if r.x > 0 else 2) for r in regions],
        dtype=np.intp,
    )


def _distances(regions: Sequence[Region], side: NDArray[np.intp]) -> NDArray[np.float32]:
    """(n, n) mm between medoids or centres; :data:`FAR` between left and right."""
    xyz = np.array([(r.x, r.y, r.z) for r in regions], dtype=np.float64).reshape(-1, 3)
    steps = xyz[:, None] - xyz[None]
    mm: NDArray[np.float32] = np.sqrt((steps**2).sum(axis=-1)).astype(np.float32)
    mm[(side[:, None] + side[None]) == 1] = FAR
    return mm


class _Measure:
    """Scatter, nearness and overlap of F sets that are given as one list of members."""

    def __init__(
        self, mm: NDArray[np.float32], members: NDArray[np.bool_], side: NDArray[np.intp]
    ) -> None:
        self.mm = mm
        self.within = np.where(mm < FAR, mm, 0)
        self.pairs = (mm < FAR).astype(np.float32)
        np.fill_diagonal(self.pairs, 0)
        sizes = members.sum(axis=1)
        self.filled = np.flatnonzero(sizes)
        self.rows = np.repeat(np.arange(len(members)), sizes)
        self.starts = np.concatenate(([0], np.cumsum(sizes[self.filled])[:-1])).astype(np.intp)
        self.shape = members.shape

    def __call__(
        self, columns: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        sets = np.zeros(self.shape, dtype=np.float32)
        sets[self.rows, columns] = 1
        pairs = ((sets @ self.pairs) * sets).sum(axis=1)
        apart = ((sets @ self.within) * sets).sum(axis=1)
        nearest = np.full(self.shape, FAR, dtype=np.float32)
        if len(self.filled):
            nearest[self.filled] = np.minimum.reduceat(self.mm[columns], self.starts, axis=0)
        near = nearest < FAR
        total = sets @ np.where(near, nearest, 0).T
        count = sets @ near.T.astype(np.float32)
        with np.errstate(invalid="ignore", divide="ignore"):
            scatter = (apart / pairs).astype(np.float64)
            way = (total / count).astype(np.float64)
        return scatter, (way + way.T) / 2, (sets @ sets.T).astype(np.float64)


class _Deal:
    """Random sets with as many members on each side as the given ones."""

    def __init__(
        self, members: NDArray[np.bool_], side: NDArray[np.intp], rng: np.random.Generator
    ) -> None:
        self.rng, self.side, self.shape = rng, side, members.shape
        # Sorted by side and chance, the first k of each side are a random choice of k.
        self.chosen = np.zeros(self.shape, dtype=bool)
        for s in range(3):
            start, wanted = int((side < s).sum()), members[:, side == s].sum(axis=1)
            for row, k in enumerate(wanted.tolist()):
                self.chosen[row, start : start + k] = True

    def __call__(self) -> NDArray[np.intp]:
        order = np.argsort(self.rng.random(self.shape) + self.side, axis=1)
        return order[self.chosen]


class _Null:
    """Moments of random values, and how often they reach the observed one on either side."""

    def __init__(self, observed: NDArray[np.float64]) -> None:
        self.observed = observed
        self.n = 0
        self.total, self.squares = np.zeros_like(observed), np.zeros_like(observed)
        self.low, self.high = np.zeros_like(observed), np.zeros_like(observed)

    def add(self, value: NDArray[np.float64]) -> None:
        self.n += 1
        self.total += value
        self.squares += value * value
        self.low += value <= self.observed + 1e-6
        self.high += value >= self.observed - 1e-6

    def summary(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Mean, z of the observed and two-sided p; NaN where nothing was observed."""
        mean = self.total / self.n
        deviation = np.sqrt(np.maximum(self.squares / self.n - mean * mean, 0))
        flat = deviation <= 1e-6
        z = np.where(flat, 0.0, (self.observed - mean) / np.where(flat, 1.0, deviation))
        p = np.minimum(1.0, 2 * (np.minimum(self.low, self.high) + 1) / (self.n + 1))
        unseen = np.isnan(self.observed)
        return mean, np.where(unseen, np.nan, z), np.where(unseen, np.nan, p)
