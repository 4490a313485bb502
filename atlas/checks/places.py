"""Are the coordinates millimetres, and in a head?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from atlas.checks.facts import Facts, title
from atlas.checks.report import Finding, found

BRAIN_MM = np.array([[-80.0, 80.0], [-115.0, 82.0], [-80.0, 92.0]])
"""The MNI152 brain with 8 mm around it; Talairach's is smaller and lies within."""

METRES = 0.2
CENTIMETRES = 13.0
FEW = 10
"""With fewer rows a unit is not guessed at."""

ELSEWHERE_MM = 15.0
"""A table's coordinate this far from the centroid of its voxels means another region."""


def check_places(facts: Facts) -> Iterator[Finding]:
    """Missing coordinates, units, the head's box, and table against voxels."""
    if facts.candidate.volume is None:
        with_centre = {id(row) for row, _ in facts.centres}
        missing = [title(row) for row in facts.rows if id(row) not in with_centre]
        hint = "x, y and z have to be numbers in mm"
        yield from found("error", "COORDINATES_MISSING", missing, hint)
    if not facts.centres:
        return
    xyz = np.array([centre for _, centre in facts.centres])
    unit = _unit(xyz)
    if unit:
        examples = [f"{title(row)} {_mm(c)}" for row, c in facts.centres]
        yield from found("error", "WRONG_UNIT", examples, f"they look like {unit}; give mm")
        return
    outside = np.any((xyz < BRAIN_MM[:, 0]) | (xyz > BRAIN_MM[:, 1]), axis=1)
    cases = [
        f"{title(row)} {_mm(centre)}"
        for (row, centre), out in zip(facts.centres, outside, strict=True)
        if out
    ]
    hint = "no brain in MNI or Talairach space reaches there: look at affine, units and columns"
    yield from found("error", "OUTSIDE_HEAD", cases, hint)
    yield from _elsewhere(facts)


def _unit(xyz: NDArray[np.float64]) -> str:
    """What the coordinates are when they are no millimetres, or nothing."""
    if np.abs(xyz).max() <= METRES and np.ptp(xyz) > 0:
        return "metres"
    if len(xyz) < FEW:
        return ""
    if xyz.min() >= 0 and (xyz == np.round(xyz)).all():
        return "voxel indices"
    wide = np.ptp(xyz, axis=0).min() > 4  # no small structure in the middle of the brain
    return "centimetres" if wide and np.abs(xyz).max() <= CENTIMETRES else ""


def _elsewhere(facts: Facts) -> Iterator[Finding]:
    if facts.candidate.volume is None:
        return
    cases = []
    for row, centre in facts.centres:
        if row.xyz is None:
            continue
        gap = float(np.linalg.norm(np.subtract(row.xyz, centre)))
        if gap > ELSEWHERE_MM:
            cases.append(f"{title(row)}: {gap:.0f} mm apart")
    hint = "the table's coordinates lie elsewhere than the voxels: are its rows shifted?"
    yield from found("warning", "COORDINATES_ELSEWHERE", cases, hint)


def _mm(centre: tuple[float, float, float]) -> str:
    return "(" + ", ".join(f"{value:.3g}" for value in centre) + ")"
