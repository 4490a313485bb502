"""Brain-like functional areas and the functions they realize."""

from __future__ import annotations

from collections.abc import Sequence

from atlas.model import Area
from graph import changes
from graph.changes import Part, PutReport
from graph.store import Row, Store, Tx
from graph.succession import Succession, settled


def put(store: Store, areas: Sequence[Area], *, by: str = "import", reason: str = "") -> PutReport:
    """Create or update areas, their place in the tree and what they realize.

    Areas that people have edited, deprecated or replaced stay as they are.

    Raises:
        NotFound: a parent area or a realized function does not exist.
    """
    return changes.put_together(store, [part(areas)], by=by, reason=reason, action="put area")


def part(areas: Sequence[Area]) -> Part:
    """What :func:`put` writes, to be put together with other records."""
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
    return Part("area", rows, _settle, relate, _require_references)


def _settle(tx: Tx, rows: list[Row]) -> list[Row]:
    known = Succession.read(tx)
    named = [{**row, "realizes": sorted(known.all("function", row["realizes"]))} for row in rows]
    return settled(tx, "area", named)


def _require_references(tx: Tx, fresh: list[Row]) -> None:
    outside = {row["parent"] for row in fresh if row["parent"]} - {row["id"] for row in fresh}
    changes.require(tx, "area", outside, "area parent")
    realized = {function for row in fresh for function in row["realizes"]}
    changes.require(tx, "function", realized, "area realizes")


def relate(tx: Tx, rows: list[Row]) -> None:
    """Hang areas under their parents, and say what they realize."""
    parents = [{"id": row["id"], "parent": row["parent"]} for row in rows if row["parent"]]
    changes.run(tx, "area/parents", parents)
    pairs = [{"id": row["id"], "function": f} for row in rows for f in row["realizes"]]
    changes.run(tx, "area/realize", pairs)


def list_areas(store: Store, *, replaced: bool = False) -> list[Row]:
    """Every area in id order; with ``replaced`` also those that others replaced.

    Rows: id, name, modality, parent, realizes (function ids), status (active or deprecated),
    replaced_by.
    """
    return store.read("area/list", replaced=replaced)
