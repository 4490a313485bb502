"""Searchers with three objectives on NAS-Bench-Macro: accuracy, parameters, FLOPs.

Run ``python -m bench.pareto [--json] [--seeds N]``. The table stands in for training: 200 trials.
A searcher sees the accuracy of one of three training seeds, drawn once per network and search. It
ends with the trials that nothing it saw dominates, and these are valued at the mean accuracy.

Each objective is scaled to 0 for the worst of the whole table and 1 for the best, and the worst of
all three is the reference point; so the hypervolume is a share of the unit cube. Shown is by how
many percent it falls short of that of the true front, mean over the seeds. The baseline is random
search, or in the first rows a searcher of Optuna; the ratio says how many times less ours misses.

Options of ours were chosen on this table with other seeds than those used here.
"""

from __future__ import annotations

import os
import random
import statistics
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.samplers import BaseSampler, NSGAIISampler

from bench._report import SHORT, Results, case, main
from bench.nas_tables import macro, table
from search.samplers import make_sampler

Points = NDArray[np.float64]
POPULATIONS = {"NSGA-II of 20": 20, "NSGA-II of 50": 50}
"""Optuna's; 50 is its default."""
PEERS = (*POPULATIONS, "tpe")
SEARCHERS = ("evolution", *PEERS, "random")
TRIALS = 25 if SHORT else 200
SEEDS = 1 if SHORT else 20


@cache
def costs() -> dict[str, tuple[float, float]]:
    """Parameters and FLOPs of each network."""
    return {code: (row["params"], row["flops"]) for code, row in macro().items()}


def hypervolume(points: Points) -> float:
    """Volume of what points (n, 3), none of them below 0, dominate above the origin.

    >>> hypervolume(np.array([(1.0, 1.0, 0.5), (0.5, 0.5, 1.0), (0.4, 0.4, 0.4)]))
    0.625
    """
    points = points[np.argsort(-points[:, 2], kind="stable")]
    depths = points[:, 2] - np.append(points[1:, 2], 0)
    return float(sum(_area(points[: i + 1, :2]) * d for i, d in enumerate(depths) if d))


def _area(points: Points) -> float:
    points = points[np.argsort(-points[:, 0], kind="stable")]
    widths = points[:, 0] - np.append(points[1:, 0], 0)
    return float(widths @ np.maximum.accumulate(points[:, 1]))


@cache
def truth() -> tuple[dict[str, Points], float]:
    """Each network in the unit cube, and the hypervolume of them all."""
    worth = table("macro").worth
    raw = np.array([(worth[code], *(-cost for cost in costs()[code])) for code in worth])
    scaled = (raw - raw.min(axis=0)) / np.ptp(raw, axis=0)
    return dict(zip(worth, scaled, strict=True)), hypervolume(scaled)


def sampler(searcher: str, seed: int) -> BaseSampler:
    """One of ``SEARCHERS``."""
    if searcher in POPULATIONS:
        return NSGAIISampler(seed=seed, population_size=POPULATIONS[searcher])
    return make_sampler(searcher, table("macro").space, seed=seed)


def missing(searcher: str, seed: int) -> float:
    """Percent of the true front's hypervolume that a search misses."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    of = table("macro")
    study = optuna.create_study(
        directions=["maximize", "minimize", "minimize"], sampler=sampler(searcher, seed)
    )
    for _ in range(TRIALS):
        trial = study.ask(of.space)
        code = of.code(trial.params)
        draw = random.Random(f"{seed}/{code}")
        study.tell(trial, (draw.choice(of.seen[code]), *costs()[code]))
    places, all_of_it = truth()
    front = np.array([places[of.code(trial.params)] for trial in study.best_trials])
    return 100 * (1 - hypervolume(front) / all_of_it)


def run(seeds: int) -> Results:
    jobs = [(searcher, seed) for searcher in SEARCHERS for seed in range(seeds)]
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        shares = list(pool.map(missing, *zip(*jobs, strict=True), chunksize=2))
    mean = {
        searcher: statistics.fmean(shares[i * seeds : (i + 1) * seeds])
        for i, searcher in enumerate(SEARCHERS)
    }
    pairs = [("evolution", peer) for peer in PEERS]
    pairs += [(searcher, "random") for searcher in SEARCHERS[:-1]]
    return {
        f"{one} against {other}": case(mean[one], mean[other], "% missing") for one, other in pairs
    }


if __name__ == "__main__":
    main(run, __doc__, seeds=SEEDS)
