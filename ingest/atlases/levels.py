"""Hierarchies: every level an atlas of its own, its regions the parents of the finer one's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from atlas.checks.candidate import Candidate, RegionRow
from atlas.errors import InvalidInput
from atlas.hemispheres import hemisphere_of
from atlas.label_volume import LabelVolume

Group = tuple[str, str]
"""Name and hemisphere of a region of a coarser level."""


def with_levels(candidate: Candidate, levels: Sequence[str]) -> tuple[Candidate, ...]:
    """Make an atlas of every level: regions of one name and hemisphere become one region.

    A level is numbered from 1 in the order in which its regions first appear, and is called
    ``<id>-<level>``. Parents point to the next coarser level: that of most of the voxels.

    Args:
        candidate: the finest level, with a volume.
        levels: columns of its table, finest first (``["gyrus", "lobe"]``).

    Returns:
        The levels, coarsest first, then the candidate with its parents: in the order in which
        they can be written.

    Raises:
        InvalidInput: no volume, or a column that is not there or empty somewhere.
    """
    if not levels:
        return (candidate,)
    if candidate.volume is None:
        hint = "several spheres are no sphere"
        raise InvalidInput("levels", found="coordinates", expected="a volume", hint=hint)
    made = [candidate, *(_level(candidate, level) for level in levels)]
    written = made[-1:]
    for finer, coarser in reversed(list(pairwise(made))):
        assert coarser.volume is not None
        written.append(child_of(finer, coarser.id, coarser.volume))
    return tuple(written)


def level_id(atlas: str, level: str) -> str:
    """Id of a level of an atlas.

    >>> level_id("brainnetome246", "Gyrus")
    'brainnetome246-gyrus'
    """
    return f"{atlas}-{level.strip().lower().replace(' ', '-')}"


def child_of(candidate: Candidate, parent: str, volume: LabelVolume) -> Candidate:
    """Give every region the region of a coarser atlas that holds most of its voxels.

    A region without a voxel in the coarser atlas gets no parent. The two grids may differ: the
    centre of each voxel is looked up.

    Raises:
        InvalidInput: the candidate has no volume.
    """
    if candidate.volume is None:
        raise InvalidInput("child-of", found="coordinates", expected="a volume")
    most = largest_overlap(candidate.volume, volume)
    rows = [
        replace(row, parent=f"{parent}:{most[label]}") if (label := row.label) in most else row
        for row in candidate.rows
    ]
    return replace(
        candidate,
        rows=tuple(rows),
        levels=(*candidate.levels, parent),
        parents={**candidate.parents, parent: volume},
    )


def largest_overlap(fine: LabelVolume, coarse: LabelVolume) -> dict[int, int]:
    """For each label of ``fine`` the label of ``coarse`` with most of its voxel centres in it.

    >>> fine = LabelVolume(np.array([[[1, 1, 2, 0]]], dtype=np.int32), np.eye(4))
    >>> coarse = LabelVolume(np.array([[[7, 7, 0, 7]]], dtype=np.int32), np.eye(4))
    >>> largest_overlap(fine, coarse)
    {1: 7}
    """
    places = np.argwhere(fine.labels)
    steps = np.linalg.inv(coarse.affine) @ fine.affine
    there = np.rint(places @ steps[:3, :3].T + steps[:3, 3]).astype(np.intp)
    inside = np.all((there >= 0) & (there < coarse.shape), axis=1)
    own = fine.labels[tuple(places[inside].T)]
    other = coarse.labels[tuple(there[inside].T)]
    return _most(own[other > 0], other[other > 0])


def _most(own: NDArray[np.int32], other: NDArray[np.int32]) -> dict[int, int]:
    width = int(other.max(initial=0)) + 1
    pairs, counts = np.unique(own.astype(np.int64) * width + other, return_counts=True)
    order = np.argsort(counts, kind="stable")  # the most frequent is set last
    return {int(pair // width): int(pair % width) for pair in pairs[order]}


def _level(candidate: Candidate, level: str) -> Candidate:
    """One level, made from the regions of the finest."""
    assert candidate.volume is not None
    groups: dict[Group, int] = {}
    table = np.zeros(max(candidate.volume.counts, default=0) + 1, dtype=np.int32)
    for row in candidate.rows:
        if row.label is not None and row.label in candidate.volume.counts:
            group = (_cell(row, level), hemisphere_of(row.name, row.hemisphere))
            table[row.label] = groups.setdefault(group, len(groups) + 1)
    times = Counter(name for name, _ in groups)
    rows = tuple(
        RegionRow(
            id=str(label),
            name=name if times[name] == 1 else f"{name} {side}",
            hemisphere=side,
            extra={"abbreviation": name.split(",")[0]} if "," in name else {},
        )
        for (name, side), label in groups.items()
    )
    own, title = level_id(candidate.id, level), f"{candidate.name}, {level}"
    return replace(
        candidate,
        id=own,
        name=title,
        source=replace(candidate.source, id=own, name=title),
        volume=LabelVolume(table[candidate.volume.labels], candidate.volume.affine),
        rows=rows,
        probabilities=None,  # of a union they are not known; its border is that of the regions
    )


def _cell(row: RegionRow, level: str) -> str:
    text = row.extra.get(level, "").strip()
    if not text:
        known = ", ".join(row.extra) or "none"
        found = f"nothing for {row.name!r}"
        raise InvalidInput(f"levels.{level}", found=found, expected=f"one of: {known}")
    return text
