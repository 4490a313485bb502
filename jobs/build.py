"""The road from an activation to a network in the graph: select, plan, pre-train, search, keep.

This is the one place where the brain half, the networks and the search meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atlas.errors import InvalidInput
from atlas.progress import Progress, part, silent
from composer.activation import activate
from composer.offer import Offer
from composer.plan import Plan, make_plan
from graph import datasets as dataset_records
from graph import models
from graph.store import Store
from jobs import build_search, composed
from jobs.branches import dataset_record, ready_branches
from jobs.build_request import BuildRequest
from training.datasets import DatasetEntry, find_dataset

if TYPE_CHECKING:
    from composer.supply import Supply
    from jobs.context import JobContext
    from training.data import MultimodalData


def run(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Run a build as a job (see ``jobs.kinds``)."""
    with Store.open(context.store_config) as store:
        return run_build(store, context.home, BuildRequest.from_dict(payload), context.progress)


def run_build(
    store: Store, home: Path, request: BuildRequest, progress: Progress | None = None
) -> dict[str, Any]:
    """Build the network that an activation calls for and put it into the graph.

    Args:
        store: the graph.
        home: folder of checkpoints and cached features.
        request: activation, data set, search.
        progress: called with a message and the fraction done.

    Returns:
        The keys of ``build``: composition, checkpoint, seed, trials, slots, validation, test;
        ``front``: the networks that no other one beats, where costs were minimised; and
        ``reused``: whether this very network was there already.

    Raises:
        InvalidInput: nothing active has a model for this data set, or the request is malformed.
        NotFound: unknown atlas, scenario, region, function or data set.
        Unavailable: the database or the disk gave up; nothing is half-registered.
    """
    from training.features import FeatureCache

    say = progress or silent
    say("reading the activation", 0.0)
    check_build(store, home, request)  # a mistake shows before anything is loaded
    say("opening the data set and planning", 0.0)
    planned = plan_build(store, home, request)
    entry = find_dataset(request.dataset, home)
    dataset_records.put(store, dataset_record(entry, planned.data), by="build")
    features = FeatureCache(home, planned.supply.weights, planned.data)
    branches = ready_branches(
        planned.supply,
        planned.plan,
        features,
        request.seed,
        part(say, 0.02, 0.6),
        sizes=request.sizes,
        optimizers=request.optimizers,
        budget=request.budget,
    )
    row, reused = build_search.run(
        store, request, planned.plan, features, branches, part(say, 0.6, 0.99)
    )
    say("known already" if reused else "done", 1.0)
    return composed.answer(row, reused=reused)


@dataclass(frozen=True, slots=True)
class Planned:
    """A build that can go ahead: the plan, and what it was made with."""

    plan: Plan
    supply: Supply
    data: MultimodalData


def check_build(store: Store, home: Path, request: BuildRequest) -> None:
    """Check a request as far as that goes without opening the data set: quick, without torch.

    Where latency is limited all is planned, for it is measured on the data set's shapes.

    Raises:
        InvalidInput: a search that cannot be, or nothing active has a model for these modalities.
        NotFound: unknown atlas, scenario, region, function or data set.
    """
    entry = _checked(store, home, request)
    entry.require(home)
    if request.budget.latency_ms is None:
        _planned(store, request, Offer(store, home, entry.modalities))
    else:
        plan_build(store, home, request)


def plan_build(store: Store, home: Path, request: BuildRequest) -> Planned:
    """Check a request, open its data set and plan it; nothing is trained.

    Raises:
        InvalidInput: a search that cannot be, a data set that nothing can be trained on, or
            nothing active has a model for it.
        NotFound: unknown atlas, scenario, region, function or data set.
    """
    from composer.supply import Supply

    data = _checked(store, home, request).load(home)
    supply = Supply(store, home, data.offered)
    return Planned(_planned(store, request, supply), supply, data)


def _checked(store: Store, home: Path, request: BuildRequest) -> DatasetEntry:
    request.check()
    entry = find_dataset(request.dataset, home)
    if not models.list_models(store):
        from composer.library import register_models

        register_models(store)
    return entry


def _planned(store: Store, request: BuildRequest, offer: Offer) -> Plan:
    activation = activate(store, request.inputs)
    plan = make_plan(store, activation, offer=offer, budget=request.budget)
    if plan.slots:
        return plan
    reasons = "; ".join(f"{row['area']}: {row['reason']}" for row in plan.excluded)
    raise InvalidInput(
        request.inputs.kind,
        found=f"no functional area that a network can be built for ({reasons or 'none is active'})",
        expected=f"at least one area with models for the data set {request.dataset}",
    )
