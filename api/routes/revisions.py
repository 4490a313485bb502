"""The append-only history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.policy import requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import MAX_LIMIT, NoQuery, Page
from api.schemas.library import Revision
from graph import revisions

router = APIRouter(
    prefix="/revisions",
    tags=["history"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer")],
)


class RevisionQuery(NoQuery):
    """Which part of the history."""

    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)
    after: int | None = Field(default=None, ge=0, description="The `next` of the page before.")


@router.get("", response_model=Page[Revision])
def list_revisions(store: StoreDep, query: Annotated[RevisionQuery, Query()]) -> dict[str, Any]:
    """List what was changed, when and by whom."""
    items, following = revisions.list_revisions(store, limit=query.limit, after=query.after)
    return {"items": items, "next": None if following is None else str(following)}
