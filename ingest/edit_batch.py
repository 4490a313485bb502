"""Many edits at once: what each row would do, what stands against it, then one revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from atlas.errors import NeuroweaveError
from graph import edits
from graph.edits import Edit, EditPlan
from graph.store import Store

MAX_ROWS = 10_000

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row; rows count as their sender counts them."""

    row: int
    error: NeuroweaveError

    def to_dict(self) -> dict[str, Any]:
        """Show it with stable keys."""
        error = self.error
        return {
            "row": self.row,
            "code": error.code,
            "field": error.field,
            "found": None if error.found is None else str(error.found),
            "expected": error.expected,
            "hint": error.hint,
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """Edits with the numbers of their rows, and the rows that could not be understood.

    ``columns`` says which column of a table was taken for what, ``ignored`` which for nothing.
    """

    edits: list[tuple[int, Edit]]
    faults: list[Fault] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """What a batch does (``dry_run``: would do), and every fault.

    ``would`` are rows ``{row, noun, id, change, fields: {name: [before, after]}}``. ``seq`` is the
    revision, None where nothing was written.
    """

    dry_run: bool
    rows: int
    seq: int | None
    would: list[dict[str, Any]]
    faults: list[Fault]
    columns: dict[str, str]
    ignored: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Show it with stable keys; ``unknown`` and ``conflicts`` are numbers of rows."""
        return {
            "dry_run": self.dry_run,
            "rows": self.rows,
            "seq": self.seq,
            "would": self.would,
            "problems": [fault.to_dict() for fault in self.faults],
            "unknown": self._rows("not-found"),
            "conflicts": self._rows("conflict", "stale"),
            "columns": self.columns,
            "ignored": self.ignored,
        }

    def _rows(self, *codes: str) -> list[int]:
        return [fault.row for fault in self.faults if fault.error.code in codes]


class Refused(NeuroweaveError):  # noqa: N818 - read as sentences
    """None of the edits was made; ``errors`` are all the faults, each naming its row.

    Status and code are those of the first fault.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0].error
        self.status = first.status
        self.code = first.code
        self.faults = tuple(faults)
        self.errors = tuple(_in_row(fault) for fault in faults)
        super().__init__("edits")

    def _sentence(self) -> str:
        named = "; ".join(str(error) for error in self.errors[:_NAMED])
        more = len(self.errors) - _NAMED
        return f"nothing was changed. {named}" + (f"; and {more} more" if more > 0 else "")


def run(
    store: Store,
    batch: Batch,
    *,
    by: str,
    reason: str = "",
    allow_self_review: bool = False,
    dry_run: bool = False,
) -> Report:
    """Make all edits in one revision, or none; with ``dry_run`` only look.

    Raises:
        Refused: a row cannot be understood or made (not with ``dry_run``, which reports it).
    """
    made = [edit for _, edit in batch.edits]
    if not dry_run and not batch.faults:
        try:
            applied = edits.apply(
                store, made, by=by, reason=reason, allow_self_review=allow_self_review
            )
        except NeuroweaveError as error:
            planned = edits.plan(store, made, by=by, allow_self_review=allow_self_review)
            if not planned.problems:
                raise  # somebody was faster; it would go now
            raise Refused(_faults(batch, planned)) from error
        return _report(batch, EditPlan(applied.changes), seq=applied.seq, dry_run=False)
    planned = edits.plan(store, made, by=by, allow_self_review=allow_self_review)
    if not dry_run:
        raise Refused(_faults(batch, planned))
    return _report(batch, planned, seq=None, dry_run=True)


def _report(batch: Batch, planned: EditPlan, *, seq: int | None, dry_run: bool) -> Report:
    would = [
        {
            "row": batch.edits[change.index][0],
            "noun": change.noun,
            "id": change.id,
            "change": change.change,
            "fields": change.fields,
        }
        for change in planned.would
    ]
    faults = _faults(batch, planned)
    rows = len(batch.edits) + len(batch.faults)
    return Report(dry_run, rows, seq, would, faults, batch.columns, batch.ignored)


def _faults(batch: Batch, planned: EditPlan) -> list[Fault]:
    found = [Fault(batch.edits[problem.index][0], problem.error) for problem in planned.problems]
    return sorted([*batch.faults, *found], key=lambda fault: fault.row)


def _in_row(fault: Fault) -> NeuroweaveError:
    error = fault.error
    name = f"row {fault.row}: {error.field}"
    return NeuroweaveError(name, found=error.found, expected=error.expected, hint=error.hint)
