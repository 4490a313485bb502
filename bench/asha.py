"""A search whose lagging candidates are stopped early (ASHA) against one with full budgets.

Run ``python -m bench.asha [--json]``. The same random proposals over the demo's data, the same
seeds, branches that were never trained, no early stopping of its own. The first row counts epochs,
the second the validation accuracy, in per cent, of what each search found.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench._report import Results, case, main
from bench._scenes import scenes
from search.cached import CachedEvaluator
from search.space import FusionSpace
from search.study import search
from training.demo_data import digits_dtmf
from training.head import HeadSettings

TRIALS, SEEDS, EPOCHS = 24, 1, 18


def run() -> Results:
    settings = HeadSettings(epochs=EPOCHS, patience=None)
    epochs, best = {"asha": 0, "none": 0}, {"asha": 0.0, "none": 0.0}
    with tempfile.TemporaryDirectory() as home:
        cache, slots = scenes(Path(home), digits_dtmf())
        space = FusionSpace.from_slots(slots, 2)
        for seed in range(SEEDS):
            for pruner in epochs:
                found = search(
                    space,
                    CachedEvaluator(cache, settings),
                    sampler="random",
                    trials=TRIALS,
                    seed=seed,
                    pruner=pruner,
                )
                layered = [trial for trial in found.trials if trial["kind"] == "layers"]
                whole = [t["value"] for t in layered if "pruned" not in t]
                epochs[pruner] += sum(trial["epochs"] for trial in layered)
                best[pruner] += 100 * max(whole) / SEEDS
    return {
        f"epochs of {SEEDS} × {TRIALS} candidates": case(epochs["asha"], epochs["none"], "epochs"),
        "best found": {
            "ours": best["asha"],
            "baseline": best["none"],
            "ratio": best["asha"] / best["none"],
            "unit": "%",
        },
    }


if __name__ == "__main__":
    main(run, __doc__)
