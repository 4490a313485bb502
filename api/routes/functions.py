"""Mental functions and the regions that have them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import Page, PageQuery, Paging, page_of
from api.schemas.brain import Function, FunctionRegion
from graph import functions

router = APIRouter(prefix="/functions", tags=["brain"], route_class=TaggedRoute)


class FunctionRegionQuery(PageQuery):
    """Which regions of a function."""

    descendants: bool = Field(default=True, description="Also of the functions below it.")


@router.get("", response_model=Page[Function])
def list_functions(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the function tree by id."""
    return page_of(functions.list_functions(store), page)


@router.get("/{id}", response_model=Function)
def get_function(store: StoreDep, id: str) -> dict[str, Any]:
    """Show one function."""
    return functions.get(store, id)


@router.get("/{id}/regions", response_model=Page[FunctionRegion])
def list_function_regions(
    store: StoreDep, id: str, query: Annotated[FunctionRegionQuery, Query()]
) -> dict[str, Any]:
    """List the regions that have a function."""
    functions.get(store, id)
    items, following = functions.regions(
        store, id, descendants=query.descendants, limit=query.limit, after=query.after
    )
    return {"items": items, "next": following}
