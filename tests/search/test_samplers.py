"""All samplers pass Optuna's own cases; evolution's parents and children."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    MultiObjectiveSamplerTestCase,
    RelativeSamplerTestCase,
)

from atlas.errors import InvalidInput
from search.samplers import (
    EvolutionSampler,
    NaoSampler,
    ProgressiveSampler,
    RandomSampler,
    ReinforceSampler,
    make_sampler,
)
from search.samplers.genes import Coding, draw, mutate
from search.samplers.pareto import order

pytestmark = pytest.mark.filterwarnings("ignore:The distribution is specified by")
optuna.logging.set_verbosity(optuna.logging.WARNING)

SPACE: dict[str, BaseDistribution] = {
    "x": FloatDistribution(-1.0, 1.0),
    "y": IntDistribution(0, 10),
    "z": CategoricalDistribution(("a", "b", "c")),
}

FACTORIES: dict[str, Callable[[], BaseSampler]] = {
    "random": RandomSampler,
    "evolution": lambda: EvolutionSampler({}),
    "evolution-own-space": lambda: EvolutionSampler(SPACE, startup=2, seed=3),
    "evolution-by-name": lambda: make_sampler("evolution", SPACE, seed=4),
    "reinforce": lambda: ReinforceSampler(SPACE, startup=2, seed=5, hidden=4),
    "nao": lambda: NaoSampler(SPACE, startup=2, seed=6, hidden=4, lessons=2, steps=2),
    "progressive": lambda: ProgressiveSampler(SPACE, startup=2, seed=7, beam=4, lessons=2),
}


class _Samplers:
    @pytest.fixture(params=sorted(FACTORIES))
    def sampler(self, request: pytest.FixtureRequest) -> Callable[[], BaseSampler]:
        return FACTORIES[request.param]


class TestBasic(_Samplers, BasicSamplerTestCase):
    pass


class TestRelative(RelativeSamplerTestCase):
    """Not for random, which draws every parameter independently."""

    @pytest.fixture(params=sorted(FACTORIES.keys() - {"random"}))
    def sampler(self, request: pytest.FixtureRequest) -> Callable[[], BaseSampler]:
        return FACTORIES[request.param]


class TestMultiObjective(_Samplers, MultiObjectiveSamplerTestCase):
    pass


def cost(params: dict[str, Any]) -> float:
    return float(params["x"] ** 2 + abs(params["y"] - 7) + "abc".index(params["z"]))


def run(study: Study, trials: int) -> Study:
    for _ in range(trials):
        trial = study.ask(SPACE)
        study.tell(trial, cost(trial.params))
    return study


def evolution(seed: int, **options: int) -> EvolutionSampler:
    return EvolutionSampler(SPACE, seed=seed, **options)


def params_of(study: Study) -> list[dict[str, Any]]:
    return [trial.params for trial in study.trials]


def test_same_seed_same_proposals_other_seed_others() -> None:
    first, again, other = (
        params_of(run(optuna.create_study(sampler=evolution(seed)), 30)) for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other


def test_a_resumed_study_goes_on_as_if_never_cut() -> None:
    whole = run(optuna.create_study(sampler=evolution(9)), 40)
    storage = optuna.storages.InMemoryStorage()
    run(optuna.create_study(study_name="s", storage=storage, sampler=evolution(9)), 17)
    rest = optuna.load_study(study_name="s", storage=storage, sampler=evolution(9))
    assert params_of(run(rest, 23)) == params_of(whole)


def test_reseeding_changes_the_stream() -> None:
    sampler = evolution(5)
    sampler.reseed_rng()
    reseeded = run(optuna.create_study(sampler=sampler), 5)
    assert params_of(reseeded) != params_of(run(optuna.create_study(sampler=evolution(5)), 5))


def test_children_differ_from_their_parent_in_one_gene() -> None:
    study = run(optuna.create_study(sampler=evolution(1, population=1)), 12)
    trials = params_of(study)
    for parent, child in itertools.pairwise(trials):
        assert sum(parent[name] != child[name] for name in SPACE) == 1


def test_beats_random_search_on_a_ridge() -> None:
    def mean_best(name: str) -> float:
        bests = [
            run(optuna.create_study(sampler=make_sampler(name, SPACE, seed=seed)), 60).best_value
            for seed in range(10)
        ]
        return sum(bests) / len(bests)

    assert mean_best("evolution") < mean_best("random")


def test_failed_and_pruned_trials_are_no_parents() -> None:
    study = optuna.create_study(sampler=evolution(2, population=4))
    good = {"x": 0.0, "y": 7, "z": "a"}
    for state in (optuna.trial.TrialState.FAIL, optuna.trial.TrialState.PRUNED):
        study.add_trial(
            optuna.create_trial(
                params=good,
                distributions=SPACE,
                state=state,
                value=None,
            )
        )
    bad = {"x": 1.0, "y": 0, "z": "c"}
    for _ in range(4):
        study.add_trial(optuna.create_trial(params=bad, distributions=SPACE, value=cost(bad)))
    child = study.ask(SPACE).params
    assert sum(child[name] != bad[name] for name in SPACE) == 1


def test_learns_from_the_trials_of_another_sampler() -> None:
    study = run(optuna.create_study(sampler=RandomSampler(seed=0)), 20)
    study.sampler = evolution(1)
    assert study.sampler.infer_relative_search_space(study, study.trials[0]) == SPACE
    before = study.best_value
    run(study, 40)
    assert study.best_value < before


def test_late_results_are_taken_in_any_order() -> None:
    study = optuna.create_study(sampler=evolution(3, startup=4))
    for _ in range(6):
        batch = [study.ask(SPACE) for _ in range(5)]
        assert len({tuple(trial.params.values()) for trial in batch}) == 5
        for trial in reversed(batch):
            study.tell(trial, cost(trial.params))
    assert len(study.trials) == 30


def test_conditional_genes_are_inherited_where_the_parent_has_them() -> None:
    space: dict[str, BaseDistribution] = {
        "kind": CategoricalDistribution(("left", "right")),
        "left": FloatDistribution(0.0, 1.0),
        "right": FloatDistribution(0.0, 1.0),
    }
    study = optuna.create_study(sampler=EvolutionSampler(space, seed=0, startup=4))

    def objective(trial: optuna.Trial) -> float:
        kind = trial.suggest_categorical("kind", ("left", "right"))
        return trial.suggest_float(kind, 0.0, 1.0) + (kind == "right")

    study.optimize(objective, n_trials=60)
    assert study.best_params["kind"] == "left"
    assert study.best_value < 0.1


def test_several_objectives_keep_the_undominated() -> None:
    study = optuna.create_study(
        directions=["minimize", "maximize"], sampler=evolution(0, startup=8)
    )
    for _ in range(60):
        trial = study.ask(SPACE)
        study.tell(trial, (cost(trial.params), trial.params["y"]))
    assert min(trial.values[0] for trial in study.best_trials) < 0.5


def test_with_several_objectives_the_tournament_is_the_same() -> None:
    sampler = EvolutionSampler(SPACE, seed=0, startup=8, tournament=1.0, crossover=0.0)
    study = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler)
    for number in range(40):
        trial = study.ask(SPACE)
        if number >= 8:  # with the whole population in it the first has every child
            first = study.trials[order([[-v for v in t.values] for t in study.trials[:-1]])[0]]
            assert sum(trial.params[name] != first.params[name] for name in SPACE) == 1
        study.tell(trial, (cost(trial.params), trial.params["y"]))


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"population": 0}, "population"),
        ({"tournament": 0}, "tournament"),
        ({"spread": 0}, "spread"),
    ],
)
def test_senseless_options_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        evolution(0, **options)
    assert error.value.field == field


def test_unknown_sampler_lists_the_known() -> None:
    with pytest.raises(InvalidInput, match="evolution, nao, progressive, random, reinforce, tpe"):
        make_sampler("annealing", SPACE)


ints = st.integers(1, 50)


@given(
    low=ints, span=st.integers(0, 40), step=st.integers(1, 7), log=st.booleans(), seed=st.integers()
)
def test_mutation_stays_inside_and_moves(
    low: int, span: int, step: int, log: bool, seed: int
) -> None:
    distribution = (
        IntDistribution(low, low + span, log=True)
        if log
        else IntDistribution(low, low + span, step=step)
    )
    rng = random.Random(seed)
    value = draw(distribution, rng)
    changed = mutate(distribution, value, rng)
    for candidate in (value, changed):
        assert type(candidate) is int
        assert distribution._contains(distribution.to_internal_repr(candidate))
    assert changed != value or distribution.single()


@pytest.mark.parametrize(
    "distribution",
    [
        FloatDistribution(2.0, 2.0),
        FloatDistribution(2.0, 2.0, log=True),
        FloatDistribution(0.0, 0.3, step=0.5),
        IntDistribution(4, 4),
        IntDistribution(4, 4, log=True),
        CategoricalDistribution((None,)),
    ],
)
def test_a_gene_of_one_value_has_a_token(distribution: BaseDistribution) -> None:
    rng = random.Random(0)
    value = draw(distribution, rng)
    coding = Coding({"gene": distribution})
    assert coding.encode((value,)) == (0,)
    assert coding.decode((0,), rng) == {"gene": value}
    assert mutate(distribution, value, rng) == value
