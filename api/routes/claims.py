"""Claims: what each source, and each person, says of a region and a function."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.access.policy import requires
from api.context import StoreDep
from api.curation import DeskDep, created
from api.editing import IfMatch, tagged
from api.etag import TaggedRoute
from api.paging import Page, PageQuery
from api.routes import curated
from api.schemas.brain import Claim
from api.schemas.curation import Change, ClaimToAdd
from graph import claims
from graph.edits import Edit

router = APIRouter(
    prefix="/claims", tags=["brain"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


class ClaimQuery(PageQuery):
    """Which claims."""

    region: str | None = Field(default=None, examples=["dosenbach160:1"])
    function: str | None = Field(default=None, examples=["perception.vision.motion"])
    source: str | None = Field(default=None, examples=["neuroquery-cmh"])
    status: Literal["accepted", "proposed", "rejected", "any"] = "accepted"


@router.get("", response_model=Page[Claim])
def list_claims(store: StoreDep, query: Annotated[ClaimQuery, Query()]) -> dict[str, Any]:
    """List claims, each with its source's own statistic and value, nothing averaged."""
    items, following = claims.list_claims(
        store,
        region=query.region,
        function=query.function,
        source=query.source,
        status=None if query.status == "any" else query.status,
        limit=query.limit,
        after=query.after,
    )
    return {"items": items, "next": following}


@router.post("", response_model=Claim, status_code=201, dependencies=[requires("editor")])
def add_claim(
    desk: DeskDep, request: Request, response: Response, body: ClaimToAdd
) -> dict[str, Any]:
    """State that a region has a function; the link follows when the claim is accepted.

    The id comes from what is stated, so that the same claim sent twice is 409 and not there twice.
    """
    said = body.model_dump(exclude_none=True)
    return created(
        request, response, desk.edit(Edit("add_claim", **{"status": desk.status} | said))
    )


@router.patch("/{id:record}", response_model=Claim, dependencies=[requires("editor")])
def change_claim(
    desk: DeskDep, response: Response, id: str, body: Change, expected: IfMatch
) -> dict[str, Any]:
    """Change weight, rationale or citation; 412 with the current state if it has changed.

    What somebody changes who may not accept their own edits is a proposal again.
    """
    return tagged(response, desk.edit(Edit("edit", "claim", id, **dict(body), expected=expected)))


curated.add_routes(router, "claim", Claim)
