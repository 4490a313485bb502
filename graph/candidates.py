"""A stored atlas as a candidate, so that it is judged like one that is brought in."""

from __future__ import annotations

from atlas.checks.candidate import Candidate, RegionRow
from atlas.checks.check import check
from atlas.checks.report import CheckReport
from atlas.model import Region, Source
from graph import atlases, regions, volumes
from graph.store import Store


def check_stored(store: Store, atlas: str) -> CheckReport:
    """Judge an atlas of the graph, with its voxels where it has some.

    Errors that were accepted when it was brought in are found again: the facts stay.

    Raises:
        NotFound: no such atlas, or its voxels are not in the data directory.
    """
    return check(stored_candidate(store, atlas))


def stored_candidate(store: Store, atlas: str) -> Candidate:
    """An atlas of the graph as :func:`atlas.checks.check.check` takes it.

    What only its files could tell (raw voxel values, the header) is not known any more and not
    judged. Parents that are regions of other stored atlases bring the voxels of those along.
    """
    row = atlases.get(store, atlas)
    parts = regions.of_atlas(store, atlas)
    known = {one["id"]: one for one in atlases.list_atlases(store)}
    levels = dict.fromkeys(part.parent.rpartition(":")[0] for part in parts if part.parent)
    above = [known[level] for level in levels if level in known and level != atlas]
    voxels = volumes.stored(store, row)
    coarser = {one["id"]: volumes.stored(store, one) for one in above}
    return Candidate(
        id=row["id"],
        name=row["name"],
        space=row["space"],
        source=Source(
            row["source"], row["name"], licence=row["licence"] or "", citation=row["citation"] or ""
        ),
        template=row["template"] or "",
        volume=voxels.load() if voxels else None,
        rows=tuple(_row(part, atlas) for part in parts),
        header_space=row["space"],
        levels=tuple(one["id"] for one in above),
        parents={id: volume.load() for id, volume in coarser.items() if volume},
    )


def _row(region: Region, atlas: str) -> RegionRow:
    return RegionRow(
        id=region.label,
        name=region.name,
        hemisphere=region.hemisphere,
        x=region.x,
        y=region.y,
        z=region.z,
        radius_mm=region.radius_mm,
        network=region.network,
        parent=region.parent.removeprefix(f"{atlas}:"),
    )
