"""Candidates that the tests build themselves, and those of the real data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from atlas.checks.candidate import Candidate, RegionRow
from atlas.label_volume import LabelVolume
from atlas.model import Source
from ingest.atlases.candidates import Description, read_candidate
from tests.data_dir import BRAIN

SOURCE = Source("toy", "Toy", licence="CC0", citation="Somebody 2020")
GRID = np.array([[2.0, 0, 0, -90], [0, 2.0, 0, -126], [0, 0, 2.0, -72], [0, 0, 0, 1]])
"""MNI152NLin6Asym at 2 mm, x rising."""


def table(*rows: RegionRow, space: str = "MNI152") -> Candidate:
    return Candidate("toy", "Toy", space, SOURCE, rows=rows)


def sphere(
    id: str, name: str, x: float, y: float = -20.0, z: float = 10.0, r: float = 5.0
) -> RegionRow:
    return RegionRow(id, name, x=x, y=y, z=z, radius_mm=r)


def blocks(
    places: Iterable[tuple[int, Sequence[float]]],
    names: dict[int, str],
    half: int = 2,
    shape: tuple[int, int, int] = (91, 109, 91),
) -> Candidate:
    """A 2 mm volume of cubes of ``2 half + 1`` voxels around places in mm."""
    labels = np.zeros(shape, dtype=np.int32)
    for label, xyz in places:
        i, j, k = np.round(np.linalg.inv(GRID)[:3] @ [*xyz, 1.0]).astype(int)
        box = tuple(slice(n - half, n + half + 1) for n in (i, j, k))
        labels[box] = label
    rows = tuple(RegionRow(str(label), name) for label, name in names.items())
    return Candidate(
        "toy", "Toy", "MNI152NLin6Asym", SOURCE, volume=LabelVolume(labels, GRID), rows=rows
    )


def good() -> Candidate:
    """Two cubes, one on each side, and nothing to complain about."""
    places = [(1, (-40, -20, 10)), (2, (40, -20, 10))]
    return replace(blocks(places, {1: "Left A", 2: "Right A"}), header_space="mni")


def real(folder: str, volume: str, rows: str, space: str) -> Candidate:
    """A candidate read from the shared data; ``volume`` is empty for coordinate tables."""
    here = BRAIN / folder
    said = Description(space=space, licence="as published", citation="as published")
    if not volume:
        return read_candidate(here / rows, None, said).candidate
    return read_candidate(here / volume, here / rows, said).candidate


def flipped(candidate: Candidate) -> Candidate:
    """The same atlas with left and right swapped in its names and its hemisphere column."""
    other = {"L": "R", "R": "L", "left": "right", "right": "left", "Left": "Right"}
    other |= {"Right": "Left", "LH": "RH", "RH": "LH", "lh": "rh", "rh": "lh"}
    rows = tuple(
        replace(
            row,
            name="".join(other.get(part, part) for part in re.split(r"([^A-Za-z0-9]+)", row.name)),
            hemisphere=other.get(row.hemisphere, row.hemisphere),
        )
        for row in candidate.rows
    )
    return replace(candidate, rows=rows)
