"""Trained weights, named by the sha256 of their file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from atlas.errors import Conflict, InvalidInput
from graph import changes, content
from graph.changes import Part, PutReport
from graph.gone import missing, require
from graph.store import Row, Store, Tx
from graph.succession import Succession

EDITABLE = (
    *("dataset", "optimizer", "platform", "metric", "value"),
    *("licence", "origin", "trained_by", "derived_from"),
)
"""What people may change of a record, name by name of :class:`CheckpointRecord`."""


@dataclass(frozen=True, slots=True)
class CheckpointRecord:
    """Weights of one model, trained on one data set; ``bytes`` is the size of the file.

    ``metric`` names what ``value`` measures (``validation accuracy``); ``derived_from`` is the
    checkpoint that training started from. A record that is stated without a file has 0 bytes,
    one that nobody measured has no value. ``origin`` says where the file was published.
    """

    sha256: str
    model: str
    dataset: str
    optimizer: str
    platform: str
    metric: str
    value: float | None
    bytes: int
    hyper: dict[str, Any] = field(default_factory=dict)
    derived_from: str | None = None
    seed: int = 0
    licence: str | None = None
    origin: str | None = None
    trained_by: str | None = None


def put(
    store: Store,
    records: Sequence[CheckpointRecord] | CheckpointRecord,
    *,
    by: str,
    reason: str = "",
) -> PutReport:
    """Create or update checkpoints.

    A data set, optimizer or platform that another has replaced is stored as that other.

    Raises:
        NotFound: a model, data set or parent checkpoint does not exist.
        InvalidInput: weights would descend from themselves.
    """
    if isinstance(records, CheckpointRecord):
        records = [records]
    action = "put checkpoint"
    return changes.put_together(store, [part(records)], by=by, reason=reason, action=action)


def part(records: Sequence[CheckpointRecord]) -> Part:
    """What :func:`put` writes, to be put together with other records."""
    return Part("checkpoint", [_row(record) for record in records], settle, relate, check)


def new_part(records: Sequence[CheckpointRecord]) -> Part:
    """As :func:`part`, for weights that come in: a record that is there stays as it is.

    The part raises Conflict where one says otherwise; what is left out (None, an empty text, the
    metric of no value) says nothing.
    """
    return Part("checkpoint", [_row(record) for record in records], _agreed, relate, check)


def _agreed(tx: Tx, rows: list[Row]) -> list[Row]:
    rows = settle(tx, rows)
    there = {row["id"]: row for row in content.read(tx, "checkpoint", [row["id"] for row in rows])}
    for row in rows:
        if row["id"] in there:
            _refuse_other(there[row["id"]], row)
    return [there.get(row["id"], row) for row in rows]


def _refuse_other(there: Row, new: Row) -> None:
    unsaid = ("metric",) if new["value"] is None else ()
    other = [
        name
        for name in ("model", *EDITABLE)
        if name not in unsaid and new[name] not in (None, "", there[name])
    ]
    if not other:
        return
    digest = changes.digest_of(there)
    way = f"edit the record, whose digest is {digest}: PATCH with If-Match, or models edit"
    raise Conflict(
        f"checkpoint {new['id']}: {', '.join(other)}",
        found=", ".join(repr(new[name]) for name in other),
        expected=", ".join(repr(there[name]) for name in other) + ", as it is recorded",
        hint="withdraw the record first" if "model" in other else way,
    )


def check(tx: Tx, fresh: list[Row]) -> None:
    """Refuse records that refer to what is not there, or to themselves.

    Raises:
        NotFound: a model, data set or parent. InvalidInput: weights that descend from themselves.
    """
    changes.require(tx, "model", {row["model"] for row in fresh}, "checkpoint model")
    changes.require(tx, "dataset", {row["dataset"] for row in fresh}, "checkpoint dataset")
    own = {row["id"] for row in fresh}
    parents = {row["derived_from"] for row in fresh if row["derived_from"]} - own
    changes.require(tx, "checkpoint", parents, "checkpoint derived_from")
    if any(row["derived_from"] for row in fresh):
        _check_descent(tx, fresh)


def _check_descent(tx: Tx, fresh: list[Row]) -> None:
    """Refuse weights that descend from themselves: none of them could be withdrawn again."""
    stored = tx.run("checkpoint/list", model=None, dataset=None)
    parents = {row["sha256"]: row["derived_from"] for row in stored}
    parents |= {row["id"]: row["derived_from"] for row in fresh}
    for row in fresh:
        above, seen = row["derived_from"], {row["id"]}
        while above and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above:
            expected = "weights that do not come from these"
            raise InvalidInput("checkpoint derived_from", found=above, expected=expected)


def settle(tx: Tx, rows: list[Row]) -> list[Row]:
    """Name what has taken the place of a data set, optimizer or platform."""
    known = Succession.read(tx)
    return [
        {
            **row,
            "dataset": known.only("dataset", row["dataset"]),
            **{name: known.term(name, row[name]) for name in ("optimizer", "platform")},
        }
        for row in rows
    ]


def relate(tx: Tx, rows: list[Row]) -> None:
    """Tie checkpoints to those that their training started from."""
    children = [row for row in rows if row["derived_from"]]
    pairs = [{"id": row["id"], "parent": row["derived_from"]} for row in children]
    changes.run(tx, "checkpoint/derive", pairs)


def list_checkpoints(
    store: Store, model: str | None = None, dataset: str | None = None
) -> list[Row]:
    """Checkpoints by sha256: the keys of ``CheckpointRecord``, and the record's ``digest``.

    Raises:
        NotFound: a model or data set that is not in the graph.
    """
    rows = store.read("checkpoint/list", model=model, dataset=dataset)
    if not rows:
        require(store, model=model, dataset=dataset)
    return [_plain(row) for row in rows]


def get(store: Store, sha256: str) -> Row:
    """One checkpoint, as :func:`list_checkpoints` has it.

    Raises:
        NotFound: no such checkpoint (Gone: it was withdrawn).
    """
    rows = store.read("checkpoint/get", id=sha256)
    if not rows:
        raise missing(store, "checkpoint", sha256, "the sha256 of a stored checkpoint")
    return _plain(rows[0])


def _row(record: CheckpointRecord) -> Row:
    row = asdict(record)
    row["id"] = row.pop("sha256")
    row["hyper"] = json.dumps(row["hyper"], sort_keys=True)
    return row


def _plain(row: Row) -> Row:
    return {**row, "hyper": json.loads(row["hyper"] or "{}")}
