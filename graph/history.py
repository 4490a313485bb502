"""What was changed, by whom, when and why; what it was before; and taking it back.

History is append-only: undoing is a revision of its own, and a record that is taken away stays,
with its history, under the label ``Withdrawn``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from atlas.errors import Conflict, InvalidInput, NotFound
from graph import content, records, relations, revisions
from graph.clock import now
from graph.records import Record
from graph.store import Row, Store, Tx

_WITHOUT_HISTORY = MappingProxyType(
    {
        "put connections": "connections between regions",
        "put neighbours": "borders between regions",
        "put overlaps": "overlaps between regions",
        "put relations": "relations between functions",
    }
)
"""Actions whose relationships come and go as whole sets, without a record each."""

_SHOWN = 5


class Stale(Conflict):
    """An edit of a record that has changed since it was read.

    ``current`` is the record's content now, ``digest`` the digest of that.
    """

    status = 412
    code = "stale"

    def __init__(self, record: Record, expected: str, current: Row | None, digest: str) -> None:
        super().__init__(
            f"{record[0]} {record[1]}",
            found=digest or "no such record",
            expected=expected,
            hint="it has changed since it was read; look at it again",
        )
        self.current = current
        self.digest = digest


def of(
    store: Store,
    *,
    region: str | None = None,
    function: str | None = None,
    model: str | None = None,
    record: Record | None = None,
    by: str | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: int = 50,
    after: int | None = None,
) -> tuple[list[Row], int | None]:
    """Revisions that meet every given condition, newest first.

    ``region``, ``function`` and ``model`` are ids: revisions count that changed the record itself,
    or a claim or model link about it. ``record`` is a noun and an id. The other arguments and the
    rows are those of :func:`graph.revisions.list_revisions`.
    """
    sets = []
    named = {
        "history/of_region": region,
        "history/of_function": function,
        "history/of_model": model,
    }
    for query, id in named.items():
        if id is not None:
            sets.append({row["seq"] for row in store.read(query, id=id)})
    if record is not None:
        _check(record[0])
        found = store.read("history/of_record", noun=record[0], id=record[1])
        sets.append({row["seq"] for row in found})
    among = set.intersection(*sets) if sets else None
    return revisions.list_revisions(
        store, limit, after, by=by, since=since, until=until, among=among
    )


def state_at(store: Store, noun: str, id: str, seq: int) -> Row | None:
    """Content of a record right after revision ``seq``; None if there was none then.

    Raises:
        InvalidInput: no such noun.
    """
    _check(noun)
    # The content is read first: whatever changes it afterwards is among the steps.
    present = store.reading(lambda tx: records.read(tx, [(noun, id)])).get((noun, id))
    steps = sorted(
        store.read("history/of_record", noun=noun, id=id), key=lambda step: int(step["seq"])
    )
    for step in steps:
        if step["seq"] > seq:
            return _former(step)
    return present


def diff(store: Store, first: int, last: int) -> list[Row]:
    """What differs between the state after one revision and the state after another.

    Returns:
        Rows noun, id, change (created, changed, withdrawn), fields ``{name: [before, after]}``,
        sorted by noun and id. Going back in time (``last`` before ``first``) is allowed; 0 is the
        empty graph.

    Raises:
        NotFound: a number beyond the last revision, or below 0.
    """
    _known(store, first, last)
    if first > last:
        return [_turned(row) for row in diff(store, last, first)]
    before = _first_of(store.read("history/changes", first=first + 1, last=last))
    present = store.reading(lambda tx: records.read(tx, list(before)))
    later = _first_of(store.read("history/later", first=first + 1, last=last))
    rows = []
    for record in sorted(before):
        after = _former(later[record]) if record in later else present.get(record)
        row = _change(record, _former(before[record]), after)
        if row:
            rows.append(row)
    return rows


def undo(store: Store, seq: int, *, by: str, reason: str = "") -> int:
    """Restore what every record was before revision ``seq``; returns the new revision's number.

    Records that the revision created are withdrawn, those that it withdrew come back. Undoing
    an undo works the same way.

    Raises:
        NotFound: no such revision.
        Conflict: a later revision changed one of the records, something else refers to one that
            would be withdrawn, one that would come back refers to something that is gone (the
            revisions in the way are named), or the revision changed relationships that have no
            history of their own.
    """

    def work(tx: Tx) -> int:
        last = revisions.hold(tx)
        if not 1 <= seq <= last:
            raise NotFound("revision", found=seq, expected=f"1 to {last}")
        revision, steps = _undoable(tx, seq)
        changed = _first_of(steps)
        former = {record: _former(step) for record, step in changed.items()}
        present = records.read(tx, list(changed))
        _refuse_later(tx, seq, list(changed), present)
        at = now()
        moved = json.loads(revision["detail"] or "{}").get(relations.MOVED)
        detail = {"undo": seq} | ({relations.MOVED: relations.turned(moved)} if moved else {})
        why = reason or f"takes revision {seq} back"
        new = revisions.append(tx, by=by, action="undo", at=at, reason=why, detail=detail)
        restored: dict[str, list[Row]] = {}
        for (noun, _), row in former.items():
            if row is not None:
                restored.setdefault(noun, []).append(row)
        records.write(tx, restored, new, at)
        if moved:
            relations.take_back(tx, moved)
        gone = {record: present[record] for record in former if former[record] is None}
        records.withdraw(tx, gone, seq, new)
        _refuse_referred(tx, new)
        _refuse_dangling(tx, restored)
        return new

    return store.transaction(work)


def _undoable(tx: Tx, seq: int) -> tuple[Row, list[Row]]:
    (revision,) = tx.run(
        "revision/list", before=seq + 1, by=None, since=None, until=None, among=None, limit=1
    )
    steps = tx.run("history/changes", first=seq, last=seq)
    kept = _WITHOUT_HISTORY.get(revision["action"])
    if kept or not steps:
        raise Conflict(
            f"revision {seq}",
            found=f"{revision['action']}: {kept or 'no record was changed'}",
            expected="a revision that changed records",
            hint="bring the former set in again" if kept else "",
        )
    return revision, steps


def _refuse_later(tx: Tx, seq: int, changed: list[Record], present: Mapping[Record, Row]) -> None:
    later: dict[Record, list[Row]] = {}
    for step in tx.run("history/later", first=seq, last=seq):
        later.setdefault(_record(step), []).append(step)
    blocked = []
    for record in changed:
        steps = later.get(record, [])
        after = _former(steps[0]) if steps else present.get(record)
        if not _same(after, present.get(record)):
            blocked.append((record, [step["seq"] for step in steps]))
    if blocked:
        numbers = sorted({number for _, some in blocked for number in some})
        names = ", ".join(records.key(record) for record, _ in blocked[:_SHOWN])
        raise Conflict(
            f"revision {seq}",
            found=f"changed again by {_revisions(numbers)}: {names}",
            expected="records that are as this revision left them",
            hint="undo the later revisions first",
        )


def _refuse_referred(tx: Tx, seq: int) -> None:
    rows = tx.run("record/referrers", seq=seq)
    if rows:
        numbers = sorted({row["changed"] for row in rows if row["changed"] is not None})
        names = ", ".join(
            f"{row['label']} {row['id']} {row['kind']} {row['record']}" for row in rows[:_SHOWN]
        )
        raise Conflict(
            "undo",
            found=f"what would be withdrawn is referred to by {_revisions(numbers)}: {names}",
            expected="nothing that refers to it",
            hint="undo the later revisions first",
        )


def _refuse_dangling(tx: Tx, restored: Mapping[str, list[Row]]) -> None:
    wanted = sorted(
        {
            (noun, id)
            for name, rows in restored.items()
            for row in rows
            for column, noun, id in content.NOUNS[name].references(row)
            if column not in content.NOUNS[name].loose
        }
    )
    found = records.read(tx, wanted)
    missing = [record for record in wanted if record not in found]
    if missing:
        names = ", ".join(records.key(record) for record in missing[:_SHOWN])
        raise Conflict(
            "undo",
            found=f"what would come back refers to {names}",
            expected="records that are there",
            hint="they were withdrawn later; undo that first",
        )


def _revisions(numbers: Iterable[int]) -> str:
    shown = ", ".join(str(number) for number in numbers)
    return f"revision {shown}" if shown else "relationships without a history"


def _first_of(steps: Iterable[Row]) -> dict[Record, Row]:
    first: dict[Record, Row] = {}
    for step in steps:
        first.setdefault(_record(step), step)
    return first


def _record(step: Row) -> Record:
    if step["record"]:
        noun, _, id = step["record"].partition(":")
        return noun, id
    return records.LABELS[step["label"]], step["id"]


def _former(step: Row) -> Row | None:
    before: Row | None = json.loads(step["before"]) if step["before"] else None
    return before


def _same(one: Row | None, other: Row | None) -> bool:
    """Whether two states are one; history may be older than some of the columns."""
    if one is None or other is None:
        return one is other
    return content.canonical(one) == content.canonical(other)


def _change(record: Record, before: Row | None, after: Row | None) -> Row | None:
    if _same(before, after):
        return None
    old, new = before or {}, after or {}
    names = sorted(old.keys() | new.keys())
    fields = {
        name: [old.get(name), new.get(name)] for name in names if old.get(name) != new.get(name)
    }
    change = "created" if before is None else "withdrawn" if after is None else "changed"
    return {"noun": record[0], "id": record[1], "change": change, "fields": fields}


def _turned(row: Row) -> Row:
    other: dict[str, str] = {"created": "withdrawn", "withdrawn": "created", "changed": "changed"}
    fields: dict[str, list[Any]] = {name: pair[::-1] for name, pair in row["fields"].items()}
    return {**row, "change": other[row["change"]], "fields": fields}


def _check(noun: str) -> None:
    if noun not in records.LABELS.values():
        expected = f"one of {', '.join(records.LABELS.values())}"
        raise InvalidInput("noun", found=noun, expected=expected)


def _known(store: Store, *numbers: int) -> None:
    newest, _ = revisions.list_revisions(store, limit=1)
    last = newest[0]["seq"] if newest else 0
    for number in numbers:
        if not 0 <= number <= last:
            raise NotFound("revision", found=number, expected=f"0 to {last}")
