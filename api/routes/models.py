"""The model library: structures."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access.policy import requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import Page, Paging, page_of
from api.schemas.library import Model
from graph import models

router = APIRouter(
    prefix="/models", tags=["library"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


@router.get("", response_model=Page[Model])
def list_models(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the models by id."""
    return page_of(models.list_models(store), page)


@router.get("/{id}", response_model=Model)
def get_model(store: StoreDep, id: str) -> dict[str, Any]:
    """Show one model with its areas, inputs and tap points."""
    return models.get(store, id)
