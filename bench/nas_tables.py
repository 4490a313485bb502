"""Searchers against random search on NAS-Bench-Macro and NAS-Bench-201 (three data sets).

Run ``python -m bench.nas_tables [--json]``. A table stands in for training: 200 trials, 20 seeds.
The searchers see what a real search sees: the validation accuracy of 201, and on Macro, which has
none, the accuracy of one of three training seeds, drawn once per network and search. The regret is
that of the network with the best accuracy seen, on what was not seen (201: test; Macro: mean of the
three), to the best of the table. Shown is the mean over the seeds; the baseline is random search,
or Optuna's TPE in the last rows, and the ratio says how many times smaller our regret is.

Options of our samplers were chosen on ``TUNED`` with other seeds than those used here; the rows of
the other two tables and the means over them are free of that choice.
"""

from __future__ import annotations

import csv
import json
import math
import os
import random
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution

from bench._report import SHORT, Case, Results, case, main
from search.samplers import make_sampler
from tests.data_dir import NASBENCH

OPERATIONS = ("none", "skip", "conv1x1", "conv3x3", "pool3x3")
MACRO = NASBENCH / "nas-bench-macro_cifar10.json"
BLOCKS = ("identity", "mb3_k3", "mb6_k5")
TABLES = ("macro", "cifar10", "cifar100", "imagenet16")
TUNED = ("macro", "cifar100")
OURS = ("evolution", "reinforce", "nao", "progressive")
TRIALS = 25 if SHORT else 200
SEEDS = range(1 if SHORT else 20)
PROCESSES = os.cpu_count() or 1


@dataclass(frozen=True)
class Table:
    """Every network of a space: what a search may see of it, and what it is worth."""

    space: dict[str, BaseDistribution]
    seen: Mapping[str, Sequence[float]]
    worth: Mapping[str, float]

    def code(self, params: Mapping[str, str]) -> str:
        """The table's name of a network."""
        return "".join(
            str(gene.choices.index(params[name]))
            for name, gene in self.space.items()
            if isinstance(gene, CategoricalDistribution)
        )


@cache
def macro() -> dict[str, dict[str, Any]]:
    """NAS-Bench-Macro as its file has it: accuracies, parameters and FLOPs of each network."""
    rows: dict[str, dict[str, Any]] = json.loads(MACRO.read_text())
    return rows


@cache
def table(name: str) -> Table:
    """One of ``TABLES``, accuracies in percent."""
    if name == "macro":
        rows = macro()
        genes: dict[str, BaseDistribution] = {
            f"block{i}": CategoricalDistribution(BLOCKS) for i in range(8)
        }
        seen = {code: row["test_acc"] for code, row in rows.items()}
        return Table(genes, seen, {code: row["mean_acc"] for code, row in rows.items()})
    with Path(NASBENCH / "nasbench201_12ep.csv").open() as file:
        lines = list(csv.DictReader(file))
    genes = {f"edge{i}": CategoricalDistribution(OPERATIONS) for i in range(6)}
    return Table(
        genes,
        {line["code"]: [float(line[f"{name}_val"])] for line in lines},
        {line["code"]: float(line[f"{name}_test"]) for line in lines},
    )


def regret(name: str, sampler: str, seed: int, trials: int = TRIALS, **options: object) -> float:
    """Points between the network that a search ends with and the best of the table."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    of = table(name)
    study = optuna.create_study(
        direction="maximize", sampler=make_sampler(sampler, of.space, seed=seed)
    )
    for _ in range(trials):
        trial = study.ask(of.space)
        code = of.code(trial.params)
        draw = random.Random(f"{seed}/{code}")
        study.tell(trial, draw.choice(of.seen[code]))
    return max(of.worth.values()) - of.worth[of.code(study.best_params)]


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def run() -> Results:
    samplers = ("random", "tpe", *OURS)
    jobs = [(name, sampler, seed) for name in TABLES for sampler in samplers for seed in SEEDS]
    with ProcessPoolExecutor(PROCESSES, initializer=_one_thread) as pool:
        regrets = list(pool.map(regret, *zip(*jobs, strict=True), chunksize=4))
    mean: dict[tuple[str, str], float] = {}
    for name in TABLES:
        for sampler in samplers:
            mean[name, sampler] = statistics.fmean(
                value
                for job, value in zip(jobs, regrets, strict=True)
                if job[:2] == (name, sampler)
            )
    results: Results = {}
    for sampler in ("tpe", *OURS):
        for name in TABLES:
            results[f"{sampler}, {name}"] = _points(mean[name, sampler], mean[name, "random"])
    untouched = [name for name in TABLES if name not in TUNED]
    for sampler in OURS:
        for label, names in (("all tables", TABLES), ("tables not tuned on", untouched)):
            ours, theirs = (
                math.exp(statistics.fmean(math.log(mean[name, which]) for name in names))
                for which in (sampler, "tpe")
            )
            results[f"{sampler} against tpe, {label}"] = _points(ours, theirs)
    return results


def _points(ours: float, baseline: float) -> Case:
    return case(ours, baseline, "points")


if __name__ == "__main__":
    main(run, __doc__)
