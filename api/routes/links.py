"""Region-function links: the projection of the accepted claims."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.policy import requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import Page, PageQuery
from api.schemas.brain import Link
from graph import links

router = APIRouter(
    prefix="/links", tags=["brain"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


class LinkQuery(PageQuery):
    """Which links."""

    region: str | None = Field(default=None, examples=["dosenbach160:1"])
    function: str | None = Field(default=None, examples=["perception.vision.motion"])
    include_proposed: bool = Field(
        default=False,
        description="As if every proposed claim were accepted; takes a region or a function.",
    )


@router.get("", response_model=Page[Link])
def list_links(store: StoreDep, query: Annotated[LinkQuery, Query()]) -> dict[str, Any]:
    """List links of a region, a function or both, each with its sources side by side."""
    items, following = links.list_links(
        store,
        region=query.region,
        function=query.function,
        limit=query.limit,
        after=query.after,
        include_proposed=query.include_proposed,
    )
    return {"items": items, "next": following}
