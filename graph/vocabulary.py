"""Functions, areas, data sets and dictionary terms: added, edited, renamed, deprecated.

Every operation is one revision, in which everything follows that named the old id; with
``dry_run`` it is only planned. ``history.undo`` takes it back. See also :mod:`graph.merging`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from atlas.errors import Conflict, InvalidInput, NeuroweaveError, NotFound
from graph import records, relations, revisions
from graph.clock import now
from graph.drafts import Draft
from graph.entries import FIELDS, also_called, blank, stated
from graph.statements import text
from graph.store import Row, Store, Tx
from graph.succession import DEPRECATED

NOUNS = tuple(FIELDS)
"""Nouns of the vocabulary."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation did, or would do.

    Attributes:
        action: its name.
        noun: of the records.
        seq: the revision; None where nothing was written.
        becomes: the ids that replace each old one.
        follow: how many records of each other noun name the new ids instead.
        problems: what stands against it; nothing of it is done then.
    """

    action: str
    noun: str
    seq: int | None = None
    becomes: dict[str, list[str]] = field(default_factory=dict)
    follow: dict[str, int] = field(default_factory=dict)
    problems: list[NeuroweaveError] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        problems = [
            {
                "code": one.code,
                "field": one.field,
                "found": None if one.found is None else str(one.found),
                "expected": one.expected,
                "hint": one.hint,
            }
            for one in self.problems
        ]
        said = {"action": self.action, "noun": self.noun, "seq": self.seq}
        return {**said, "becomes": self.becomes, "follow": self.follow, "problems": problems}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks for a change, and how: ``expected`` is the digest of the record as it was read."""

    by: str
    expected: str | None = None
    reason: str = ""
    dry_run: bool = False


def add(store: Store, noun: str, id: str, fields: Row, request: Request) -> Outcome:
    """Add an entry; terms have the id ``<dictionary>:<name>``.

    Raises:
        InvalidInput: an id or a field that cannot be.
        Conflict: there is one with this id, or others have replaced it.
        NotFound: its parent, or a function it realizes, does not exist.
    """

    def work(draft: Draft) -> None:
        row = {**blank(noun, id), **stated(noun, fields)}
        if draft.find(id) is not None:
            draft.live(id)
            raise Conflict(noun, found=f"{id}, which is there", expected="a new id")
        draft.put(row)
        _require_realized(draft, fields)

    return run(store, "add", noun, work, request)


def edit(store: Store, noun: str, id: str, fields: Row, request: Request) -> Outcome:
    """Change what is stated of an entry; imports leave it alone from then on.

    Raises:
        InvalidInput: a field that the noun does not have.
        NotFound, Conflict: no such entry, or others have replaced it.
        Stale: it is not what the editor read.
    """

    def work(draft: Draft) -> None:
        draft.put({**draft.live(id, request.expected), **stated(noun, fields)})
        _require_realized(draft, fields)

    return run(store, "edit", noun, work, request)


def deprecate(
    store: Store, noun: str, id: str, request: Request, *, deprecated: bool = True
) -> Outcome:
    """No longer offer an entry for new statements; what there is of it stays and counts.

    Raises:
        NotFound, Conflict, Stale: as :func:`edit`.
    """

    def work(draft: Draft) -> None:
        row = draft.live(id, request.expected)
        draft.put({**row, "status": DEPRECATED if deprecated else None})

    return run(store, "deprecate" if deprecated else "restore", noun, work, request)


def rename(
    store: Store, noun: str, id: str, to: str, request: Request, *, name: str | None = None
) -> Outcome:
    """Give an entry another id, and perhaps another name; what is below it moves along.

    The old ids stay as records that say by which they were replaced.

    Raises:
        InvalidInput: an id that cannot be.
        Conflict: the new id is taken.
        NotFound, Stale: as :func:`edit`; or the parent of the new id does not exist.
    """

    def work(draft: Draft) -> None:
        row = draft.live(id, request.expected)
        if to == id or (noun in ("function", "area") and to.startswith(f"{id}.")):
            raise InvalidInput("to", found=to, expected=f"another id, not below {id}")
        if noun == "term" and to.partition(":")[0] != row["dictionary"]:
            raise InvalidInput("to", found=to, expected=f"one of the same dictionary as {id}")
        draft.give({one: to + one[len(id) :] for one in (id, *draft.below([id]))})
        if name is not None and noun != "term":
            new = {**draft.coming(to), "name": text("name", name)}
            draft.put(also_called(new, [row["name"]]))
        draft.follow({}, None)

    return run(store, "rename", noun, work, request)


def run(
    store: Store, action: str, noun: str, work: Callable[[Draft], None], request: Request
) -> Outcome:
    """Draw a change up and write it, or with ``dry_run`` only say what it would do.

    Raises:
        NeuroweaveError: the first of its problems.
    """
    if noun not in NOUNS:
        raise InvalidInput("noun", found=noun, expected=f"one of {', '.join(NOUNS)}")
    by = text("by", request.by)
    reason = text("reason", request.reason) if request.reason.strip() else ""

    def inside(tx: Tx) -> Outcome:
        draft = Draft(tx, noun, by)
        try:
            work(draft)
            draft.check_parents()
        except NeuroweaveError as error:
            draft.problems.insert(0, error)
        if request.dry_run:
            return Outcome(action, noun, None, draft.becomes, draft.follows(), draft.problems)
        if draft.problems:
            raise draft.problems[0]
        rows = draft.written()
        if not rows:
            return Outcome(action, noun)
        detail: Row = {"becomes": draft.becomes} if draft.becomes else {}
        if draft.moved:
            detail[relations.MOVED] = draft.moved
        at = now()
        seq = revisions.append(
            tx, by=by, action=f"{action} {noun}", at=at, reason=reason, detail=detail
        )
        records.write(tx, rows, seq, at)
        if draft.moved:
            relations.move(tx, draft.moved)
        return Outcome(action, noun, seq, draft.becomes, draft.follows())

    def holding(tx: Tx) -> Outcome:
        revisions.hold(tx)
        return inside(tx)

    return store.reading(inside) if request.dry_run else store.transaction(holding)


def _require_realized(draft: Draft, fields: Row) -> None:
    for id in fields.get("realizes", ()):
        row = draft.other("function", id)
        if row is None:
            raise NotFound("realizes", found=id, expected="the id of a function in the graph")
        draft.refuse_replaced("function", id, row)
