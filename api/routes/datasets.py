"""What networks are trained on."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.access.policy import requires
from api.context import StoreDep
from api.editing import tagged
from api.etag import TaggedRoute
from api.paging import Page, Paging, page_of
from api.schemas.library import Dataset
from api.vocabulary import add_routes
from graph import datasets

router = APIRouter(
    prefix="/datasets", tags=["library"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


@router.get("", response_model=Page[Dataset])
def list_datasets(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the data sets that something in the library was trained on."""
    return page_of(datasets.list_datasets(store), page)


@router.get("/{id:record}", response_model=Dataset)
def get_dataset(store: StoreDep, response: Response, id: str) -> dict[str, Any]:
    """Show one data set; one that others have replaced says by which."""
    return tagged(response, datasets.get(store, id))


add_routes(router, "dataset")
