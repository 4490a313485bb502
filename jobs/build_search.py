"""The search of a build: one at a time for a network, resumed where it stopped; what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from atlas.errors import InvalidInput
from atlas.progress import Progress, part
from composer.plan import Plan
from graph import compositions
from graph.store import Row, Store
from jobs import composed
from jobs.build_request import BuildRequest
from jobs.variants import Branches, Variant

if TYPE_CHECKING:
    from search.finish import FinishResult
    from search.space import FusionSpace
    from training.features import FeatureCache


def run(
    store: Store,
    request: BuildRequest,
    plan: Plan,
    features: FeatureCache,
    branches: Branches,
    say: Progress,
) -> tuple[Row, bool]:
    """The composition that a request ends with, and whether it was there already.

    Raises:
        InvalidInput: a pick beyond the front.
    """
    composition = composed.identity(request, plan, features.data, branches)
    study = composed.study(request, plan, features.data, branches)
    with _alone(features.home / "studies" / study, say) as journal:
        row = None if request.fresh else composed.known(store, features.checkpoints, composition)
        reused = row is not None
        if row is None:
            space, whole = _space(features, plan, branches), replace(request, pick=None)
            trials, final = _searched(space, features, whole, journal, say)
            tried = composed.history(trials, branches)
            row = _filed(store, features, composition, whole, plan.to_dict(), tried, final)
    if request.pick is None:
        return row, reused
    front = composed.front_of(row)
    if request.pick > len(front):
        expected = f"1 to {len(front)}, a place in the front of composition {composition}"
        raise InvalidInput("pick", found=request.pick, expected=expected)
    one = front[request.pick - 1]
    return (row, reused) if one["kept"] else _picked(store, features, row, one, request)


@contextmanager
def _alone(path: Path, say: Progress) -> Iterator[Path]:
    """Hold a search for oneself: who asks for the same network meanwhile waits for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say("another process is at this search; waiting for it", 0.0)
        lock.acquire()
    try:
        yield path.with_suffix(".journal")
    finally:
        lock.release()


def _searched(
    space: FusionSpace, features: FeatureCache, request: BuildRequest, journal: Path, say: Progress
) -> tuple[list[dict[str, Any]], FinishResult]:
    """Search and finish. By the journal it goes on where one was cut off, or had fewer trials."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    from search.cached import CachedEvaluator
    from search.finish import finish
    from search.study import search

    if request.fresh:
        journal.unlink(missing_ok=True)
    # We are alone here. What a killed attempt left locked, Optuna would respect for 30 seconds.
    journal.with_suffix(".journal.lock").unlink(missing_ok=True)
    evaluator = CachedEvaluator(features)
    found = search(
        space,
        evaluator,
        sampler=request.sampler,
        pruner=request.pruner,
        batch=request.batch,
        trials=request.trials,
        seed=request.seed,
        minimize=request.minimize,
        alone=True,
        storage=JournalStorage(JournalFileBackend(str(journal))),
        progress=part(say, 0.0, 0.75),
    )
    final = finish(found, evaluator, seed=request.seed, progress=part(say, 0.75, 1.0))
    return found.trials, final


def _picked(
    store: Store, features: FeatureCache, row: Row, one: Mapping[str, Any], request: BuildRequest
) -> tuple[Row, bool]:
    """The composition of another network of a search's front, and whether it was there already.

    It is trained as the search trained it, so it is the network that the search has measured.
    """
    from composer.spec import FusionSpec
    from search.cached import CachedEvaluator
    from search.finish import finish
    from search.run import SearchResult

    composition = composed.picked_identity(row["id"], one["spec"])
    known = None if request.fresh else composed.known(store, features.checkpoints, composition)
    if known is not None:
        return known, True
    spec = FusionSpec.from_dict(one["spec"])
    found = SearchResult(spec, one["value"], row["history"], {}, {}, [dict(one)])
    final = finish(found, CachedEvaluator(features), seed=request.seed)
    final = replace(
        final,
        validation={**row["validation"], **final.validation},
        test={**row["test"], **final.test},
    )
    tried = row["history"]
    return _filed(store, features, composition, request, row["plan"], tried, final), False


def _filed(
    store: Store,
    features: FeatureCache,
    composition: str,
    request: BuildRequest,
    plan: Mapping[str, Any],
    tried: list[dict[str, Any]],
    final: FinishResult,
) -> Row:
    """The composition that a search's end has become in the graph, after its weights."""
    from composer.network import save_composition

    stored = save_composition(
        features.checkpoints,
        final.spec,
        final.trained.head,
        labels=features.data.labels,
        seed=request.seed,
    )
    record = composed.record(composition, request, plan, tried, final, stored.sha256)
    compositions.put(store, record, by="build")
    return compositions.get(store, composition)


def _space(features: FeatureCache, plan: Plan, branches: Branches) -> FusionSpace:
    """The networks over these branches. Where one is made in several ways, these are the genes."""
    from composer.spec import as_tree
    from search.space import FusionSpace, SlotOptions

    slots = []
    for slot in plan.slots:
        made: dict[str, Variant] = {}  # models of one structure share a checkpoint
        for variant, sha256 in branches[slot.area].items():
            made.setdefault(sha256, variant)
        candidates = [(sha256, list(features.branch(sha256).network.taps)) for sha256 in made]
        several = len({variant.model for variant in made.values()}) < len(made)
        genes = [variant.genes for variant in made.values()] if several else []
        slots.append(SlotOptions(slot.area, candidates, genes))
    return FusionSpace.from_slots(slots, tree=as_tree(plan.fusion))
