"""What an atlas says about functions as a whole: the analysis of section 2.1 of the paper.

Lü et al. 2022 (Journal of Software 33:4) looked at over 100 regions and nearly 60 functions and
found: regions and functions are many to many; a function's regions are spread, yet those of vision
and of language lie near each other; and vision, audition, language and emotion cover most regions.
Here the same questions are asked of any atlas and any source of evidence, against chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput
from atlas.model import Region
from atlas.scoring import Link, within
from atlas.spread import PERMUTATIONS, Progress, Spread, spread

COVER = 4
MAX_CHOICES = 1_000_000
"""Up to so many choices of groups the best one is found exactly, beyond it greedily."""


@dataclass(frozen=True, slots=True)
class FunctionSpread:
    """One function (or group): its regions and how they lie.

    ``scatter_mm`` is the mean distance between two of its regions on one side of the brain,
    ``random_mm`` the same of random sets, ``z`` and ``p`` (two-sided) compare them, ``q`` is p
    after Benjamini and Hochberg (1995) over all functions. None where no side has two regions.
    """

    function: str
    n_regions: int
    left: int
    right: int
    regions: tuple[str, ...]
    scatter_mm: float | None
    random_mm: float | None
    z: float | None
    p: float | None
    q: float | None


@dataclass(frozen=True, slots=True)
class Nearness:
    """Two functions: common regions, and the mean way to the nearest region of the other in mm.

    A function and one below it in the tree share regions by definition and make no pair.
    """

    a: str
    b: str
    shared: int
    jaccard: float
    shared_p: float
    nearest_mm: float | None
    random_mm: float | None
    z: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Cover:
    """Groups that together touch most regions; ``gains`` are the regions each one adds in turn."""

    groups: tuple[str, ...]
    n_regions: int
    share: float
    gains: tuple[int, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class Analysis:
    """All answers for one atlas; ``functions`` by number of regions, ``pairs`` nearest first."""

    atlas: str
    n_regions: int
    n_linked: int
    n_links: int
    functions: tuple[FunctionSpread, ...]
    functions_per_region: Mapping[str, int]
    pairs: tuple[Nearness, ...]
    cover: Cover
    permutations: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def groups_at(functions: Iterable[str], level: int) -> list[str]:
    """Ids of a level of the tree: of each function the first ``level`` parts; all of them for 0.

    >>> groups_at(["perception.vision.motion", "emotion"], 2)
    ['emotion', 'perception.vision']
    """
    if level < 0:
        raise InvalidInput("level", found=level, expected="0 or more")
    cut = (f if level == 0 else ".".join(f.split(".")[:level]) for f in functions)
    return sorted(set(cut))


def analyse(
    atlas_id: str,
    regions: Sequence[Region],
    links: Iterable[Link],
    groups: Sequence[str],
    *,
    whole: bool = True,
    cover: int = COVER,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Analysis:
    """Count, measure and compare the regions of groups of functions.

    Args:
        atlas_id: for the record.
        regions: all regions of the atlas.
        links: (region, function, weight); those of other regions are passed over.
        groups: function ids, such as those of :func:`groups_at`.
        whole: a group has the regions of all functions below it; else its own only.
        cover: how many groups the best cover has.
        permutations: see :func:`atlas.spread.spread`.
        seed: see there.
        progress: called with the fraction done.

    Raises:
        InvalidInput: no regions, no groups, no link of any group, or ``cover`` below 1.
    """
    index = {region.id: i for i, region in enumerate(regions)}
    rows = [link for link in links if link[0] in index]
    members = _members(index, rows, groups, whole)
    names = [group for group, row in zip(groups, members, strict=True) if row.any()]
    members = members[members.any(axis=1)]
    if not names:
        raise InvalidInput(
            "functions", found=f"no evidence in {atlas_id}", expected="functions that regions have"
        )
    found = spread(regions, members, permutations=permutations, seed=seed, progress=progress)
    counts = members.sum(axis=0)
    return Analysis(
        atlas=atlas_id,
        n_regions=len(regions),
        n_linked=int((counts > 0).sum()),
        n_links=int(members.sum()),
        functions=_functions(regions, names, members, found),
        functions_per_region={r.id: int(n) for r, n in zip(regions, counts, strict=True)},
        pairs=_pairs(names, members, found),
        cover=best_cover(names, members, cover),
        permutations=permutations,
        seed=seed,
    )


def _members(
    index: Mapping[str, int], rows: Sequence[Link], groups: Sequence[str], whole: bool
) -> NDArray[np.bool_]:
    members = np.zeros((len(groups), len(index)), dtype=bool)
    by_function: dict[str, list[int]] = {}
    for region, function, weight in rows:
        if weight > 0:
            by_function.setdefault(function, []).append(index[region])
    for function, places in by_function.items():
        for row, group in enumerate(groups):
            if function == group or (whole and within(function, group)):
                members[row, places] = True
    return members


def _functions(
    regions: Sequence[Region], names: Sequence[str], members: NDArray[np.bool_], found: Spread
) -> tuple[FunctionSpread, ...]:
    q = false_discovery(found.scatter_p)
    rows = []
    for i, name in enumerate(names):
        own = [regions[r] for r in np.flatnonzero(members[i]).tolist()]
        rows.append(
            FunctionSpread(
                name,
                len(own),
                sum(region.hemisphere == "left" for region in own),
                sum(region.hemisphere == "right" for region in own),
                tuple(region.id for region in own),
                _number(found.scatter[i]),
                _number(found.scatter_random[i]),
                _number(found.scatter_z[i]),
                _number(found.scatter_p[i]),
                _number(q[i]),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.n_regions, row.function)))


def _pairs(names: Sequence[str], members: NDArray[np.bool_], found: Spread) -> tuple[Nearness, ...]:
    sizes = members.sum(axis=1)
    rows = []
    for i, j in combinations(range(len(names)), 2):
        if within(names[i], names[j]) or within(names[j], names[i]):
            continue
        shared = int(found.shared[i, j])
        rows.append(
            Nearness(
                names[i],
                names[j],
                shared,
                shared / int(sizes[i] + sizes[j] - shared),
                float(found.shared_p[i, j]),
                _number(found.nearness[i, j]),
                _number(found.nearness_random[i, j]),
                _number(found.nearness_z[i, j]),
                _number(found.nearness_p[i, j]),
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.z is None, row.z, row.a, row.b)))


def best_cover(names: Sequence[str], members: NDArray[np.bool_], k: int = COVER) -> Cover:
    """The ``k`` groups whose regions together are most, in the order of what each adds.

    Exact where there are at most :data:`MAX_CHOICES` choices; else greedy, which reaches at least
    1 - 1/e of the best (Nemhauser et al. 1978). Ties go to the groups that come first.

    >>> best_cover(["a", "b", "c"], np.array([[1, 1, 0], [0, 1, 1], [1, 0, 0]], bool), 2).groups
    ('a', 'b')
    """
    if k < 1:
        raise InvalidInput("cover", found=k, expected="1 or more")
    bits = [int.from_bytes(np.packbits(row).tobytes(), "big") for row in members]
    k = min(k, len(names))
    exact = comb(len(names), k) <= MAX_CHOICES
    chosen = _exact(bits, k) if exact else _greedy(bits, range(len(bits)), k)
    order = _greedy(bits, chosen, k)
    covered, gains = 0, []
    for i in order:
        gains.append((bits[i] & ~covered).bit_count())
        covered |= bits[i]
    total = covered.bit_count()
    share = total / members.shape[1] if members.shape[1] else 0.0
    return Cover(tuple(names[i] for i in order), total, share, tuple(gains), exact)


def _exact(bits: Sequence[int], k: int) -> tuple[int, ...]:
    best, chosen = -1, tuple(range(k))
    for choice in combinations(range(len(bits)), k):
        union = 0
        for i in choice:
            union |= bits[i]
        if union.bit_count() > best:
            best, chosen = union.bit_count(), choice
    return chosen


def _greedy(bits: Sequence[int], among: Iterable[int], k: int) -> list[int]:
    left, covered = list(among), 0
    order: list[int] = []
    while left and len(order) < k:
        i = max(left, key=lambda i: (bits[i] & ~covered).bit_count())
        left.remove(i)
        order.append(i)
        covered |= bits[i]
    return order


def false_discovery(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """The q of every p (Benjamini and Hochberg 1995); NaN stays NaN and does not count.

    >>> false_discovery(np.array([0.01, 0.04, np.nan, 0.03])).round(3).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    q = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    ranked = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(1.0, np.minimum.accumulate(ranked[::-1])[::-1])
    return q


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
