"""What is active: decoded and looked up in the graph."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.access.policy import requires
from api.attachment import FILE, ExportQuery, attached
from api.context import StoreDep
from api.inputs import Submission, request_body, submission
from api.paging import NoQuery
from api.reproduce import reproduce
from api.routes.analysis import FIGURE
from api.schemas.selection import Activation, ActivationForm, ActivationRequest
from composer.activation import activate
from composer.export import export
from composer.figures.canvas import MEDIA_TYPES
from composer.figures.canvas import Format as FigureFormat
from composer.report.figures import brain_figure
from composer.report.page import POLICY, report

router = APIRouter(
    prefix="/activations", tags=["selection"], dependencies=[requires("viewer", heavy=True)]
)

SUBMISSION = submission(ActivationRequest, ActivationForm)
BODY = request_body(ActivationRequest, ActivationForm)


@router.post("", response_model=Activation, openapi_extra=BODY)
def activate_regions(
    request: Request, store: StoreDep, sent: Submission = SUBMISSION
) -> dict[str, Any]:
    """Decode a map, masks, a time series, peaks, regions, functions or a scenario.

    The answer holds the active regions with their functions, areas, candidate models and
    evidence, what fell outside the atlas, and three ways to reproduce it.
    """
    found = activate(store, sent.inputs)
    return {**found.to_dict(), "reproduce": reproduce(request, sent, found)}


@router.post("/export", response_class=Response, responses=FILE, openapi_extra=BODY)
def export_activation(
    store: StoreDep, query: Annotated[ExportQuery, Query()], sent: Submission = SUBMISSION
) -> Response:
    """Decode as `POST /activations` does and answer with a file.

    GraphML (the network of the active regions with graph measures), CSV (its regions), NIfTI (a
    map of the weights) or a zipped BIDS dseg with its table.
    """
    return attached(export(store, activate(store, sent.inputs), query.format))


class FigureQuery(NoQuery):
    """As what."""

    format: FigureFormat = Field(default="png", description="The kind of file.")


@router.post("/figure", response_class=Response, responses=FIGURE, openapi_extra=BODY)
def draw_activation(
    store: StoreDep, query: Annotated[FigureQuery, Query()], sent: Submission = SUBMISSION
) -> Response:
    """Draw a glass brain: the map if there is one, else the active regions."""
    figure = brain_figure(activate(store, sent.inputs), query.format)
    return Response(figure, media_type=MEDIA_TYPES[query.format])


PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}}
}


@router.post("/report", response_class=Response, responses=PAGE, openapi_extra=BODY)
def report_activation(request: Request, store: StoreDep, sent: Submission = SUBMISSION) -> Response:
    """Decode as `POST /activations` does and answer with one self-contained HTML page.

    It holds figures, regions, clusters, functions with their evidence, areas, models, sources and
    licences, and how to do it again; no scripts, nothing loaded from elsewhere.
    """
    found = activate(store, sent.inputs)
    again = reproduce(request, sent, found)
    commands = {
        "Python": again["python"],
        "HTTP": again["http"],
        "Cypher": again["cypher"]["query"],
    }
    page = report(store, found, commands, map_name=dict(sent.files).get("map"))
    headers = {"content-security-policy": POLICY, "x-content-type-options": "nosniff"}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)
