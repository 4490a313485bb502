"""What is active: decoded and looked up in the graph."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.context import StoreDep
from api.inputs import Submission, request_body, submission
from api.paging import NoQuery
from api.reproduce import reproduce
from api.schemas.selection import Activation, ActivationOptions, ActivationRequest
from composer.activation import activate
from composer.export import MEDIA, Format, export

router = APIRouter(prefix="/activations", tags=["selection"])

SUBMISSION = submission(ActivationRequest, ActivationOptions)
BODY = request_body(ActivationRequest, ActivationOptions)


@router.post("", response_model=Activation, openapi_extra=BODY)
def activate_regions(
    request: Request, store: StoreDep, sent: Submission = SUBMISSION
) -> dict[str, Any]:
    """Decode a map, peaks, regions, functions or a scenario.

    The answer holds the active regions with their functions, areas, candidate models and
    evidence, what fell outside the atlas, and three ways to reproduce it.
    """
    found = activate(store, sent.inputs)
    return {**found.to_dict(), "reproduce": reproduce(request, sent, found)}


class ExportQuery(NoQuery):
    """As what."""

    format: Format = Field(default="graphml", description="The kind of file.")


FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()
        },
    }
}


@router.post("/export", response_class=Response, responses=FILE, openapi_extra=BODY)
def export_activation(
    store: StoreDep, query: Annotated[ExportQuery, Query()], sent: Submission = SUBMISSION
) -> Response:
    """Decode as `POST /activations` does and answer with a file.

    GraphML (the network of the active regions with graph measures), CSV (its regions), NIfTI (a
    map of the weights) or a zipped BIDS dseg with its table.
    """
    made = export(store, activate(store, sent.inputs), query.format)
    headers = {"content-disposition": f'attachment; filename="{made.name}"'}
    return Response(made.content, media_type=made.media_type, headers=headers)
