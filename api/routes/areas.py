"""Brain-like functional areas."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.access.policy import requires
from api.context import StoreDep
from api.editing import tagged
from api.etag import TaggedRoute
from api.paging import Page, Paging, page_of
from api.schemas.brain import Area
from api.schemas.vocabulary import EntryState
from api.vocabulary import add_routes
from graph import areas, records

router = APIRouter(
    prefix="/areas", tags=["brain"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


@router.get("", response_model=Page[Area])
def list_areas(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the areas and sub-areas with the functions they realize."""
    return page_of(areas.list_areas(store), page)


@router.get("/{id:record}", response_model=EntryState)
def get_area(store: StoreDep, response: Response, id: str) -> dict[str, Any]:
    """Show one area; one that others have replaced says by which."""
    return tagged(response, records.get(store, "area", id))


add_routes(router, "area", splits=True)
