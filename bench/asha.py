"""A search whose lagging candidates are stopped early (ASHA) against one with full budgets.

Run ``python -m bench.asha [--json]``. The same random proposals over the demo's data, the same
seeds, trained branches, no early stopping of its own. The first row counts epochs, the second the
validation accuracy, in per cent, of what each search found; its name says by how many points ASHA
falls short, mean and standard deviation over the seeds.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from bench._report import SHORT, Results, case, main
from bench._scenes import scenes
from search.cached import CachedEvaluator
from search.space import FusionSpace
from search.study import search
from training.demo_data import digits_dtmf
from training.head import HeadSettings

TRIALS, SEEDS, EPOCHS = (12, 2, 9) if SHORT else (40, 3, 18)
BRANCH_EPOCHS = 1 if SHORT else 10


def searched(
    evaluator: CachedEvaluator, space: FusionSpace, pruner: str, seed: int
) -> tuple[int, float]:
    """Epochs spent on layered networks, and the best validation accuracy of those not pruned."""
    found = search(space, evaluator, sampler="random", trials=TRIALS, seed=seed, pruner=pruner)
    layered = [trial for trial in found.trials if trial["kind"] == "layers"]
    whole = [trial["value"] for trial in layered if "pruned" not in trial]
    return sum(trial["epochs"] for trial in layered), 100 * max(whole)


def run() -> Results:
    settings = HeadSettings(epochs=EPOCHS, patience=None)
    with tempfile.TemporaryDirectory() as home:
        cache, slots = scenes(Path(home), digits_dtmf(), epochs=BRANCH_EPOCHS)
        evaluator = CachedEvaluator(cache, settings)
        space = FusionSpace.from_slots(slots, 2)
        ours, theirs = (
            [searched(evaluator, space, pruner, seed) for seed in range(SEEDS)]
            for pruner in ("asha", "none")
        )
    short = [full - pruned for (_, pruned), (_, full) in zip(ours, theirs, strict=True)]
    mean, spread = statistics.mean(short), statistics.stdev(short)
    best = [statistics.mean(value for _, value in found) for found in (ours, theirs)]
    return {
        f"epochs of {SEEDS} × {TRIALS} candidates": case(
            sum(epochs for epochs, _ in ours), sum(epochs for epochs, _ in theirs), "epochs"
        ),
        f"best found, {mean:.2f} ± {spread:.2f} points less": case(best[0], best[1], "%"),
    }


if __name__ == "__main__":
    main(run, __doc__)
