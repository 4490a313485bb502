"""Brain-like functional areas and the functions they realize."""

from __future__ import annotations

from collections.abc import Sequence

from atlas.model import Area
from graph import changes
from graph.changes import PutReport
from graph.store import Row, Store, Tx


def put(store: Store, areas: Sequence[Area], *, by: str = "import", reason: str = "") -> PutReport:
    """Create or update areas, their place in the tree and what they realize.

    Raises:
        NotFound: a parent area or a realized function does not exist.
    """
    own = {area.id for area in areas}
    rows = [
        {
            "id": area.id,
            "name": area.name,
            "modality": area.modality,
            "parent": area.parent,
            "realizes": sorted(area.realizes),
        }
        for area in areas
    ]

    def check(tx: Tx, fresh: list[Row]) -> None:
        outside = {row["parent"] for row in fresh if row["parent"] and row["parent"] not in own}
        changes.require(tx, "area", outside, "area parent")
        realized = {function for row in fresh for function in row["realizes"]}
        changes.require(tx, "function", realized, "area realizes")

    return changes.put(store, "area", rows, by=by, reason=reason, check=check, relate=relate)


def relate(tx: Tx, rows: list[Row]) -> None:
    """Hang areas under their parents, and say what they realize."""
    parents = [{"id": row["id"], "parent": row["parent"]} for row in rows if row["parent"]]
    changes.run(tx, "area/parents", parents)
    pairs = [{"id": row["id"], "function": f} for row in rows for f in row["realizes"]]
    changes.run(tx, "area/realize", pairs)


def list_areas(store: Store) -> list[Row]:
    """Every area in id order: id, name, modality, parent, realizes (function ids)."""
    return store.read("area/list")
