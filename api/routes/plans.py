"""How an activation becomes one network; nothing is trained."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access.policy import requires
from api.context import StoreDep
from api.inputs import Submission, request_body, submission
from api.schemas.selection import Plan
from api.schemas.service import PlanForm, PlanOptions, PlanRequest
from composer.activation import activate
from composer.plan import make_plan
from training.datasets import find_dataset

router = APIRouter(
    prefix="/plans", tags=["selection"], dependencies=[requires("viewer", heavy=True)]
)

SUBMISSION = submission(PlanRequest, PlanForm)
BODY = request_body(PlanRequest, PlanForm)


@router.post("", response_model=Plan, openapi_extra=BODY)
def make_composition_plan(store: StoreDep, sent: Submission = SUBMISSION) -> dict[str, Any]:
    """Plan the network of an activation: slots, candidates with reasons, coupling, fusion tree.

    With a data set, models that it cannot feed are left out; with limits, those that cost more.
    """
    body = sent.body
    assert isinstance(body, PlanOptions)
    modalities = find_dataset(body.dataset).modalities if body.dataset else None
    activation = activate(store, sent.inputs)
    return make_plan(store, activation, modalities=modalities, budget=body.budget).to_dict()
