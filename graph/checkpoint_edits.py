"""What is recorded of weights, changed by people who have read it."""

from __future__ import annotations

import math

from atlas.errors import InvalidInput, NotFound
from graph import changes, checkpoints, history, records
from graph.changes import Part
from graph.checkpoints import EDITABLE
from graph.statements import text
from graph.store import Row, Store, Tx

_NEEDED = ("dataset", "metric")
_UNKNOWN = ("value", "licence", "origin", "trained_by", "derived_from")
"""Fields that are None where nobody knows."""


def edit(
    store: Store,
    sha256: str,
    fields: Row,
    *,
    by: str,
    expected: str | None = None,
    reason: str = "",
) -> Row:
    """Change what is recorded of weights; returns the record as it is then.

    Args:
        store: the graph.
        sha256: whose.
        fields: new values by names of :data:`graph.checkpoints.EDITABLE`; an empty text or None
            takes a value back. A number may be a text.
        by: who says so.
        expected: digest of the record as it was read; None overwrites what it is now.
        reason: why.

    Raises:
        NotFound: no such weights (Gone: withdrawn), data set or parent.
        InvalidInput: no such field, or a value that it cannot have.
        Stale: the record has changed since it was read.
    """
    given = _checked(fields)
    checkpoints.get(store, sha256)  # tells weights that were withdrawn from unknown ones

    def settle(tx: Tx, _: list[Row]) -> list[Row]:
        record = ("checkpoint", sha256)
        row = records.read(tx, [record]).get(record)
        if row is None:
            raise NotFound("checkpoint", found=sha256, expected="the sha256 of a stored checkpoint")
        if expected is not None and expected != (digest := changes.digest_of(row)):
            raise history.Stale(record, expected, row, digest)
        return checkpoints.settle(tx, [{**row, **given}])

    part = Part("checkpoint", [{"id": sha256}], settle, checkpoints.relate, checkpoints.check)
    changes.put_together(store, [part], by=by, reason=reason, action="edit checkpoint")
    return checkpoints.get(store, sha256)


def _checked(fields: Row) -> Row:
    said: Row = {}
    for name, value in fields.items():
        if name not in EDITABLE:
            raise InvalidInput(name, found="no field", expected=f"one of {', '.join(EDITABLE)}")
        if value is None or (isinstance(value, str) and not value.strip()):
            if name in _NEEDED:
                raise InvalidInput(name, found="nothing", expected="what it is")
            said[name] = None if name in _UNKNOWN else ""
        else:
            said[name] = _number(value) if name == "value" else text(name, value)
    return said


def _number(value: float | str) -> float:
    """The value of a metric, perhaps as people type it.

    >>> _number("0.97")
    0.97
    """
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput("value", found=repr(value)[:100], expected="a number, as 0.97")
    return number
