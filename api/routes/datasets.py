"""What networks are trained on."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access.policy import requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import Page, Paging, page_of
from api.schemas.library import Dataset
from graph import datasets

router = APIRouter(
    prefix="/datasets", tags=["library"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


@router.get("", response_model=Page[Dataset])
def list_datasets(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the data sets that something in the library was trained on."""
    return page_of(datasets.list_datasets(store), page)


@router.get("/{id}", response_model=Dataset)
def get_dataset(store: StoreDep, id: str) -> dict[str, Any]:
    """Show one data set with its modalities, labels and licence."""
    return datasets.get(store, id)
