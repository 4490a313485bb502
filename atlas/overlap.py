"""How the regions of two atlases overlap, all pairs at once.

One count over the joint labels of a common grid gives every pair; nothing is compared region by
region. ``inside`` and ``contains`` are the two one-sided shares that Dice hides: a small region
within a large one has a low Dice and ``inside`` 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from atlas.common_grid import Body, Positions, common_grid, load_body, positions
from atlas.model import Atlas

Qualification = Literal["exact", "contains", "contained", "overlaps"]

NEARLY_ALL = 0.9
"""Share of a region from which on it counts as lying inside another one; boundaries that were
drawn or resampled twice rarely agree in the last tenth."""

_DENSE = 20_000_000  # pairs that are counted in a table; more are sorted


@dataclass(frozen=True, slots=True)
class Overlap:
    """Region ``a`` against region ``b`` of another atlas.

    ``dice`` is 2 |a and b| / (|a| + |b|), ``inside`` the share of a that lies inside b,
    ``contains`` the share of b that a contains; ``volume_mm3`` is what they share.
    """

    a: str
    b: str
    dice: float
    inside: float
    contains: float
    qualification: Qualification
    volume_mm3: float


def qualify(inside: float, contains: float) -> Qualification:
    """The word for a pair, by :data:`NEARLY_ALL`: both shares reach it, one of them, or none.

    >>> qualify(0.95, 0.92), qualify(0.2, 1.0), qualify(1.0, 0.2), qualify(0.5, 0.5)
    ('exact', 'contains', 'contained', 'overlaps')
    """
    if inside >= NEARLY_ALL and contains >= NEARLY_ALL:
        return "exact"
    if contains >= NEARLY_ALL:
        return "contains"
    return "contained" if inside >= NEARLY_ALL else "overlaps"


def overlaps(a: Atlas, b: Atlas, least: float = 0.0) -> list[Overlap]:
    """Every pair of regions that share a voxel.

    Args:
        a: an atlas of voxels or spheres.
        b: another one, in any space with a known transform to the space of ``a``.
        least: pairs of which neither share reaches this are left out.

    Returns:
        Pairs in the order of ``a.regions``, the largest shared volume first. A voxel in several
        spheres of one atlas counts for the nearest centre.

    Raises:
        Unavailable: the voxels of an atlas cannot be read.
        InvalidInput: no transform is known between the spaces.
    """
    return compare(load_body(a), load_body(b), least)


def compare(a: Body, b: Body, least: float = 0.0) -> list[Overlap]:
    """As :func:`overlaps`, of atlases whose voxels are in memory."""
    grid = common_grid(a, b)
    one, two = positions(a, grid, a.atlas.space), positions(b, grid, a.atlas.space)
    rows, columns, shared = _joint(one, two, len(b.atlas.regions))
    size_a = np.bincount(one.ravel(), minlength=len(a.atlas.regions) + 1)[1:]
    size_b = np.bincount(two.ravel(), minlength=len(b.atlas.regions) + 1)[1:]
    order = np.lexsort((columns, -shared, rows))
    found = []
    for i, j, n in zip(rows[order], columns[order], shared[order], strict=True):
        inside, contains = float(n / size_a[i]), float(n / size_b[j])
        if max(inside, contains) < least:
            continue
        dice = float(2 * n / (size_a[i] + size_b[j]))
        ids = a.atlas.regions[i].id, b.atlas.regions[j].id
        word = qualify(inside, contains)
        found.append(Overlap(*ids, dice, inside, contains, word, float(n) * grid.voxel_mm3))
    return found


def _joint(
    one: Positions, two: Positions, width: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of positions (from 0) that meet in a voxel, and in how many."""
    both = np.flatnonzero((one > 0) & (two > 0))
    key = (one.ravel()[both].astype(np.int64) - 1) * width + two.ravel()[both] - 1
    if not len(key):
        none = np.zeros(0, dtype=np.intp)
        return none, none, none
    if int(key.max()) < _DENSE:
        counts = np.bincount(key)
        pairs = np.flatnonzero(counts)
        return pairs // width, pairs % width, counts[pairs]
    pairs, counts = np.unique(key, return_counts=True)
    return pairs // width, pairs % width, counts
