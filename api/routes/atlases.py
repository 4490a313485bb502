"""Atlases."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import Page, PageQuery, Paging, page_of
from api.schemas.brain import Atlas, Overlap
from api.schemas.checks import Check
from composer.relate import overlaps_between
from graph import atlases, candidates

router = APIRouter(prefix="/atlases", tags=["brain"], route_class=TaggedRoute)


@router.get("", response_model=Page[Atlas])
def list_atlases(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the atlases by id."""
    return page_of(atlases.list_atlases(store), page)


@router.get("/{id}", response_model=Atlas)
def get_atlas(store: StoreDep, id: str) -> dict[str, Any]:
    """Show one atlas with its source and the number of its regions."""
    return atlases.get(store, id)


@router.get("/{id}/check", response_model=Check)
def check_atlas(store: StoreDep, id: str) -> dict[str, Any]:
    """Judge an atlas: errors make answers wrong, warnings doubtful, notes are good to know."""
    return candidates.check_stored(store, id).to_dict()


class OverlapQuery(PageQuery):
    """With which atlas."""

    other: str = Field(alias="with", description="The other atlas.")
    region: str | None = Field(default=None, description="Of this region only.")


@router.get("/{id}/overlaps", response_model=Page[Overlap])
def list_atlas_overlaps(
    store: StoreDep, id: str, query: Annotated[OverlapQuery, Query()]
) -> dict[str, Any]:
    """List how its regions overlap those of another atlas: Dice, both containments, a word."""
    rows = overlaps_between(store, id, query.other, query.region)
    for row in rows:
        row["id"] = f"{row['a']} {row['b']}"
    return page_of(rows, query)
