"""Edits of a caller: with their name, and as far as they may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Depends, Request, Response

from api.access.caller import Scope
from api.access.policy import CallerDep
from api.context import ContextDep
from api.editing import may_review_own, tagged
from atlas.errors import Forbidden
from graph import edits, records
from graph.edits import Edit
from graph.store import Store
from ingest import edit_batch
from ingest.edit_batch import Batch, Fault, Report
from ingest.edit_tables import Status

REVIEWS = ("accept", "reject", "restore")

Noun = Literal["claim", "model_link"]


@dataclass(frozen=True, slots=True)
class Desk:
    """A caller at work on the living graph.

    ``own`` tells whether they may accept what they state themselves; ``reviews`` whether they
    may review at all.
    """

    store: Store
    by: str
    reviews: bool
    own: bool

    @property
    def status(self) -> Status:
        """What a new record of this caller is, unless they say otherwise."""
        return "accepted" if self.own else "proposed"

    def edit(self, edit: Edit) -> dict[str, Any]:
        """Make one edit; the record as it is now.

        Raises:
            NotFound: there is no such record.
        """
        if edit.id:
            records.get(self.store, edit.noun, edit.id)
        applied = edits.apply(self.store, [edit], by=self.by, allow_self_review=self.own)
        written = [row for (noun, _), row in applied.records.items() if noun == edit.noun]
        return written[0] if written else records.get(self.store, edit.noun, edit.id or "")

    def comment(self, noun: Noun, id: str, text: str) -> str:
        """Say something about a record; the id of the comment."""
        edit = Edit("comment", noun, id, comment=text)
        applied = edits.apply(self.store, [edit], by=self.by)
        return next(change.id for change in applied.changes if change.noun == "comment")

    def batch(self, batch: Batch, *, reason: str, dry_run: bool) -> Report:
        """Make many edits, or look at what they would do.

        Raises:
            Refused: a row cannot be made; nothing was changed.
        """
        return edit_batch.run(
            self.store,
            batch if self.reviews else _without_reviews(batch),
            by=self.by,
            reason=reason,
            allow_self_review=self.own,
            dry_run=dry_run,
        )


def _without_reviews(batch: Batch) -> Batch:
    kept, faults = [], list(batch.faults)
    for row, edit in batch.edits:
        if edit.action in REVIEWS:
            faults.append(Fault(row, Forbidden("action", found=edit.action, expected="a reviewer")))
        else:
            kept.append((row, edit))
    return Batch(kept, faults, batch.columns, batch.ignored)


def _desk(context: ContextDep, caller: CallerDep) -> Desk:
    own = may_review_own(caller, context.config.access)
    return Desk(context.store, caller.id, caller.may(Scope.REVIEWER), own)


def created(request: Request, response: Response, record: dict[str, Any]) -> dict[str, Any]:
    """Say where a new record is (``Location``) and which state of it was made (``ETag``)."""
    response.headers["Location"] = f"{request.url.path}/{quote(record['id'], safe='')}"
    return tagged(response, record)


DeskDep = Annotated[Desk, Depends(_desk)]
