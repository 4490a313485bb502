"""Stored activations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from api.access.policy import requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import Page, Paging, page_of
from api.schemas.library import Scenario
from graph import scenarios

router = APIRouter(
    prefix="/scenarios",
    tags=["selection"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer")],
)


@router.get("", response_model=Page[Scenario])
def list_scenarios(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the scenarios by id."""
    return page_of([asdict(one) for one in scenarios.list_scenarios(store)], page)


@router.get("/{id}", response_model=Scenario)
def get_scenario(store: StoreDep, id: str) -> dict[str, Any]:
    """Show one scenario with its peaks or regions and its citation."""
    return asdict(scenarios.get(store, id))
