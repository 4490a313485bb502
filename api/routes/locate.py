"""From a coordinate to a region."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field, FiniteFloat

from api.access.policy import requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import NoQuery
from api.schemas.brain import Location
from composer.activation import DEFAULT_ATLAS, load_atlas

router = APIRouter(tags=["brain"], route_class=TaggedRoute, dependencies=[requires("viewer")])


class LocateQuery(NoQuery):
    """A coordinate in mm of a named space."""

    x: FiniteFloat
    y: FiniteFloat
    z: FiniteFloat
    atlas: str = DEFAULT_ATLAS
    space: str | None = Field(default=None, description="The atlas' own space if not said.")


@router.get("/locate", response_model=Location)
def locate(store: StoreDep, query: Annotated[LocateQuery, Query()]) -> dict[str, Any]:
    """Say which region of an atlas holds a coordinate, and which one is nearest."""
    # Heavy (geometry), and needed by this route only.
    from atlas.decode.locate import locate as locate_point

    atlas = load_atlas(store, query.atlas)
    return locate_point(atlas, query.x, query.y, query.z, query.space or atlas.space)
