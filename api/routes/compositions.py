"""Networks woven from activations: their plans, scores, weights and predictions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from api.access.policy import requires
from api.context import ConfigDep, StoreDep
from api.etag import TaggedRoute
from api.paging import Page, Paging
from api.schemas.library import Composition, Prediction, PredictRequest
from api.weights import SAFETENSORS, weights_file
from atlas.errors import InvalidInput
from composer.checkpoints import CheckpointStore
from graph import compositions
from jobs.composed import front_of

router = APIRouter(
    prefix="/compositions",
    tags=["library"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer")],
)


@router.get("", response_model=Page[Composition])
def list_compositions(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the compositions."""
    items, following = compositions.list_compositions(store, page.limit, page.after)
    return {"items": items, "next": following}


@router.get("/{id}", response_model=Composition)
def get_composition(store: StoreDep, id: str) -> dict[str, Any]:
    """Show a composition with its plan, history and scores; and its search's front, if any."""
    row = compositions.get(store, id)
    return {**row, "front": front_of(row)}


@router.get("/{id}/file", response_class=FileResponse, responses=SAFETENSORS)
def get_composition_file(store: StoreDep, config: ConfigDep, id: str) -> Response:
    """Download the composition's own weights as safetensors."""
    return weights_file(config, compositions.get(store, id)["weights_sha256"])


@router.post(
    "/{id}/predict", response_model=Prediction, dependencies=[requires("viewer", heavy=True)]
)
def predict(store: StoreDep, config: ConfigDep, id: str, body: PredictRequest) -> dict[str, Any]:
    """Label raw samples with a composed network."""
    # This brings torch; of the other routes only uploads of weights need it.
    from composer.predict import predict as run

    try:
        return run(store, CheckpointStore.at(config.home), id, body.inputs)
    except OverflowError as error:
        raise InvalidInput("inputs", found=error, expected="numbers that fit a float") from error
