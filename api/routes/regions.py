"""Regions, their functions and their connections."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field, FiniteFloat

from api.access.policy import requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import Page, PageQuery, Paging, page_of
from api.schemas.brain import Connection, Neighbour, Region, RegionFunction
from atlas.errors import InvalidInput
from graph import neighbours, regions

router = APIRouter(
    prefix="/regions", tags=["brain"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


class RegionQuery(PageQuery):
    """Which regions."""

    atlas: str | None = None
    q: str | None = Field(default=None, description="Words of the name.", max_length=200)
    function: str | None = Field(default=None, description="Regions with this function.")
    near: str | None = Field(default=None, description="x,y,z in mm", examples=["-36,-25,57"])
    radius_mm: FiniteFloat | None = Field(default=None, gt=0, description="Around `near`.")

    @property
    def centre(self) -> tuple[float, float, float] | None:
        """``near`` as three numbers in mm."""
        return None if self.near is None else coordinates("near", self.near)


def coordinates(field: str, text: str) -> tuple[float, float, float]:
    """Read ``x,y,z``.

    Raises:
        InvalidInput: these are not three finite numbers.

    >>> coordinates("near", "-36,-25, 57")
    (-36.0, -25.0, 57.0)
    """
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        x = y = z = float("nan")
    if not all(abs(value) < float("inf") for value in (x, y, z)):
        raise InvalidInput(field, found=repr(text), expected="x,y,z in mm, such as -36,-25,57")
    return x, y, z


@router.get("", response_model=Page[Region])
def list_regions(store: StoreDep, query: Annotated[RegionQuery, Query()]) -> dict[str, Any]:
    """Search regions by atlas, words, function or place."""
    items, following = regions.search(
        store,
        atlas=query.atlas,
        q=query.q,
        function=query.function,
        near=query.centre,
        radius_mm=query.radius_mm,
        limit=query.limit,
        after=query.after,
    )
    return {"items": items, "next": following}


@router.get("/{id}", response_model=Region)
def get_region(store: StoreDep, id: str) -> dict[str, Any]:
    """Show one region."""
    return regions.get(store, id)


@router.get("/{id}/functions", response_model=Page[RegionFunction])
def list_region_functions(store: StoreDep, id: str, page: Paging) -> dict[str, Any]:
    """List what a region is linked to, with weights, claims and sources."""
    regions.get(store, id)
    return page_of(regions.functions(store, id), page, key="function")


@router.get("/{id}/connections", response_model=Page[Connection])
def list_region_connections(store: StoreDep, id: str, page: Paging) -> dict[str, Any]:
    """List the regions it is connected to."""
    regions.get(store, id)
    rows = regions.connections(store, id)
    for row in rows:  # a pair may have one of each kind and source
        row["id"] = f"{row['region']} {row['kind']} {row['source']}"
    return page_of(rows, page)


@router.get("/{id}/neighbours", response_model=Page[Neighbour])
def list_region_neighbours(store: StoreDep, id: str, page: Paging) -> dict[str, Any]:
    """List the regions of its atlas that share a border with it, the longest border first."""
    regions.get(store, id)
    return page_of(neighbours.list_neighbours(store, id), page)
