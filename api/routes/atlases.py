"""Atlases."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import Page, Paging, page_of
from api.schemas.brain import Atlas
from api.schemas.checks import Check
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
