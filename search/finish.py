"""The end of a search: retrain the winner, keep the best, look at the test split once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from atlas.errors import Unavailable
from composer.spec import FusionSpec
from search.evaluate import FAULTS, Evaluator, Outcome, Trained, derive
from search.run import SearchResult
from search.space import architecture

Progress = Callable[[str, float], None]


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
    effort: float = 3.0,
    progress: Progress | None = None,
) -> FinishResult:
    """Train the winner anew and for longer, from another initialisation, and keep the best.

    The winner as it was found and the trivial fusions stay in the race, so that ``result`` is
    never below the best of them on validation; equals go to the retrained network. ``seed`` is
    the search's. The test split is read once, for all rows together, after every choice is made.

    A network that cannot be trained now (no memory, numbers that ran away) has no row; the others
    stay in the race.

    Raises:
        Unavailable: none can be trained.
    """
    specs = {**found.specs, "searched": found.best}
    steps = len(specs) + 2
    outcomes: dict[str, Outcome] = {}
    rows: dict[str, Trained] = {}
    for step, (name, spec) in enumerate(specs.items()):
        _say(progress, f"training {name}", step / steps)
        key = architecture(spec)
        if key not in outcomes:
            outcomes[key] = _trained(evaluator, spec, derive(seed, "head", key))
        if isinstance(outcome := outcomes[key], Trained):
            rows[name] = outcome
    _say(progress, "retraining the winner", (steps - 2) / steps)
    longer = _trained(evaluator, found.best, derive(seed, "finish"), effort)
    order = [longer, rows.get("searched"), *rows.values()]
    whole = [network for network in order if isinstance(network, Trained)]
    if not whole:
        raise Unavailable("finish", found="no network that can be trained", hint=str(longer))
    rows["result"] = max(whole, key=lambda network: network.validation)
    _say(progress, "testing", (steps - 1) / steps)
    scores = evaluator.test(list(rows.values()))
    _say(progress, "tested", 1.0)
    return FinishResult(
        rows["result"].spec,
        rows["result"],
        {name: network.validation for name, network in rows.items()},
        dict(zip(rows, scores, strict=True)),
    )


def _trained(evaluator: Evaluator, spec: FusionSpec, seed: int, effort: float = 1.0) -> Outcome:
    try:
        return evaluator.train(spec, seed=seed, effort=effort)
    except FAULTS as error:
        return error


def _say(progress: Progress | None, message: str, fraction: float) -> None:
    if progress is not None:
        progress(message, fraction)
