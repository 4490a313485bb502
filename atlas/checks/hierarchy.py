"""Is the hierarchy a tree, and do children lie in their parents?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from atlas.checks.candidate import RegionRow
from atlas.checks.facts import Facts, title
from atlas.checks.report import Finding, found
from atlas.label_volume import LabelVolume

INSIDE = 0.5
"""Share of a child's voxels that its parent has to hold."""


def check_hierarchy(facts: Facts) -> Iterator[Finding]:
    """Cycles, parents that are not there, regions beside the tree, children outside parents.

    A parent is an id or a name of the same table, or ``atlas:label`` of a coarser atlas.
    """
    children = [row for row in facts.rows if row.parent.strip()]
    if not children:
        return
    names = {row.name.strip(): row for row in facts.rows}
    ids = {row.id.strip(): row for row in facts.rows}
    known = {**names, **ids}
    cycles = [title(row) for row in children if _cycles(row, known)]
    hint = "follow the parents: they come back to the region itself"
    yield from found("error", "HIERARCHY_CYCLE", cycles, hint)
    orphans = [
        f"{title(row)} of {row.parent}" for row in children if not _is_there(facts, row, known)
    ]
    hint = "the parent is neither a row of the table nor a region of a level that came with it"
    yield from found("error", "HIERARCHY_ORPHAN", orphans, hint)
    yield from _rootless(facts)
    yield from _outside(facts, children)


def _cycles(row: RegionRow, known: Mapping[str, RegionRow]) -> bool:
    seen = {id(row)}
    above = known.get(row.parent.strip())
    while above is not None:
        if above is row:
            return True
        if id(above) in seen:
            return False  # a cycle further up, which its own members report
        seen.add(id(above))
        above = known.get(above.parent.strip())
    return False


def _is_there(facts: Facts, row: RegionRow, known: Mapping[str, RegionRow]) -> bool:
    parent = row.parent.strip()
    if parent in known:
        return True
    level, _, label = parent.rpartition(":")
    if level not in facts.candidate.levels:
        return False
    volume = facts.candidate.parents.get(level)
    return volume is None or (label.isdecimal() and int(label) in volume.counts)


def _rootless(facts: Facts) -> Iterator[Finding]:
    """Regions without a parent, where parents are of another level and so all should have one."""
    if not any(row.parent.rpartition(":")[0] in facts.candidate.levels for row in facts.rows):
        return
    alone = [title(row) for row in facts.rows if not row.parent.strip()]
    hint = "answers one level up leave them out"
    yield from found("warning", "HIERARCHY_WITHOUT_PARENT", alone, hint)


def _outside(facts: Facts, children: list[RegionRow]) -> Iterator[Finding]:
    volume = facts.candidate.volume
    if volume is None:
        return
    cases = []
    for level, parents in facts.candidate.parents.items():
        rows = [row for row in children if row.parent.rpartition(":")[0] == level]
        shares = _shares_inside(volume, parents, rows)
        cases += [
            f"{title(row)}: {share:.0%} in {row.parent}"
            for row, share in zip(rows, shares, strict=True)
            if share < INSIDE
        ]
    hint = f"less than {INSIDE:.0%} of the child's voxels lie in its parent"
    yield from found("warning", "OUTSIDE_PARENT", cases, hint)


def _shares_inside(volume: LabelVolume, parents: LabelVolume, rows: list[RegionRow]) -> list[float]:
    """Share of each row's voxels whose centre carries its parent's label."""
    voxels = np.argwhere(volume.labels > 0)
    own = volume.labels[tuple(voxels.T)]
    carry = np.linalg.inv(parents.affine) @ volume.affine
    there = np.floor(voxels @ carry[:3, :3].T + carry[:3, 3] + 0.5).astype(np.intp)
    in_grid = ((there >= 0) & (there < parents.shape)).all(axis=1)
    above = np.zeros(len(own), dtype=np.int32)
    above[in_grid] = parents.labels[tuple(there[in_grid].T)]
    shares = []
    for row in rows:
        label = row.parent.rpartition(":")[2]
        mine = own == row.label
        is_in = above[mine] == (int(label) if label.isdecimal() else -1)
        shares.append(float(is_in.mean()) if is_in.size else 1.0)
    return shares
