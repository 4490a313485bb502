"""Mental functions and the regions that have them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access.policy import requires
from api.context import StoreDep
from api.editing import tagged
from api.etag import TaggedRoute
from api.paging import Page, PageQuery
from api.schemas.brain import Function, FunctionDetail, FunctionRegion
from api.vocabulary import add_routes
from graph import functions

router = APIRouter(
    prefix="/functions", tags=["brain"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


class FunctionRegionQuery(PageQuery):
    """Which regions of a function."""

    descendants: bool = Field(default=True, description="Also of the functions below it.")


class FunctionQuery(PageQuery):
    """Which functions."""

    q: str | None = Field(default=None, description="Words of names or definition.", max_length=200)
    replaced: bool = Field(default=False, description="Also those that others have replaced.")


@router.get("", response_model=Page[Function])
def list_functions(store: StoreDep, query: Annotated[FunctionQuery, Query()]) -> dict[str, Any]:
    """List the function tree by id, or search it."""
    items, following = functions.list_functions(
        store, q=query.q, replaced=query.replaced, limit=query.limit, after=query.after
    )
    return {"items": items, "next": following}


@router.get("/{id:record}", response_model=FunctionDetail)
def get_function(store: StoreDep, response: Response, id: str) -> dict[str, Any]:
    """Show one function; one that others have replaced says by which."""
    return tagged(response, functions.get(store, id))


@router.get("/{id:record}/regions", response_model=Page[FunctionRegion])
def list_function_regions(
    store: StoreDep, id: str, query: Annotated[FunctionRegionQuery, Query()]
) -> dict[str, Any]:
    """List the regions that have a function."""
    functions.get(store, id)
    items, following = functions.regions(
        store, id, descendants=query.descendants, limit=query.limit, after=query.after
    )
    return {"items": items, "next": following}


add_routes(router, "function", splits=True)
