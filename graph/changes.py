"""Idempotent writing: only what differs is written, and every change leaves a revision."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from atlas.errors import NotFound
from graph import content, revisions
from graph.clock import now
from graph.store import Row, Store, Tx
from graph.values import digest

BATCH = 2_000
"""Rows per statement; keeps every message far below the servers' limits."""

_REPORTED = 20

_NONE: Mapping[str, Row] = MappingProxyType({})

_TIED = frozenset(
    (
        "area",
        "atlas",
        "checkpoint",
        "claim",
        "composition",
        "function",
        "model",
        "region",
        "scenario",
    )
)
"""Nouns whose records may come to refer to others than before."""

_LATER = frozenset(
    (
        "structure",
        "metrics",
        "licence",
        "origin",
        "trained_by",
        "proposed_by",
        "reviewed_by",
        "aliases",
        "status",
        "replaced_by",
        "edited_by",
    )
)
"""Columns that records without them lack in their digest, as if the column did not exist."""


@dataclass(frozen=True, slots=True)
class PutReport:
    """How many records a put created, changed and found unchanged.

    ``resolved`` of them named something that was renamed, merged or split, and were stored with
    what has taken its place.
    """

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    resolved: int = 0

    def __add__(self, other: PutReport) -> PutReport:
        return PutReport(
            self.created + other.created,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.resolved + other.resolved,
        )

    @property
    def written(self) -> int:
        """Records that were created or changed."""
        return self.created + self.changed


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows against the store, by the digest of their content."""

    created: list[Row]
    changed: list[Row]
    unchanged: int

    @property
    def fresh(self) -> list[Row]:
        """What has to be written."""
        return self.created + self.changed

    @property
    def report(self) -> PutReport:
        """The counts."""
        return PutReport(len(self.created), len(self.changed), self.unchanged)


def batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows in pieces that fit one statement."""
    for start in range(0, len(rows), BATCH):
        yield list(rows[start : start + BATCH])


def compare(
    tx: Tx, noun: str, rows: Sequence[Row], stored: Mapping[str, Row] = _NONE
) -> Difference:
    """Split rows into new, changed and unchanged; gives each its ``digest``.

    ``stored`` is the content, by id, of those that this transaction has read already.
    """
    rows = [{**row, "digest": digest_of(row)} for row in rows]
    known = {id: digest_of(row) for id, row in stored.items()}
    for batch in batches([row for row in rows if row["id"] not in known]):
        found = tx.run(f"{noun}/digests", ids=[row["id"] for row in batch])
        known.update({row["id"]: row["digest"] for row in found})
    created = [row for row in rows if row["id"] not in known]
    changed = [row for row in rows if row["id"] in known and known[row["id"]] != row["digest"]]
    return Difference(created, changed, len(rows) - len(created) - len(changed))


def digest_of(row: Row) -> str:
    """The digest of a record's content, which its node carries and an editor refers to."""
    return digest(
        {key: value for key, value in row.items() if value is not None or key not in _LATER}
    )


def write(
    tx: Tx,
    noun: str,
    difference: Difference,
    seq: int,
    at: str,
    stored: Mapping[str, Row] = _NONE,
) -> list[Row]:
    """Run ``<noun>/put`` in batches; returns what the changed records were before.

    Every node is tied to revision ``seq``; where the record was changed, the relationship keeps
    what it was before. A record that was withdrawn comes back as the same node. ``stored`` is as
    for :func:`compare`.
    """
    back = [row["id"] for row in difference.created]
    for start in range(0, len(back), BATCH):
        found = tx.run(f"revive/{noun}", ids=back[start : start + BATCH])
        _untie(tx, noun, [row["id"] for row in found])
    ids = [row["id"] for row in difference.changed]
    former = {id: stored[id] for id in ids if id in stored}
    former |= {
        row["id"]: row for row in content.read(tx, noun, [id for id in ids if id not in former])
    }
    moved = {row["id"] for row in difference.changed if _moved(noun, former[row["id"]], row)}
    _untie(tx, noun, sorted(moved))
    created = [{**row, "tie": True} for row in difference.created]
    changed = [
        {**row, "before": text(former[row["id"]]), "tie": row["id"] in moved}
        for row in difference.changed
    ]
    for batch in batches(created + changed):
        tx.run(f"{noun}/put", rows=batch, seq=seq, at=at)
    return list(former.values())


