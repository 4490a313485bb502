"""Time that each sampler needs per trial, over a study of 500 trials.

Run ``python -m bench.sampler_overhead [--json]``. The space is NAS-Bench-201's (six genes of five
operations); the objective is free, so that what is measured is asking and telling. Processor time
of one thread, after a warm-up that imports what there is to import. The baseline is Optuna's TPE.
NAO trains three networks and is shown for comparison.
"""

from __future__ import annotations

import time

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution

from bench._report import SHORT, Results, case, main
from search.samplers import make_sampler

SPACE: dict[str, BaseDistribution] = {
    f"edge{i}": CategoricalDistribution((0, 1, 2, 3, 4)) for i in range(6)
}
SAMPLERS = ("random", "evolution", "reinforce", "progressive", "nao")
TRIALS = 40 if SHORT else 500
WARM = 25


def study(sampler: str, trials: int, seed: int) -> None:
    """Ask and tell: as many genes as possible in their middle position are best."""
    asked = optuna.create_study(sampler=make_sampler(sampler, SPACE, seed=seed))
    for _ in range(trials):
        trial = asked.ask(SPACE)
        asked.tell(trial, sum(abs(gene - 2) for gene in trial.params.values()))


def per_trial(sampler: str) -> float:
    """Milliseconds."""
    study(sampler, WARM, seed=0)
    start = time.process_time()
    study(sampler, TRIALS, seed=1)
    return (time.process_time() - start) / TRIALS * 1e3


def run() -> Results:
    import torch

    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    tpe = per_trial("tpe")
    return {f"{name}, {TRIALS} trials": case(per_trial(name), tpe, "ms") for name in SAMPLERS}


if __name__ == "__main__":
    main(run, __doc__)
