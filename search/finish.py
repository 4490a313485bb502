"""The end of a search: retrain the winner, keep the best, look at the test split once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from composer.spec import FusionSpec
from search.evaluate import Evaluator, Trained, derive
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
    """
    specs = {**found.specs, "searched": found.best}
    steps = len(specs) + 2
    trained: dict[str, Trained] = {}
    rows: dict[str, Trained] = {}
    for step, (name, spec) in enumerate(specs.items()):
        _say(progress, f"training {name}", step / steps)
        key = architecture(spec)
        if key not in trained:
            trained[key] = evaluator.train(spec, seed=derive(seed, "head", key))
        rows[name] = trained[key]
    _say(progress, "retraining the winner", (steps - 2) / steps)
    longer = evaluator.train(found.best, seed=derive(seed, "finish"), effort=effort)
    order = [longer, rows["searched"], *rows.values()]
    rows["result"] = max(order, key=lambda network: network.validation)
    _say(progress, "testing", (steps - 1) / steps)
    scores = evaluator.test(list(rows.values()))
    _say(progress, "tested", 1.0)
    return FinishResult(
        rows["result"].spec,
        rows["result"],
        {name: network.validation for name, network in rows.items()},
        dict(zip(rows, scores, strict=True)),
    )


def _say(progress: Progress | None, message: str, fraction: float) -> None:
    if progress is not None:
        progress(message, fraction)
