"""What holds for every sampler: repeats itself, resumes, learns from others, wastes no trial."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.storages import InMemoryStorage
from optuna.study import Study
from optuna.trial import TrialState

from atlas.errors import InvalidInput
from search.samplers import (
    EvolutionSampler,
    NaoSampler,
    ProgressiveSampler,
    ReinforceSampler,
)
from search.samplers.base import merits
from search.samplers.reinforce import PROPOSED_AT
from search.study import METHODS, search
from tests.search.tables import Table, small_space

optuna.logging.set_verbosity(optuna.logging.WARNING)

SPACE: dict[str, BaseDistribution] = {
    **{f"gene{i}": CategoricalDistribution(("a", "b", "c")) for i in range(4)},
    "size": IntDistribution(0, 60),
}
GOAL = {"gene0": "b", "gene1": "c", "gene2": "a", "gene3": "b"}
STARTUP = 8

Factory = Callable[[int], BaseSampler]
FACTORIES: dict[str, Factory] = {
    "evolution": lambda seed: EvolutionSampler(SPACE, seed=seed, startup=STARTUP),
    "reinforce": lambda seed: ReinforceSampler(
        SPACE, seed=seed, startup=STARTUP, hidden=8, groups=[["gene0", "gene1"], ["size"]]
    ),
    "nao": lambda seed: NaoSampler(
        SPACE, seed=seed, startup=STARTUP, hidden=8, lessons=20, steps=3
    ),
    "progressive": lambda seed: ProgressiveSampler(
        SPACE, seed=seed, startup=STARTUP, beam=8, lessons=30
    ),
}


@pytest.fixture(params=sorted(FACTORIES))
def make(request: pytest.FixtureRequest) -> Factory:
    return FACTORIES[request.param]


def worth(params: dict[str, Any]) -> float:
    return sum(params[name] == best for name, best in GOAL.items()) - abs(params["size"] - 40) / 60


def study_of(sampler: BaseSampler, storage: InMemoryStorage | None = None) -> Study:
    return optuna.create_study(
        study_name="s", storage=storage, sampler=sampler, direction="maximize"
    )


def run(study: Study, trials: int) -> list[dict[str, Any]]:
    for _ in range(trials):
        trial = study.ask(SPACE)
        study.tell(trial, worth(trial.params))
    return [trial.params for trial in study.trials]


def test_resumed_after_every_trial_it_goes_on_as_if_never_cut(make: Factory) -> None:
    whole = run(study_of(make(9)), 20)
    storage = InMemoryStorage()
    study = study_of(make(9), storage)
    run(study, 11)
    study.sampler = pickle.loads(pickle.dumps(study.sampler))
    run(study, 4)
    study.sampler = make(9)
    assert run(study, 5) == whole
    assert run(study_of(make(8)), 20) != whole


def test_late_results_in_any_order_and_no_proposal_twice(make: Factory) -> None:
    study = study_of(make(3))
    for _ in range(5):
        batch = [study.ask(SPACE) for _ in range(4)]
        for trial in reversed(batch):
            study.tell(trial, worth(trial.params))
    assert len({tuple(trial.params.values()) for trial in study.trials}) == 20


def test_continues_the_trials_of_another_and_survives_odd_ones(make: Factory) -> None:
    study = study_of(RandomSampler(seed=1))
    run(study, 12)
    best = study.best_value
    nothing = optuna.create_trial(value=99.0)
    endless = optuna.create_trial(
        params=study.trials[0].params, distributions=SPACE, value=float("-inf")
    )
    part = optuna.create_trial(
        params={"gene0": "b"}, distributions={"gene0": SPACE["gene0"]}, value=-1.0
    )
    study.add_trials([nothing, endless, part])
    study.tell(study.ask(SPACE), state=TrialState.FAIL)
    study.sampler = make(0)
    run(study, 25)
    later = [trial.value or 0.0 for trial in study.trials[16:]]
    assert max(later) > best


def test_several_objectives_are_ranked_by_front(make: Factory) -> None:
    study = optuna.create_study(sampler=make(2), directions=["maximize", "minimize"])
    for _ in range(STARTUP + 4):
        trial = study.ask(SPACE)
        study.tell(trial, (worth(trial.params), trial.params["size"]))
    ranked = merits(study.trials, study)
    front = {trial.number for trial in study.best_trials}
    others = [merit for i, merit in enumerate(ranked) if i not in front]
    assert min(ranked[i] for i in front) > max(others)


def test_the_controller_signs_its_proposals() -> None:
    study = study_of(FACTORIES["reinforce"](0))
    run(study, STARTUP + 2)
    signed = [PROPOSED_AT in trial.system_attrs for trial in study.trials]
    assert signed == [False] * STARTUP + [True] * 2
    assert all(study.trials[i].system_attrs[PROPOSED_AT] < 0 for i in (-1, -2))


@pytest.mark.parametrize("name", METHODS)
def test_a_search_trains_no_network_twice_whoever_samples(name: str) -> None:
    table = Table()
    storage = InMemoryStorage()
    search(small_space(), table, sampler="random", trials=12, storage=storage)
    found = search(small_space(), table, sampler=name, trials=30, storage=storage)
    assert len(set(table.trained)) == len(table.trained)
    assert sum(trial["kind"] == "layers" for trial in found.trials) == 30


@pytest.mark.parametrize(
    ("sampler", "options", "field"),
    [
        (ReinforceSampler, {"groups": [["gene0"], ["gene0"]]}, "groups"),
        (ReinforceSampler, {"groups": [["nose"]]}, "groups"),
        (ReinforceSampler, {"clip": 0}, "clip"),
        (ReinforceSampler, {"baseline": 1}, "baseline"),
        (ReinforceSampler, {"entropy": -1}, "entropy"),
        (NaoSampler, {"elite": 0}, "elite"),
        (NaoSampler, {"balance": 1}, "balance"),
        (NaoSampler, {"step": 0}, "step"),
        (ProgressiveSampler, {"beam": 0}, "beam"),
        (ProgressiveSampler, {"coolest": 2}, "coolest"),
        (ProgressiveSampler, {"startup": 0}, "startup"),
    ],
)
def test_senseless_options_are_named(
    sampler: Callable[..., BaseSampler], options: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        sampler(SPACE, **options)
    assert error.value.field == field


def test_importing_the_samplers_does_not_import_torch() -> None:
    code = "import sys, search.samplers; print('torch' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"


WORKER = """
import sys, optuna
from tests.search.test_samplers_learned import FACTORIES, SPACE, worth
name, url = sys.argv[1:]
study = optuna.load_study(study_name="s", storage=url, sampler=FACTORIES[name](int(name == "nao")))
for _ in range(10):
    trial = study.ask(SPACE)
    study.tell(trial, worth(trial.params))
"""


@pytest.mark.slow
def test_different_samplers_in_several_processes_share_one_study(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    optuna.create_study(study_name="s", storage=url, direction="maximize")
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, name, url]) for name in sorted(FACTORIES)
    ]
    assert [worker.wait(120) for worker in workers] == [0] * len(workers)
    trials = optuna.load_study(study_name="s", storage=url).trials
    assert len(trials) == 10 * len(workers)
    assert all(trial.state == TrialState.COMPLETE for trial in trials)