def text(row: Row) -> str:
    """The content of a record as history keeps it."""
    return json.dumps(row, sort_keys=True, ensure_ascii=False)


def _moved(noun: str, before: Row, after: Row) -> bool:
    """Whether the record comes to refer to others than before."""
    return any(before.get(name) != after.get(name) for name, _ in content.NOUNS[noun].refers)


def _untie(tx: Tx, noun: str, ids: list[str]) -> None:
    if noun in _TIED and ids:
        tx.run(f"{noun}/untie", ids=ids)


def run(tx: Tx, name: str, rows: Sequence[Row]) -> None:
    """Run a query that takes only ``rows``, in batches."""
    for batch in batches(rows):
        tx.run(name, rows=batch)


@dataclass(frozen=True, slots=True)
class Part:
    """Records of one noun that are put.

    ``settle`` turns the rows into what is to be stored, after what is stored; ``check`` may
    refuse the fresh rows before they are written; ``relate`` ties their nodes to others
    afterwards.
    """

    noun: str
    rows: Sequence[Row]
    settle: Callable[[Tx, list[Row]], list[Row]] | None = None
    relate: Callable[[Tx, list[Row]], None] | None = None
    check: Callable[[Tx, list[Row]], None] | None = None


def put(
    store: Store,
    noun: str,
    rows: Sequence[Row],
    *,
    by: str,
    reason: str = "",
    settle: Callable[[Tx, list[Row]], list[Row]] | None = None,
    relate: Callable[[Tx, list[Row]], None] | None = None,
    check: Callable[[Tx, list[Row]], None] | None = None,
) -> PutReport:
    """Create or update records of one noun, as :class:`Part` and :func:`put_together` say."""
    part = Part(noun, rows, settle, relate, check)
    return put_together(store, [part], by=by, reason=reason, action=f"put {noun}")


def put_together(
    store: Store,
    parts: Sequence[Part],
    *,
    by: str,
    reason: str = "",
    action: str,
    last: Callable[[], object] = lambda: None,
) -> PutReport:
    """Create or update records in one transaction, with one revision.

    A part may refer to records of the parts before it. Nothing is written, and no revision made,
    when nothing differs. ``last`` is called when all is accepted, before it takes effect, perhaps
    more than once: it puts in place what the records are about, and what it raises takes all back.
    """

    def work(tx: Tx) -> PutReport:
        revisions.hold(tx)
        report = _write(tx, parts, by, reason, action)
        last()
        return report

    return store.transaction(work)


def _write(tx: Tx, parts: Sequence[Part], by: str, reason: str, action: str) -> PutReport:
    found = [_compared(tx, part) for part in parts]
    total = sum((difference.report for difference in found), PutReport())
    if not total.written:
        return total
    at, detail = now(), {"created": total.created, "changed": total.changed}
    seq = revisions.append(tx, by=by, action=action, at=at, reason=reason, detail=detail)
    for part, difference in zip(parts, found, strict=True):
        if not difference.fresh:
            continue
        if part.check:
            part.check(tx, difference.fresh)
        write(tx, part.noun, difference, seq, at)
        if part.relate:
            part.relate(tx, difference.fresh)
    return total


def _compared(tx: Tx, part: Part) -> Difference:
    rows = part.settle(tx, list(part.rows)) if part.settle else part.rows
    return compare(tx, part.noun, rows)


def require(tx: Tx, noun: str, ids: set[str], field: str, hint: str = "") -> None:
    """Refuse references to records that do not exist.

    Raises:
        NotFound: names the first of the missing ids.
    """
    wanted = sorted(ids)
    found: set[str] = set()
    for start in range(0, len(wanted), BATCH):
        rows = tx.run(f"{noun}/digests", ids=wanted[start : start + BATCH])
        found.update(row["id"] for row in rows)
    missing = [one for one in wanted if one not in found]
    if missing:
        shown = ", ".join(missing[:_REPORTED]) + (", …" if len(missing) > _REPORTED else "")
        raise NotFound(field, found=shown, expected=f"ids of {noun}s in the graph", hint=hint)
