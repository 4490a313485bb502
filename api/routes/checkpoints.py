"""The model library: trained weights."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field

from api.access.policy import requires
from api.context import ConfigDep, StoreDep
from api.etag import TaggedRoute
from api.paging import Page, PageQuery, page_of
from api.schemas.library import Checkpoint
from api.weights import SAFETENSORS, weights_file
from graph import checkpoints

router = APIRouter(
    prefix="/checkpoints",
    tags=["library"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer")],
)

Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


class CheckpointQuery(PageQuery):
    """Which checkpoints."""

    model: str | None = Field(default=None, description="Of this model.")
    dataset: str | None = Field(default=None, description="Trained on this data set.")


@router.get("", response_model=Page[Checkpoint])
def list_checkpoints(store: StoreDep, query: Annotated[CheckpointQuery, Query()]) -> dict[str, Any]:
    """List trained weights."""
    rows = checkpoints.list_checkpoints(store, model=query.model, dataset=query.dataset)
    return page_of(rows, query, key="sha256")


@router.get("/{sha256}", response_model=Checkpoint)
def get_checkpoint(store: StoreDep, sha256: Sha256) -> dict[str, Any]:
    """Show where weights come from and how good they are."""
    return checkpoints.get(store, sha256)


@router.get("/{sha256}/file", response_class=FileResponse, responses=SAFETENSORS)
def get_checkpoint_file(request: Request, config: ConfigDep, sha256: Sha256) -> Response:
    """Download weights as safetensors, those of compositions included."""
    return weights_file(request, config, sha256)
