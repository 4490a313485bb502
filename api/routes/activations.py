"""What is active: decoded and looked up in the graph."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from api.context import StoreDep
from api.inputs import Submission, request_body, submission
from api.reproduce import reproduce
from api.schemas.selection import Activation, ActivationOptions, ActivationRequest
from composer.activation import activate

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
