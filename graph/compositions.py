"""Compositions: networks that were found for an activation, and why."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from atlas.errors import NotFound
from graph import changes
from graph.changes import PutReport
from graph.pages import check_limit, page
from graph.store import Row, Store, Tx

_NESTED = ("request", "plan", "spec", "validation", "test", "history")


@dataclass(frozen=True, slots=True)
class CompositionRecord:
    """A composed network.

    ``request`` is what was asked for (activation, data set, search), ``plan`` what follows from
    it, with the active regions under ``active``. ``uses`` is ``[{slot, checkpoint, taps}]``;
    ``validation`` and ``test`` are ``{name: metric}``; ``history`` lists the trials of the search;
    ``trials`` is their number.
    """

    id: str
    scenario: str | None
    plan: dict[str, Any]
    spec: dict[str, Any]
    uses: list[dict[str, Any]]
    weights_sha256: str
    validation: dict[str, float] = field(default_factory=dict)
    test: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    trials: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    request: dict[str, Any] = field(default_factory=dict)
    created_by: str = ""


def put(store: Store, record: CompositionRecord, *, by: str, reason: str = "") -> PutReport:
    """Store a composition with its checkpoints and scenario.

    Raises:
        NotFound: a checkpoint or the scenario does not exist.
    """
    row = asdict(record)
    row["uses"].sort(key=lambda use: str(use["slot"]))  # as they are read back
    for name in _NESTED:
        row[name] = json.dumps(row[name], sort_keys=True)

    def check(tx: Tx, fresh: list[Row]) -> None:
        used = {str(use["checkpoint"]) for use in record.uses}
        changes.require(tx, "checkpoint", used, "composition checkpoint")
        if record.scenario:
            changes.require(tx, "scenario", {record.scenario}, "composition scenario")

    return changes.put(
        store, "composition", [row], by=by, reason=reason, check=check, relate=relate
    )


def relate(tx: Tx, rows: list[Row]) -> None:
    """Tie compositions to their checkpoints and scenarios."""
    uses = [
        {"id": row["id"], **use, "taps": list(use["taps"])} for row in rows for use in row["uses"]
    ]
    changes.run(tx, "composition/use", uses)
    known = [row for row in rows if row["scenario"]]
    changes.run(
        tx,
        "composition/serve",
        [{"id": row["id"], "scenario": row["scenario"]} for row in known],
    )


def get(store: Store, id: str) -> Row:
    """One composition, with the keys of ``CompositionRecord`` and created_at.

    ``uses`` also names each checkpoint's model.

    Raises:
        NotFound: no such composition.
    """
    rows = store.read("composition/get", id=id)
    if not rows:
        raise NotFound("composition", found=id, expected="the id of a stored composition")
    row = rows[0]
    for name in _NESTED:
        row[name] = json.loads(row[name])
    row["uses"] = store.read("composition/uses", id=id)
    return row


def list_compositions(
    store: Store, limit: int = 50, after: str | None = None
) -> tuple[list[Row], str | None]:
    """Compositions in id order, page by page, without their plans and histories."""
    check_limit(limit)
    rows = store.read("composition/list", after=after or "", limit=limit + 1)
    for row in rows:
        row["validation"] = json.loads(row["validation"])
        row["test"] = json.loads(row["test"])
    return page(rows, limit)


def chain(store: Store, composition_id: str, limit: int = 20) -> list[Row]:
    """Why the network has its parts: region → claim → function → area → model → composition.

    Args:
        store: the open graph.
        composition_id: the composition to explain.
        limit: rows at most, the strongest evidence first.

    Returns:
        Rows region, region_name, strength, claim, source, weight, function, area, slot, model,
        checkpoint, composition; for the regions that were active when it was planned.
    """
    check_limit(limit)
    active = get(store, composition_id)["plan"].get("active", {})
    items = [{"region": region, "strength": strength} for region, strength in active.items()]
    return store.read("composition/chain", id=composition_id, active=items, limit=limit)
