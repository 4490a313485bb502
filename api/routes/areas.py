"""Brain-like functional areas."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access.policy import requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import Page, Paging, page_of
from api.schemas.brain import Area
from graph import areas

router = APIRouter(
    prefix="/areas", tags=["brain"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


@router.get("", response_model=Page[Area])
def list_areas(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the areas and sub-areas with the functions they realize."""
    return page_of(areas.list_areas(store), page)
