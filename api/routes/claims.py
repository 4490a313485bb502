"""Claims: what each source says of a region and a function."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.policy import requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import Page, PageQuery
from api.schemas.brain import Claim
from graph import claims

router = APIRouter(
    prefix="/claims", tags=["brain"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


class ClaimQuery(PageQuery):
    """Which claims."""

    region: str | None = Field(default=None, examples=["dosenbach160:1"])
    function: str | None = Field(default=None, examples=["perception.vision.motion"])
    source: str | None = Field(default=None, examples=["neuroquery-cmh"])


@router.get("", response_model=Page[Claim])
def list_claims(store: StoreDep, query: Annotated[ClaimQuery, Query()]) -> dict[str, Any]:
    """List accepted claims, each with its source's own statistic and value, nothing averaged."""
    items, following = claims.list_claims(
        store,
        region=query.region,
        function=query.function,
        source=query.source,
        limit=query.limit,
        after=query.after,
    )
    return {"items": items, "next": following}
