"""How an activation becomes one network; nothing is trained."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access.policy import requires
from api.context import StoreDep
from api.inputs import Submission
from api.routes.activations import BODY, SUBMISSION
from api.schemas.selection import Plan
from composer.activation import activate
from composer.plan import make_plan

router = APIRouter(
    prefix="/plans", tags=["selection"], dependencies=[requires("viewer", heavy=True)]
)


@router.post("", response_model=Plan, openapi_extra=BODY)
def make_composition_plan(store: StoreDep, sent: Submission = SUBMISSION) -> dict[str, Any]:
    """Plan the network of an activation: slots, candidates with reasons, coupling, fusion tree."""
    return make_plan(store, activate(store, sent.inputs)).to_dict()
