"""The end of a search: a committee of its best, the choice of what is kept, one look at test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atlas.errors import Unavailable
from atlas.progress import Progress
from composer.spec import FusionSpec
from search.evaluate import FAULTS, Evaluator, Outcome, Trained, derive
from search.run import SearchResult
from search.space import architecture

MEMBERS = 5
"""Networks in a committee."""


@dataclass(frozen=True, slots=True)
class FinishResult:
    """The network that is kept, and the table: accuracies by name on validation and test.

    Names: each slot (its best branch alone), ``best_single``, ``sum_log_prob``, ``late_concat``,
    ``stacking``, ``searched`` (the winner as the search saw it) and ``result`` (what is kept).
    """

    spec: FusionSpec
    trained: Trained
    validation: dict[str, float]
    test: dict[str, float]


def finish(
    found: SearchResult,
    evaluator: Evaluator,
    *,
    seed: int = 0,
    members: int = MEMBERS,
    progress: Progress | None = None,
) -> FinishResult:
    """Train the best candidates anew, each from another initialisation, and keep their committee.

    The best of many on validation owes part of its lead to luck: the initialisation and the
    samples happened to suit it, and nothing of that is left on other samples. The mean of the
    first few depends on no single draw (Hansen & Salamon 1990). So the committee is kept even
    where the winner's own value is higher; but where a trivial fusion is better than the
    committee on validation, that one is. Hence ``result`` is never below the best of them there.

    Where the search minimised costs its choice is kept as it is: a committee would cost more than
    what was measured.

    The members are at most ``members`` networks over the winner's branches, the best of the
    search, none below the best trivial fusion, which may be one of them. ``seed`` is the search's.
    The test split is read once, for all rows together, after every choice is made. A network that
    cannot be trained now (no memory, numbers that ran away) has no row and no seat; the others
    stay in the race.

    Raises:
        Unavailable: none can be trained.
    """
    specs = {**found.specs, "searched": found.best}
    steps = len(specs) + 2
    outcomes: dict[str, Outcome] = {}
    for step, (name, spec) in enumerate(specs.items()):
        _say(progress, f"training {name}", step / steps)
        key = architecture(spec)
        if key not in outcomes:
            outcomes[key] = _trained(evaluator, spec, derive(seed, "head", key))
    trained = {name: outcomes[architecture(spec)] for name, spec in specs.items()}
    rows = {name: network for name, network in trained.items() if isinstance(network, Trained)}
    if found.front:
        choice = [rows["searched"]] if "searched" in rows else []
    else:
        _say(progress, "training the committee", (steps - 2) / steps)
        choice = _committee(evaluator, _best(found, members), seed)
        choice += [rows[name] for name in found.specs if name in rows]
    choice = choice or list(rows.values())
    if not choice:
        raise Unavailable(
            "finish", found="no network that can be trained", hint=str(outcomes.popitem()[1])
        )
    rows["result"] = max(choice, key=lambda network: network.validation)
    _say(progress, "testing", (steps - 1) / steps)
    scores = evaluator.test(list(rows.values()))
    _say(progress, "tested", 1.0)
    return FinishResult(
        rows["result"].spec,
        rows["result"],
        {name: network.validation for name, network in rows.items()},
        dict(zip(rows, scores, strict=True)),
    )


def _committee(evaluator: Evaluator, specs: Sequence[FusionSpec], seed: int) -> list[Trained]:
    """The committee of networks trained anew; the one that could be trained alone; or nothing."""
    seeds = [derive(seed, "finish", architecture(spec)) for spec in specs]
    outcomes = evaluator.train_many(specs, seeds=seeds)
    able = [network for network in outcomes if isinstance(network, Trained)]
    return [evaluator.unite(able)] if len(able) > 1 else able


def _best(found: SearchResult, members: int) -> list[FusionSpec]:
    """Who the committee's members are, best first, and earlier ones before equals."""
    least = max(found.trivial.values())
    able = [
        trial
        for trial in found.trials
        if trial["value"] is not None and trial["value"] >= least and "pruned" not in trial
    ]
    able.sort(key=lambda trial: -float(trial["value"]))
    specs = [FusionSpec.from_dict(trial["spec"]) for trial in able]
    return [spec for spec in specs if spec.checkpoints == found.best.checkpoints][:members]


def _trained(evaluator: Evaluator, spec: FusionSpec, seed: int) -> Outcome:
    try:
        return evaluator.train(spec, seed=seed)
    except FAULTS as error:
        return error


def _say(progress: Progress | None, message: str, fraction: float) -> None:
    if progress is not None:
        progress(message, fraction)
