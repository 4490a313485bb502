"""The road from an activation to a network in the graph: select, plan, pre-train, search, keep.

This is the one place where the brain half, the networks and the search meet.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from atlas.errors import InvalidInput, NotFound
from atlas.progress import Progress, part, silent
from composer.activation import Inputs, activate
from composer.budget import Budget
from composer.offer import Offer
from composer.plan import Plan, make_plan
from graph import compositions, models
from graph import datasets as dataset_records
from graph.compositions import CompositionRecord
from graph.store import Store
from jobs.branches import dataset_record, ready_branches
from search.study import check_search
from training.datasets import DatasetEntry, find_dataset

if TYPE_CHECKING:
    from composer.checkpoints import CheckpointStore
    from composer.supply import Supply
    from jobs.context import JobContext
    from search.evaluate import Evaluator
    from search.finish import FinishResult
    from search.run import SearchResult
    from search.space import FusionSpace
    from training.data import MultimodalData
    from training.features import FeatureCache


FORMAT = 3
"""Part of every composition's id: raise it when the same request should give another network."""

OWN = ("dataset", "trials", "sampler", "pruner", "batch", "seed", "fresh")
"""Keys of a request beside those of its inputs and its budget."""


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What a build is asked for.

    ``sampler``, ``pruner`` and ``batch`` are those of :func:`search.study.search`; ``fresh``
    searches again even where the result is known; ``budget`` limits each candidate.
    """

    inputs: Inputs
    dataset: str = "digits-dtmf"
    trials: int = 24
    sampler: str = "evolution"
    seed: int = 0
    fresh: bool = False
    budget: Budget = field(default_factory=Budget)
    pruner: str = "none"
    batch: int = 1

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the inputs' keys beside the search's."""
        plain = {**self.inputs.to_dict(), **{key: getattr(self, key) for key in OWN}}
        limits = self.budget.to_dict()
        return {**plain, "budget": limits} if limits else plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BuildRequest:
        """Inverse of :meth:`to_dict`; what is missing takes its default."""
        given = {key: data[key] for key in OWN if data.get(key) is not None}
        budget = Budget(**(data.get("budget") or {}))
        return cls(Inputs.from_dict(data), **given, budget=budget)


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
        The keys of ``build``: composition, checkpoint, seed, trials, slots, validation, test; and
        ``reused``: whether this very network was there already.

    Raises:
        InvalidInput: nothing active has a model for this data set, or the request is malformed.
        NotFound: unknown atlas, scenario, region, function or data set.
        Unavailable: the database or the disk gave up; nothing is half-registered.
    """
    from composer.network import save_composition
    from search.cached import CachedEvaluator
    from training.features import FeatureCache

    say = progress or silent
    say("reading the activation", 0.0)
    check_build(store, home, request)  # a mistake shows before anything is loaded
    say("opening the data set and planning", 0.0)
    planned = plan_build(store, home, request)
    plan, supply, data = planned.plan, planned.supply, planned.data
    dataset_records.put(
        store, dataset_record(find_dataset(request.dataset, home), data), by="build"
    )
    weights = supply.weights
    features = FeatureCache(home, weights, data)
    candidates = ready_branches(supply, plan, features, request.seed, part(say, 0.02, 0.6))
    composition = _identity(request, plan, data, candidates)
    with _alone(home / "studies" / composition, say) as journal:
        known = None if request.fresh else _known(store, weights, composition)
        if known is not None:
            say("known already", 1.0)
            return known
        evaluator = CachedEvaluator(features)
        space = _space(features, plan, candidates)
        found, final = _search(space, evaluator, request, journal, part(say, 0.6, 0.99))
        stored = save_composition(
            weights, final.spec, final.trained.head, labels=data.labels, seed=request.seed
        )
        record = _record(composition, request, plan, found, final, stored.sha256)
        compositions.put(store, record, by="build")
        journal.unlink(missing_ok=True)
    say("done", 1.0)
    return _answer(compositions.get(store, composition), reused=False)


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
    check_search(request.sampler, trials=request.trials, pruner=request.pruner, batch=request.batch)
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


@contextmanager
def _alone(path: Path, say: Progress) -> Iterator[Path]:
    """Hold a search for oneself: who asks for the same network meanwhile waits for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say("another process is building this network; waiting for it", 0.6)
        lock.acquire()
    try:
        yield path.with_suffix(".journal")
    finally:
        lock.release()


