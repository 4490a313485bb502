"""What claims and model links have in common: their state, review, comments and history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.access.policy import requires
from api.context import StoreDep
from api.curation import DeskDep, Noun
from api.editing import IfMatch, tagged
from api.paging import Page, Paging, page_of
from api.routes.revisions import RevisionPage
from api.schemas.curation import Comment, CommentToAdd, Review
from api.schemas.library import Revision
from graph import comments, history, records
from graph.edits import Edit


def add_routes(router: APIRouter, noun: Noun, model: type[BaseModel]) -> None:
    """Add the routes of one record to the router of its noun.

    The last takes every id, also one with slashes in it, so it comes after the others.
    """

    @router.get("/{id:record}/comments", response_model=Page[Comment], name=f"list_{noun}_comments")
    def list_comments(store: StoreDep, id: str, page: Paging) -> dict[str, Any]:
        """List what people said about it, the oldest first."""
        records.get(store, noun, id)
        return page_of(comments.of(store, noun, id), page)

    @router.post(
        "/{id:record}/comments",
        response_model=Comment,
        status_code=201,
        name=f"add_{noun}_comment",
        dependencies=[requires("editor")],
    )
    def add_comment(desk: DeskDep, id: str, body: CommentToAdd) -> dict[str, Any]:
        """Say something about it; comments are only ever added."""
        said = desk.comment(noun, id, body.text)
        return next(one for one in comments.of(desk.store, noun, id) if one["id"] == said)

    @router.get("/{id:record}/history", response_model=Page[Revision], name=f"list_{noun}_history")
    def list_history(
        store: StoreDep, id: str, query: Annotated[RevisionPage, Query()]
    ) -> dict[str, Any]:
        """List the revisions that changed it, newest first."""
        items, following = history.of(
            store, record=(noun, id), limit=query.limit, after=query.after
        )
        return {"items": items, "next": None if following is None else str(following)}

    @router.post(
        "/{id:record}/review",
        response_model=model,
        name=f"review_{noun}",
        dependencies=[requires("reviewer")],
    )
    def review(
        desk: DeskDep, response: Response, id: str, body: Review, expected: IfMatch
    ) -> dict[str, Any]:
        """Accept or reject it, or take a rejection back; what people query follows at once."""
        edit = Edit(body.decision, noun, id, comment=body.comment, expected=expected)
        return tagged(response, desk.edit(edit))

    @router.get("/{id:record}", response_model=model, name=f"get_{noun}")
    def get(store: StoreDep, response: Response, id: str) -> dict[str, Any]:
        """Show it as it is now; the `ETag` is what a change names in `If-Match`."""
        return tagged(response, records.get(store, noun, id))
