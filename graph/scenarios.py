"""Scenarios: stored activations, and the regions they were found to activate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from atlas.activation import Peak, Scenario
from atlas.errors import InvalidInput, NotFound
from graph import changes
from graph.changes import PutReport
from graph.store import Row, Store, Tx
from graph.succession import Succession


def put(
    store: Store,
    scenario: Scenario,
    activates: Mapping[str, float],
    *,
    by: str,
    reason: str = "",
) -> PutReport:
    """Create or update a scenario with the regions it activates (strength in (0, 1]).

    Raises:
        InvalidInput: a strength outside (0, 1].
        NotFound: a region does not exist.
    """
    for region, strength in activates.items():
        if not 0.0 < strength <= 1.0:
            raise InvalidInput(f"strength of {region}", found=strength, expected="(0, 1]")
    row = _row(scenario)
    row["activates"] = dict(sorted(activates.items()))

    def check(tx: Tx, fresh: list[Row]) -> None:
        changes.require(tx, "region", set(activates), "scenario region")

    return changes.put(
        store, "scenario", [row], by=by, reason=reason, settle=_settle, check=check, relate=relate
    )


def _settle(tx: Tx, rows: list[Row]) -> list[Row]:
    known = Succession.read(tx)
    return [
        {**row, "dataset": row["dataset"] and known.only("dataset", row["dataset"])} for row in rows
    ]


def relate(tx: Tx, rows: list[Row]) -> None:
    """Say which regions scenarios activate."""
    pairs = [
        {"id": row["id"], "region": region, "strength": float(strength)}
        for row in rows
        for region, strength in row["activates"].items()
    ]
    changes.run(tx, "scenario/activate", pairs)


def list_scenarios(store: Store) -> list[Scenario]:
    """Every scenario, in id order."""
    return [_scenario(row) for row in store.read("scenario/list")]


def get(store: Store, id: str) -> Scenario:
    """One scenario.

    Raises:
        NotFound: names the scenarios there are.
    """
    rows = store.read("scenario/get", id=id)
    if not rows:
        known = ", ".join(one.id for one in list_scenarios(store)) or "none is stored yet"
        raise NotFound("scenario", found=id, expected=f"one of: {known}")
    return _scenario(rows[0])


def activates(store: Store, id: str) -> list[Row]:
    """Regions of a scenario, strongest first: region, name, strength."""
    return store.read("scenario/activates", id=id)


def _row(scenario: Scenario) -> Row:
    row = asdict(scenario)
    row["peaks"] = json.dumps(row["peaks"], sort_keys=True)
    row["regions"] = list(scenario.regions)
    return row


def _scenario(row: Row) -> Scenario:
    peaks = tuple(Peak(**peak) for peak in json.loads(row["peaks"]))
    return Scenario(**{**row, "peaks": peaks, "regions": tuple(row["regions"] or ())})
