"""Pruners by name: good trials get their whole budget, most others a ninth of it."""

from __future__ import annotations

import optuna
import pytest
from optuna.trial import TrialState

from atlas.errors import InvalidInput
from search.pruning import make_pruner, report

EPOCHS = 27


def run(pruner: str) -> tuple[optuna.Study, int]:
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=make_pruner(pruner, epochs=EPOCHS),
    )
    spent = 0

    def objective(trial: optuna.Trial) -> float:
        nonlocal spent
        limit = trial.suggest_float("limit", 0, 1)
        for epoch in range(1, EPOCHS + 1):
            spent += 1
            report(trial, limit * (1 - 0.8**epoch), epoch)
        return limit

    study.optimize(objective, n_trials=40)
    return study, spent


def test_asha_finds_the_same_for_a_third_of_the_epochs() -> None:
    pruned, spent = run("asha")
    whole, everything = run("none")
    assert everything == 40 * EPOCHS
    assert spent < 0.35 * everything
    assert pruned.best_params == whole.best_params
    states = {trial.state for trial in pruned.trials}
    assert states == {TrialState.COMPLETE, TrialState.PRUNED}


def test_median_stops_the_worse_half_after_a_warm_up() -> None:
    study, spent = run("median")
    lengths = [len(trial.intermediate_values) for trial in study.trials]
    assert min(lengths) == EPOCHS // 9
    assert spent < 40 * EPOCHS


@pytest.mark.parametrize(("name", "epochs", "field"), [("axe", 9, "pruner"), ("asha", 0, "epochs")])
def test_unknown_names_and_no_epochs_are_refused(name: str, epochs: int, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        make_pruner(name, epochs=epochs)
    assert error.value.field == field
