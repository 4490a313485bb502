"""How an activation becomes one network; nothing is trained."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access.policy import requires
from api.context import ConfigDep, StoreDep
from api.inputs import Submission, request_body, submission
from api.schemas.selection import Plan
from api.schemas.service import PlanForm, PlanOptions, PlanRequest
from composer.activation import activate
from composer.plan import make_plan
from training.datasets import supply_of

router = APIRouter(
    prefix="/plans", tags=["selection"], dependencies=[requires("viewer", heavy=True)]
)

SUBMISSION = submission(PlanRequest, PlanForm)
BODY = request_body(PlanRequest, PlanForm)


@router.post("", response_model=Plan, openapi_extra=BODY)
def make_composition_plan(
    store: StoreDep, config: ConfigDep, sent: Submission = SUBMISSION
) -> dict[str, Any]:
    """Plan the network of an activation: slots, candidates with reasons, coupling, fusion tree.

    With a data set, models that it cannot feed are left out, as a build would; with limits, those
    that cost more.
    """
    body = sent.body
    assert isinstance(body, PlanOptions)
    activation = activate(store, sent.inputs)
    supply = supply_of(store, config.home, body.dataset)
    return make_plan(store, activation, offer=supply, budget=body.budget).to_dict()
