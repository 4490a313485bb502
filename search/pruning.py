"""Pruners by name: which trials are stopped before their budget of epochs is spent.

Source of ``asha``: Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020;
Optuna's successive halving is that method, asynchronous and with the study as its only state.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from optuna import Trial, TrialPruned
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner

from atlas.errors import InvalidInput

FIRST = 1 / 9
"""Share of the budget after which ``asha`` judges for the first time."""

REDUCTION = 3
"""One in so many goes on at each rung of ``asha``."""

PrunerFactory = Callable[[int], BasePruner]

PRUNERS: dict[str, PrunerFactory] = {
    "asha": lambda epochs: SuccessiveHalvingPruner(
        min_resource=max(1, math.ceil(epochs * FIRST)), reduction_factor=REDUCTION
    ),
    "median": lambda epochs: MedianPruner(n_warmup_steps=math.ceil(epochs * FIRST)),
    "none": lambda epochs: NopPruner(),
}


def make_pruner(name: str, *, epochs: int) -> BasePruner:
    """The pruner called ``name`` for trials of at most ``epochs`` epochs.

    Raises:
        InvalidInput: ``name`` is not a key of :data:`PRUNERS`, or there is no epoch.

    >>> type(make_pruner("asha", epochs=27)).__name__
    'SuccessiveHalvingPruner'
    """
    if epochs < 1:
        raise InvalidInput("epochs", found=epochs, expected="at least 1")
    return find_pruner(name)(epochs)


def find_pruner(name: str) -> PrunerFactory:
    """What makes the pruner called ``name`` for a number of epochs.

    Raises:
        InvalidInput: ``name`` is not a key of :data:`PRUNERS`.
    """
    if name not in PRUNERS:
        raise InvalidInput(
            "pruner", found=repr(name), expected=f"one of {', '.join(sorted(PRUNERS))}"
        )
    return PRUNERS[name]


def report(trial: Trial, value: float, epoch: int) -> None:
    """Tell the study how a trial stands after ``epoch`` (1, 2, ...); end it if it is hopeless.

    Raises:
        TrialPruned: the pruner says so; the trial's last value stays in the study.
    """
    trial.report(value, epoch)
    if trial.should_prune():
        raise TrialPruned(f"after epoch {epoch}")
