"""From a candidate that passed its checks to the atlas that is stored."""

from __future__ import annotations

import math
from dataclasses import replace

from atlas.checks.candidate import Candidate, RegionRow
from atlas.hemispheres import hemisphere_of
from atlas.model import Atlas, AtlasKind, Hemisphere, Region
from atlas.region_statistics import RegionStatistics, region_statistics
from atlas.volume_store import StoredVolume

BOTH_SIDES = 0.2
"""Least share of a region's voxels on its smaller side for it to be bilateral."""


def to_atlas(
    candidate: Candidate, volume: StoredVolume | None, accepted: tuple[str, ...], version: str = ""
) -> Atlas:
    """Make the atlas: places and measures from the voxels, names and parents from the table.

    Of labels with several rows the first counts; rows without voxels are left out; a label
    without a row is called ``label 7``. (The checks have said so, and it was accepted.)

    Args:
        candidate: the judged material.
        volume: where its voxels are kept; None for coordinates.
        accepted: codes of the errors that were accepted, kept with the source.
        version: what its owner calls this version.
    """
    return Atlas(
        id=candidate.id,
        name=candidate.name,
        space=candidate.space,
        source=replace(candidate.source, accepted=accepted),
        version=version,
        template=candidate.template,
        kind=_kind(candidate),
        regions=_spheres(candidate) if candidate.volume is None else _parcels(candidate),
        volume=volume,
    )


def _kind(candidate: Candidate) -> AtlasKind:
    if candidate.probabilities is not None:
        return "probabilistic"
    return "spheres" if candidate.volume is None else "labels"


def _spheres(candidate: Candidate) -> tuple[Region, ...]:
    regions: dict[str, Region] = {}
    for row in candidate.rows:
        label = row.id.strip() if row.label is None else str(row.label)
        if row.xyz is None or not row.radius_mm or label in regions:
            continue
        side = hemisphere_of(row.name, row.hemisphere)
        if side == "unknown":
            middle = abs(row.xyz[0]) <= row.radius_mm / 2
            side = "midline" if middle else "left" if row.xyz[0] < 0 else "right"
        regions[label] = Region(
            f"{candidate.id}:{label}",
            label,
            row.name.strip() or f"region {label}",
            side,
            *row.xyz,
            abbreviation=row.extra.get("abbreviation", ""),
            volume_mm3=round(4 / 3 * math.pi * row.radius_mm**3, 1),
            radius_mm=row.radius_mm,
            network=row.network.strip(),
            parent=_parent(candidate, row),
        )
    return tuple(regions.values())


def _parcels(candidate: Candidate) -> tuple[Region, ...]:
    assert candidate.volume is not None
    rows: dict[int, RegionRow] = {}
    for row in candidate.rows:
        if row.label is not None:
            rows.setdefault(row.label, row)
    statistics = region_statistics(candidate.volume)
    return tuple(
        _parcel(candidate, rows.get(label, RegionRow(str(label))), label, found)
        for label, found in statistics.items()
    )


def _parcel(candidate: Candidate, row: RegionRow, label: int, found: RegionStatistics) -> Region:
    side = hemisphere_of(row.name, row.hemisphere)
    return Region(
        f"{candidate.id}:{label}",
        str(label),
        row.name.strip() or f"label {label}",
        _side(found.left) if side == "unknown" else side,
        *found.medoid,
        abbreviation=row.extra.get("abbreviation", ""),
        volume_mm3=found.volume_mm3,
        network=row.network.strip(),
        parent=_parent(candidate, row),
        centroid=found.centroid,
        bounds=found.bounds,
        surface_mm2=found.surface_mm2,
    )


def _parent(candidate: Candidate, row: RegionRow) -> str:
    """Id of the region one level up; a parent in the same table is named by id or by name."""
    parent = row.parent.strip()
    if not parent or parent.rpartition(":")[0] in candidate.levels:
        return parent
    for other in candidate.rows:
        if parent in (other.id.strip(), other.name.strip()):
            return f"{candidate.id}:{other.id.strip() if other.label is None else other.label}"
    return ""


def _side(left: float) -> Hemisphere:
    """Where the voxels lie, if neither name nor table says it."""
    if min(left, 1 - left) >= BOTH_SIDES:
        return "bilateral"
    return "left" if left > 0.5 else "right"
