"""Regions of one atlas that share a border, stored once for each pair."""

from __future__ import annotations

from collections.abc import Iterable

from graph import atlases, edges, regions, revisions
from graph.changes import PutReport
from graph.store import Row, Store, Tx

_QUERIES = ("neighbour/write", "neighbour/drop")


def put(
    store: Store,
    atlas: str,
    borders: Iterable[tuple[int, int, int, float]],
    *,
    by: str = "import",
    reason: str = "",
) -> PutReport:
    """Store the borders of an atlas; what was stored of it is replaced.

    Args:
        store: the open graph.
        atlas: id of an atlas of voxels.
        borders: (label, label, shared faces, area in mm2) as ``atlas.region_statistics`` gives
            them, each pair once. Labels that are no region of the atlas are left out.
        by: who is named in the history.
        reason: why.

    Raises:
        NotFound: no such atlas.
    """
    atlases.get(store, atlas)
    known = {region.label: region.id for region in regions.of_atlas(store, atlas)}
    wanted: list[Row] = []
    for one, two, _, area in borders:
        if str(one) in known and str(two) in known:
            a, b = sorted((known[str(one)], known[str(two)]))
            wanted.append({"a": a, "b": b, "area_mm2": float(area)})

    def work(tx: Tx) -> PutReport:
        revisions.hold(tx)
        stored = tx.run("neighbour/of_atlas", atlas=atlas)
        about = {"atlas": atlas}
        return edges.replace(tx, _QUERIES, stored, wanted, by=by, reason=reason, about=about)[0]

    return store.transaction(work)


def list_neighbours(store: Store, region: str) -> list[Row]:
    """Regions that share a border with one, the largest border first: id, name, area_mm2."""
    return store.read("neighbour/of_region", id=region)