def _search(
    space: FusionSpace, evaluator: Evaluator, request: BuildRequest, journal: Path, say: Progress
) -> tuple[SearchResult, FinishResult]:
    """Search and finish. The journal lets a build that was cut off go on where it stopped."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    from search.finish import finish
    from search.study import search

    if request.fresh:
        journal.unlink(missing_ok=True)
    # We are alone here. What a killed attempt left locked, Optuna would respect for 30 seconds.
    journal.with_suffix(".journal.lock").unlink(missing_ok=True)
    found = search(
        space,
        evaluator,
        sampler=request.sampler,
        pruner=request.pruner,
        batch=request.batch,
        trials=request.trials,
        seed=request.seed,
        alone=True,
        storage=JournalStorage(JournalFileBackend(str(journal))),
        progress=part(say, 0.0, 0.75),
    )
    return found, finish(found, evaluator, seed=request.seed, progress=part(say, 0.75, 1.0))


def _space(
    features: FeatureCache, plan: Plan, candidates: Mapping[str, Mapping[str, str]]
) -> FusionSpace:
    from composer.spec import as_tree
    from search.space import FusionSpace, SlotOptions

    return FusionSpace.from_slots(
        [
            SlotOptions(
                slot.area,
                [
                    (sha256, list(features.branch(sha256).network.taps))
                    for sha256 in candidates[slot.area].values()
                ],
            )
            for slot in plan.slots
        ],
        tree=as_tree(plan.fusion),
    )


def _identity(
    request: BuildRequest,
    plan: Plan,
    data: MultimodalData,
    candidates: Mapping[str, Mapping[str, str]],
) -> str:
    """Id of the composition: a digest of everything that its weights follow from."""
    basis = {
        "format": FORMAT,
        "plan": plan.digest,
        "scenario": request.inputs.scenario,
        "data": data.digest,
        "candidates": candidates,
        "trials": request.trials,
        "sampler": request.sampler,
        "seed": request.seed,
    }
    # Left out where they are the default, so that what was built before they came is still known.
    basis |= {"pruner": request.pruner} if request.pruner != "none" else {}
    basis |= {"batch": request.batch} if request.batch > 1 else {}
    text = json.dumps(basis, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _known(store: Store, weights: CheckpointStore, composition: str) -> dict[str, Any] | None:
    try:
        row = compositions.get(store, composition)
    except NotFound:
        return None
    there = row["weights_sha256"] in set(weights.list())
    return _answer(row, reused=True) if there else None


def _record(
    composition: str,
    request: BuildRequest,
    plan: Plan,
    found: SearchResult,
    final: FinishResult,
    sha256: str,
) -> CompositionRecord:
    taps = final.spec.taps()
    uses = [
        {"slot": slot, "checkpoint": checkpoint, "taps": taps[slot]}
        for slot, checkpoint in zip(final.spec.slots, final.spec.checkpoints, strict=True)
    ]
    told = ("kind", "spec", "value", "pruned", "gap")
    history: list[dict[str, Any]] = [
        {key: trial[key] for key in told if key in trial} for trial in found.trials
    ]
    return CompositionRecord(
        id=composition,
        scenario=request.inputs.scenario,
        plan=plan.to_dict(),
        spec=final.spec.to_dict(),
        uses=uses,
        weights_sha256=sha256,
        validation=final.validation,
        test=final.test,
        seed=request.seed,
        trials=len(found.trials),
        history=history,
        request=request.to_dict(),
        created_by="build",
    )


def _answer(row: Mapping[str, Any], *, reused: bool) -> dict[str, Any]:
    """The keys of ``build`` from a stored composition."""
    return {
        "composition": row["id"],
        "checkpoint": row["weights_sha256"],
        "seed": row["seed"],
        "trials": row["trials"],
        "scenario": row["scenario"],
        "kind": row["spec"]["kind"],
        "slots": [
            {"area": use["slot"], "checkpoint": use["checkpoint"], "taps": use["taps"]}
            for use in row["uses"]
        ],
        "validation": row["validation"],
        "test": row["test"],
        "reused": reused,
    }
