"""The model library: structures of brain-like functional areas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from graph import changes
from graph.changes import Part, PutReport
from graph.gone import missing
from graph.store import Row, Store, Tx
from graph.succession import Succession

_NESTED = ("inputs", "taps", "size")


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A network's structure, without trained weights.

    ``areas`` are the functional areas it serves, ``inputs`` its input specification, ``taps``
    its tap points with their shapes (channels first), ``parameters`` their number.
    ``structure`` says in words what it is made of, ``metrics`` by what it is judged.
    """

    id: str
    name: str
    family: str
    category: str = ""
    functions: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    modality: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    taps: dict[str, list[int]] = field(default_factory=dict)
    parameters: int = 0
    size: dict[str, Any] = field(default_factory=dict)
    structure: str | None = None
    metrics: tuple[str, ...] = ()


def put(store: Store, records: Sequence[ModelRecord], *, by: str, reason: str = "") -> PutReport:
    """Create or update models and the areas they serve.

    Areas, functions and categories that others have replaced are stored as what replaced them.

    Raises:
        NotFound: an area does not exist.
    """
    return changes.put_together(store, [part(records)], by=by, reason=reason, action="put model")


def part(records: Sequence[ModelRecord]) -> Part:
    """What :func:`put` writes, to be put together with other records."""
    return Part("model", [_row(record) for record in records], _settle, relate, _check)


def _check(tx: Tx, fresh: list[Row]) -> None:
    changes.require(tx, "area", {area for row in fresh for area in row["areas"]}, "model areas")


def _settle(tx: Tx, rows: list[Row]) -> list[Row]:
    known = Succession.read(tx)
    return [
        {
            **row,
            "functions": known.all("function", row["functions"]),
            "areas": sorted(known.all("area", row["areas"])),
            "category": known.term("category", row["category"]),
        }
        for row in rows
    ]


def relate(tx: Tx, rows: list[Row]) -> None:
    """Say which areas models serve."""
    pairs = [{"id": row["id"], "area": area} for row in rows for area in row["areas"]]
    changes.run(tx, "model/serve", pairs)


def list_models(store: Store) -> list[Row]:
    """Every model in id order, with the keys of ``ModelRecord``."""
    return [_plain(row) for row in store.read("model/list")]


def get(store: Store, id: str) -> Row:
    """One model.

    Raises:
        NotFound: no such model (Gone: it was withdrawn).
    """
    rows = store.read("model/get", id=id)
    if not rows:
        raise missing(store, "model", id, "the id of a registered model")
    return _plain(rows[0])


def _row(record: ModelRecord) -> Row:
    row = asdict(record)
    row["functions"], row["areas"] = list(record.functions), sorted(record.areas)
    row["metrics"] = list(record.metrics) or None
    for name in _NESTED:
        row[name] = json.dumps(row[name], sort_keys=True)
    return row


def _plain(row: Row) -> Row:
    return {**row, **{name: json.loads(row[name] or "{}") for name in _NESTED}}
