"""Accuracy against costs: the front nobody beats, the choice of one, and the study behind it."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.storages.journal import JournalFileBackend

from atlas.errors import Conflict, InvalidInput
from composer.spec import FusionSpec
from search.finish import finish
from search.objectives import COSTS, Candidate, choice, front
from search.samplers import SAMPLERS
from search.study import search
from tests.search.tables import Table, accuracy, duration_ms, size, small_space

NUMBERS = st.integers(1, 6)
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=30)


def beats(one: Candidate, other: Candidate) -> bool:
    """At least as good in everything, better in something."""
    pairs = [(one["value"], other["value"]), *((-one[c], -other[c]) for c in COSTS)]
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


@given(ROWS)
def test_a_front_has_every_trade_off_once_and_nothing_that_is_beaten(
    rows: list[tuple[int, int, int]],
) -> None:
    tried = [
        {"value": value / 10, "parameters": size, "latency_ms": took, "number": number}
        for number, (value, size, took) in enumerate(rows)
    ]
    found = front(tried, COSTS)
    assert not any(beats(one, other) for one, other in itertools.permutations(found, 2))
    for one in tried:
        same = [row for row in tried if all(row[k] == one[k] for k in ("value", *COSTS))]
        beaten = any(beats(row, one) for row in tried)
        assert (one in found) == (not beaten and same[0] is one)
    values = [row["value"] for row in found]
    assert values == sorted(values, reverse=True)
    kept = choice(found, COSTS, 100)
    error = math.sqrt(values[0] * (1 - values[0]) / 100)
    assert kept["value"] >= values[0] - error
    near = [row for row in found if row["value"] >= values[0] - error]
    assert kept["parameters"] * kept["latency_ms"] == min(
        row["parameters"] * row["latency_ms"] for row in near
    )


def test_what_failed_or_was_pruned_is_on_no_front() -> None:
    rows: list[Candidate] = [
        {"value": None, "error": "no memory"},
        {"value": 0.9, "pruned": True},
        {"value": 0.5, "parameters": 3},
    ]
    assert front(rows, ["parameters"]) == rows[2:]


@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
def test_every_sampler_finds_a_front(sampler: str) -> None:
    table = Table(fail=lambda spec: any(layer.operator == "bilinear" for layer in spec.layers))
    result = search(small_space(), table, sampler=sampler, trials=24, minimize=COSTS)
    assert result.front == front(result.trials, COSTS)
    assert len(result.front) > 2
    for row in result.front:
        spec = FusionSpec.from_dict(row["spec"])
        assert (row["parameters"], row["latency_ms"]) == (size(spec), duration_ms(spec))
    kept = choice(result.front, COSTS, table.samples)
    assert (result.best, result.value) == (FusionSpec.from_dict(kept["spec"]), kept["value"])
    assert len(table.trained) == len(set(table.trained))


def test_one_cost_is_enough_and_others_are_not_measured() -> None:
    result = search(small_space(), Table(), trials=12, minimize=["latency_ms"])
    assert all("parameters" not in trial for trial in result.trials)
    durations = [row["latency_ms"] for row in result.front]
    assert durations == sorted(durations, reverse=True)
    assert search(small_space(), Table(), trials=3).front == []


@pytest.mark.parametrize("batch", [1, 4])
def test_an_interrupted_search_for_a_front_ends_like_a_whole_one(
    tmp_path: Path, batch: int
) -> None:
    space = small_space()
    whole = search(space, Table(), trials=24, seed=3, batch=batch, minimize=COSTS)
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))
    for stop in (4, 13):
        with pytest.raises(KeyboardInterrupt):
            search(
                space, Table(stop_after=stop), trials=24, seed=3, batch=batch, minimize=COSTS,
                storage=storage,
            )  # fmt: skip
    rest = Table()
    again = search(
        space, rest, trials=24, seed=3, batch=batch, minimize=COSTS[::-1], storage=storage
    )
    assert again == whole
    assert len(rest.trained) < len(whole.trials) - 13


def test_another_sampler_goes_on_and_other_objectives_are_refused() -> None:
    storage = optuna.storages.InMemoryStorage()
    search(small_space(), Table(), trials=6, sampler="random", storage=storage, name="f",
           minimize=COSTS)  # fmt: skip
    study = optuna.load_study(study_name="f", storage=storage)
    assert [side.name for side in study.directions] == ["MAXIMIZE", "MINIMIZE", "MINIMIZE"]
    rest = Table()
    search(small_space(), rest, trials=12, storage=storage, name="f", minimize=COSTS)
    assert len(rest.trained) == 6
    for other in ((), ("parameters",)):
        with pytest.raises(Conflict, match="objectives"):
            search(small_space(), Table(), trials=6, storage=storage, name="f", minimize=other)


def test_the_choice_is_kept_as_it_was_measured() -> None:
    table = Table()
    result = search(small_space(), table, trials=24, minimize=COSTS)
    done = finish(result, table)
    assert (done.spec, done.validation["result"]) == (result.best, result.value)
    assert done.validation["result"] == done.validation["searched"]
    assert table.tests == 1


def test_a_choice_that_no_longer_fits_into_the_memory_leaves_the_best_trivial_fusion() -> None:
    def of(spec: FusionSpec) -> float:
        return 0.5 * accuracy(spec) + 0.3 * (spec.kind == "layers")

    result = search(small_space(), Table(of=of), trials=24, minimize=COSTS)
    assert result.best.kind == "layers"
    done = finish(result, Table(of=of, fail=lambda spec: spec.kind == "layers"))
    assert "searched" not in done.validation
    assert done.validation["result"] == max(result.trivial.values())


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"minimize": ["memory"]}, "found 'memory', expected one or both of parameters"),
        ({"minimize": COSTS, "pruner": "asha"}, "latency_ms with asha"),
        ({"minimize": COSTS[:1], "sampler": "relaxation"}, "parameters with relaxation"),
    ],
)
def test_what_cannot_be_minimised_is_refused(given: dict[str, str], found: str) -> None:
    table = Table()
    with pytest.raises(InvalidInput, match="minimize") as caught:
        search(small_space(), table, **given)  # type: ignore[arg-type]
    assert found in str(caught.value)
    assert table.trained == []
