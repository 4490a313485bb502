"""The append-only history: what was changed, what differs, and taking it back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from api.access.caller import Scope
from api.access.policy import CallerDep, requires
from api.context import LivingDep, StoreDep
from api.etag import TaggedRoute
from api.paging import MAX_LIMIT, NoQuery, Page, PageQuery, page_of
from api.schemas.curation import Difference, RevisionDetail, Undo, Undone
from api.schemas.library import Revision
from atlas.errors import Forbidden
from graph import history, records, revisions
from graph.store import Store

router = APIRouter(
    prefix="/revisions",
    tags=["history"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer")],
)

Seq = Annotated[int, Path(ge=0, lt=2**31, description="Number of a revision.")]


class RevisionPage(NoQuery):
    """Which part of the history."""

    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)
    after: int | None = Field(
        default=None, ge=0, lt=2**62, description="The `next` of the page before."
    )


class RevisionQuery(RevisionPage):
    """Which revisions; all conditions hold."""

    region: str | None = Field(default=None, description="The region, or claims and links of it.")
    function: str | None = Field(default=None, description="The function, or claims about it.")
    model: str | None = Field(default=None, description="The model, or links of it.")
    by: str | None = Field(default=None, description="Id of a person or program.")
    since: str | None = Field(default=None, examples=["2026-11-01"], description="Inclusive, UTC.")
    until: str | None = Field(default=None, examples=["2026-12-01"], description="Exclusive.")


class DifferenceQuery(PageQuery):
    """Which two states; 0 is the empty graph."""

    first: int = Field(alias="from", ge=0, lt=2**31, description="After this revision…")
    last: int = Field(alias="to", ge=0, lt=2**31, description="…against after this one.")


@router.get("", response_model=Page[Revision])
def list_revisions(store: StoreDep, query: Annotated[RevisionQuery, Query()]) -> dict[str, Any]:
    """List what was changed, when, by whom and why; the newest first."""
    items, following = history.of(store, **dict(query))
    return {"items": items, "next": None if following is None else str(following)}


@router.get("/diff", response_model=Page[Difference])
def list_differences(store: StoreDep, query: Annotated[DifferenceQuery, Query()]) -> dict[str, Any]:
    """List the records that differ between two states, each before and after."""
    return page_of(_differences(store, query.first, query.last), query, key="record")


@router.get("/{seq}", response_model=RevisionDetail)
def get_revision(store: StoreDep, seq: Seq) -> dict[str, Any]:
    """Show what one revision changed."""
    revision = revisions.get(store, seq)
    changes = _differences(store, seq - 1, seq)
    shown = {"changes": changes[:MAX_LIMIT], "truncated": len(changes) > MAX_LIMIT}
    return {**revision, **shown}


@router.post(
    "/{seq}/undo", response_model=Undone, status_code=201, dependencies=[requires("editor")]
)
def undo_revision(
    store: LivingDep, caller: CallerDep, request: Request, response: Response, seq: Seq, body: Undo
) -> dict[str, Any]:
    """Restore what its records were before, as a new revision.

    An editor takes back what they did themselves, a reviewer what anybody did. 409 names the later
    revisions that depend on it.
    """
    if revisions.get(store, seq)["by"] != caller.id and not caller.may(Scope.REVIEWER):
        raise Forbidden("revision", found="somebody else's", expected="your own, or a reviewer")
    new = history.undo(store, seq, by=caller.id, reason=body.reason)
    response.headers["Location"] = str(request.app.url_path_for("get_revision", seq=str(new)))
    return {"seq": new, "undone": seq}


def _differences(store: Store, first: int, last: int) -> list[dict[str, Any]]:
    rows = history.diff(store, first, last)
    return [{"record": records.key((row["noun"], row["id"])), **row} for row in rows]
