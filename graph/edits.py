"""People's edits of claims and model links: planned, reviewed, made all at once or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from atlas.errors import InvalidInput, NeuroweaveError
from atlas.model import Source
from graph import changes, records, revisions, sources
from graph.clock import now
from graph.desk import Change, Desk
from graph.records import Record
from graph.statements import text
from graph.store import Row, Store, Tx

Action = Literal[
    "add_claim", "link_model", "forbid_model", "edit", "accept", "reject", "restore", "comment"
]
ACTIONS: tuple[Action, ...] = get_args(Action)

CURATION = Source("curation", "What people of this installation state")
"""Where claims of people come from."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit.

    ``add_claim`` takes region, function, weight, rationale and citation; ``link_model`` and
    ``forbid_model`` take region, model and rationale, and may take weight and citation. The new
    record is ``proposed`` or, where one may accept one's own, ``accepted``. The other actions
    name a record by ``noun`` and ``id``: ``edit`` changes what is given of weight, rationale and
    citation; ``accept`` and ``reject`` review; ``restore`` takes a rejection back: a claim of a
    source counts again, what a person stated is proposed again; ``comment`` only comments. Every
    edit may carry a ``comment``, and in ``expected`` the digest of the record as it was read.
    """

    action: Action
    noun: Literal["claim", "model_link"] = "claim"
    id: str | None = None
    region: str | None = None
    function: str | None = None
    model: str | None = None
    weight: float | None = None
    rationale: str | None = None
    citation: str | None = None
    status: Literal["proposed", "accepted"] = "proposed"
    comment: str | None = None
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the edit with this index (from 0) cannot be made."""

    index: int
    error: NeuroweaveError

    @property
    def code(self) -> str:
        """``not-found``, ``conflict``, ``stale``, ``forbidden`` or ``invalid-input``."""
        return self.error.code


@dataclass(frozen=True, slots=True)
class EditPlan:
    """What edits would do, in their order, and what stands against them."""

    would: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def unknown(self) -> list[Problem]:
        """Edits of or about what is not in the graph."""
        return [problem for problem in self.problems if problem.code == "not-found"]

    @property
    def conflicts(self) -> list[Problem]:
        """Edits that contradict the stored state or one another."""
        return [problem for problem in self.problems if problem.code in ("conflict", "stale")]


@dataclass(frozen=True, slots=True)
class Applied:
    """The revision (None where nothing differed), its changes, and the records written.

    A record is its content now and the ``digest`` of that.
    """

    seq: int | None
    changes: list[Change]
    records: dict[Record, Row]

    @property
    def digests(self) -> dict[Record, str]:
        """The records' new digests."""
        return {record: row["digest"] for record, row in self.records.items()}


def plan(
    store: Store, edits: Sequence[Edit], *, by: str, allow_self_review: bool = False
) -> EditPlan:
    """What :func:`apply` would do; writes nothing."""
    return store.reading(lambda tx: _plan(tx, edits, by, allow_self_review)[0])


def apply(
    store: Store,
    edits: Sequence[Edit],
    *,
    by: str,
    reason: str = "",
    allow_self_review: bool = False,
) -> Applied:
    """Make all edits in one revision, or none.

    Args:
        store: the open graph.
        edits: in order; a later one sees what the ones before it did.
        by: id of the person.
        reason: why; of a single edit without one, what is said along with it.
        allow_self_review: whether one may accept what one has stated oneself. Where not, what a
            person changes about an accepted record makes it a proposal again.

    Raises:
        InvalidInput, NotFound, Conflict, Forbidden: the first problem; among several edits it
            names the edit, counted from 1.
        graph.history.Stale: a record has changed since the editor read it.
    """
    if not reason.strip() and len(edits) == 1:
        reason = edits[0].comment or edits[0].rationale or ""
    reason = text("reason", reason) if reason.strip() else ""

    def work(tx: Tx) -> Applied:
        revisions.hold(tx)
        planned, desk = _plan(tx, edits, by, allow_self_review)
        if planned.problems:
            raise _named(planned.problems[0], len(edits))
        if not planned.would:
            return Applied(None, [], {})
        at = now()
        if any(edit.action == "add_claim" for edit in edits):
            _curation(tx, by, at)
        seq = revisions.append(
            tx, by=by, action=_action(edits), at=at, reason=reason, detail=_detail(edits)
        )
        rows = desk.written()
        records.write(tx, rows, seq, at, desk.stored)
        written = {
            (noun, row["id"]): {**row, "digest": changes.digest_of(row)}
            for noun, some in rows.items()
            for row in some
        }
        return Applied(seq, planned.would, written)

    return store.transaction(work)


def set_licence(store: Store, licence: str, *, by: str, reason: str = "") -> None:
    """Say under which licence people's claims of this installation stand."""
    row = sources.row(replace(CURATION, licence=text("licence", licence)))
    changes.put(store, "source", [row], by=by, reason=reason)


def _plan(tx: Tx, edits: Sequence[Edit], by: str, allow_self_review: bool) -> tuple[EditPlan, Desk]:
    desk = Desk(tx, text("by", by), allow_self_review)
    planned = EditPlan()
    desk.fetch([asdict(edit) for edit in edits])
    for index, edit in enumerate(edits):
        try:
            _checked(edit)
            planned.would.extend(desk.take(index, asdict(edit)))
        except NeuroweaveError as error:
            planned.problems.append(Problem(index, error))
    return planned, desk


def _checked(edit: Edit) -> None:
    if edit.action not in ACTIONS:
        raise InvalidInput("action", found=edit.action, expected=f"one of {', '.join(ACTIONS)}")
    needed = {
        "add_claim": ("region", "function", "weight", "rationale", "citation"),
        "link_model": ("region", "model", "rationale"),
        "forbid_model": ("region", "model", "rationale"),
        "comment": ("id", "comment"),
    }.get(edit.action, ("id",))
    for name in needed:
        if getattr(edit, name) in (None, ""):
            raise InvalidInput(name, found="nothing", expected=f"a value, for {edit.action}")
    if edit.noun not in ("claim", "model_link"):
        raise InvalidInput("noun", found=edit.noun, expected="claim or model_link")
    if edit.status not in ("proposed", "accepted"):
        raise InvalidInput("status", found=edit.status, expected="proposed or accepted")


def _named(problem: Problem, many: int) -> NeuroweaveError:
    error = problem.error
    if many == 1 or error.code == "stale":
        return error
    return type(error)(
        f"edit {problem.index + 1}: {error.field}",
        found=error.found,
        expected=error.expected,
        hint=error.hint,
    )


def _curation(tx: Tx, by: str, at: str) -> None:
    """The source of people's claims, in a revision of its own: undoing an edit leaves it."""
    if not records.read(tx, [("source", CURATION.id)]):
        seq = revisions.append(tx, by=by, action="put source", at=at)
        records.write(tx, {"source": [sources.row(CURATION)]}, seq, at)


def _action(edits: Sequence[Edit]) -> str:
    kinds = {edit.action for edit in edits}
    return kinds.pop().replace("_", " ") if len(kinds) == 1 else "edit"


def _detail(edits: Sequence[Edit]) -> dict[str, Any]:
    return {"edits": len(edits), **Counter(edit.action for edit in edits)}
