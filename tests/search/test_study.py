"""The search: trivial fusions first, nothing trained twice, resumes, repeats itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from atlas.errors import Conflict, InvalidInput, Unavailable
from composer.spec import OPERATORS, FusionSpec
from search.book import AT
from search.finish import finish
from search.run import SearchResult
from search.space import FusionSpace, SlotOptions
from search.study import search
from tests.search.tables import Table, accuracy, small_space

TRIVIAL = 7  # four branches, the sum of log-probabilities, late concatenation, stacking


TRIVIAL_NAMES = ("sum_log_prob", "late_concat", "stacking")


def layered(result: SearchResult) -> list[str]:
    return [t["architecture"] for t in result.trials if t["kind"] == "layers"]


@pytest.mark.parametrize("sampler", ["random", "evolution"])
def test_wanted_number_of_different_networks_none_trained_twice(sampler: str) -> None:
    table = Table()
    result = search(small_space(), table, sampler=sampler, trials=24)
    assert len(layered(result)) == len(set(layered(result))) == 24
    assert len(table.trained) == len(set(table.trained)) == 24 + TRIVIAL
    assert table.tests == 0


def test_trivial_fusions_come_first_and_use_the_best_branches() -> None:
    result = search(small_space(), Table(), trials=3)
    kinds = [trial["kind"] for trial in result.trials]
    assert kinds == ["single"] * 4 + ["sum_log_prob", "late_concat", "stacking"] + ["layers"] * 3
    assert result.trivial.keys() == {
        "visual",
        "auditory",
        "best_single",
        "sum_log_prob",
        "late_concat",
        "stacking",
    }
    assert (result.trivial["visual"], result.trivial["auditory"]) == (0.7, 0.6)
    assert result.specs["best_single"] == FusionSpec(("visual",), ("v2",), "single")
    assert result.specs["late_concat"].checkpoints == ("v2", "s1")
    assert result.value == max(trial["value"] for trial in result.trials)


def test_a_trivial_fusion_can_win() -> None:
    result = search(small_space(), Table(of=lambda s: 0.9 if s.kind == "single" else 0.1))
    assert result.best.kind == "single"
    assert result.value == 0.9


def test_same_seed_same_search_other_seed_another() -> None:
    first, again, other = (search(small_space(), Table(), seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.trials != other.trials


@pytest.mark.parametrize("sampler", ["random", "evolution"])
@pytest.mark.parametrize("stop_after", [3, TRIVIAL, 17])
def test_an_interrupted_search_ends_like_a_whole_one(
    tmp_path: Path, sampler: str, stop_after: int
) -> None:
    whole = search(small_space(), Table(), sampler=sampler, trials=24, seed=3)
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))
    cut = Table(stop_after=stop_after)
    with pytest.raises(KeyboardInterrupt):
        search(small_space(), cut, sampler=sampler, trials=24, seed=3, storage=storage)
    rest = Table()
    resumed = search(small_space(), rest, sampler=sampler, trials=24, seed=3, storage=storage)
    assert resumed == whole
    assert len(cut.trained) + len(rest.trained) == 24 + TRIVIAL
    assert not set(cut.trained) & set(rest.trained)


@pytest.mark.parametrize(
    ("sampler", "minimize"), [("evolution", ()), ("evolution", ("parameters",)), ("relaxation", ())]
)
def test_more_trials_go_on_where_fewer_ended_and_fewer_are_answered_as_before(
    sampler: str, minimize: tuple[str, ...]
) -> None:
    options: Any = {"sampler": sampler, "seed": 3, "minimize": minimize}
    storage = optuna.storages.InMemoryStorage()
    fewer = search(small_space(), Table(), trials=9, storage=storage, **options)
    rest = Table()
    more = search(small_space(), rest, trials=24, storage=storage, **options)
    assert more == search(small_space(), Table(), trials=24, **options)
    assert len(rest.trained) == 15
    nothing = Table()
    assert search(small_space(), nothing, trials=9, storage=storage, **options) == fewer
    assert nothing.trained == []


def test_resumes_from_a_database_by_url_with_another_sampler(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    search(small_space(), Table(), sampler="random", trials=5, storage=url)
    table = Table()
    result = search(small_space(), table, sampler="evolution", trials=12, storage=url)
    assert len(layered(result)) == 12
    assert len(table.trained) == 7


def test_a_small_space_is_searched_whole_and_then_ends() -> None:
    slot = SlotOptions("visual", [("v1", ["a", "b"])])
    space = FusionSpace.from_slots([slot], 1, widths=[32], nonlinearities=["relu"])
    for sampler in ("random", "evolution"):
        result = search(space, Table(), sampler=sampler, trials=100)
        assert len(layered(result)) == len(list(space.specs())) == 2 * len(OPERATORS)


def test_one_slot_goes_the_same_way() -> None:
    slot = SlotOptions("visual", [("v1", ["a", "b"]), ("v2", ["a", "b", "c"])])
    table = Table()
    result = search(FusionSpace.from_slots([slot]), table, trials=6)
    assert result.trivial.keys() == {"visual", "best_single", *TRIVIAL_NAMES}
    assert result.trivial["visual"] == result.trivial["best_single"]
    assert len(layered(result)) == 6
    done = finish(result, table)
    assert done.validation["result"] >= max(result.trivial.values())


def test_a_candidate_that_fails_is_passed_over_once() -> None:
    table = Table(fail=lambda s: s.kind == "layers" and s.width == 128)
    result = search(small_space(), table, trials=24)
    failed = [trial for trial in result.trials if trial["value"] is None]
    assert failed
    assert all("too wide" in trial["error"] for trial in failed)
    assert len(table.trained) == len(set(table.trained))
    assert result.best.width != 128


def test_a_search_where_everything_fails_ends() -> None:
    with pytest.raises(Unavailable, match="10 candidates in a row"):
        search(small_space(), Table(fail=lambda s: s.kind == "layers"), trials=24)


def test_proposals_of_a_batch_are_trained_together() -> None:
    table = Table(fail=lambda s: s.kind == "layers" and s.width == 128)
    result = search(small_space(), table, trials=24, batch=5)
    assert len(layered(result)) == 24
    assert len(table.trained) == len(set(table.trained)) == 24 + TRIVIAL
    assert max(table.together) == 5
    assert any(trial["value"] is None for trial in result.trials)
    with pytest.raises(InvalidInput, match="batch"):
        search(small_space(), Table(), batch=4, pruner="asha")


def test_the_relaxation_proposes_its_choices_and_then_draws_of_its_shares() -> None:
    table = Table()
    result = search(small_space(), table, sampler="relaxation", trials=12, seed=4)
    assert sorted(table.relaxed) == [(("v2", "s1"), 1), (("v2", "s1"), 2)]
    tried = [trial for trial in result.trials if trial["kind"] == "layers"]
    strongest = [trial for trial in tried if "gap" in trial]
    assert [len(trial["spec"]["layers"]) for trial in strongest] == [2, 1]
    assert all(trial["gap"] == pytest.approx(0.1) for trial in strongest)
    operators = {layer["operator"] for trial in tried for layer in trial["spec"]["layers"]}
    assert operators == {"sum", "gated"}
    assert {tuple(trial["spec"]["checkpoints"]) for trial in tried} == {("v2", "s1")}
    assert len(set(layered(result))) == 12


@pytest.mark.parametrize("sampler", ["evolution", "relaxation"])
def test_a_batch_that_was_cut_off_is_finished_together(sampler: str) -> None:
    options: Any = {"sampler": sampler, "trials": 24, "batch": 5, "seed": 3}
    whole = search(small_space(), Table(), **options)
    storage = optuna.storages.InMemoryStorage()
    with pytest.raises(KeyboardInterrupt):
        search(small_space(), Table(stop_after=TRIVIAL + 12), storage=storage, **options)
    rest = Table()
    assert search(small_space(), rest, storage=storage, **options) == whole
    assert rest.together[0] >= 3


WORKER = """
import sys
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from search.study import search
from tests.search.tables import Slow, small_space
folder, name, sampler, dies = sys.argv[1:]
storage = JournalStorage(JournalFileBackend(f"{folder}/study.log"))
table = Slow(folder, name, dies=int(dies))
search(small_space(), table, sampler=sampler, trials=24, storage=storage, name="s")
"""


def started(folder: Path, name: str, sampler: str, dies: int = 0) -> subprocess.Popen[bytes]:
    arguments = [str(folder), name, sampler, str(dies)]
    return subprocess.Popen([sys.executable, "-c", WORKER, *arguments])


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


@pytest.mark.slow
def test_two_processes_share_a_study_and_neither_trains_what_the_other_has(tmp_path: Path) -> None:
    workers = [started(tmp_path, "a", "random"), started(tmp_path, "b", "evolution")]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    trained = {name: (tmp_path / name).read_text().split() for name in ("a", "b")}
    assert not set(trained["a"]) & set(trained["b"])
    assert all(trained.values()), "both had a part in it"
    every = trained["a"] + trained["b"]
    assert len(every) == len(set(every))
    assert TRIVIAL + 24 <= len(every) <= TRIVIAL + 25
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))
    trials = optuna.load_study(study_name="s", storage=storage).trials
    assert all(trial.state.is_finished() for trial in trials)


@pytest.mark.slow
@pytest.mark.parametrize("dies", [2, 6, 12])
def test_what_a_killed_process_was_at_the_other_finishes(tmp_path: Path, dies: int) -> None:
    killed = started(tmp_path, "a", "random", dies)
    while killed.poll() is None and len(lines(tmp_path / "a")) < dies - 1:
        time.sleep(0.01)  # else the other, on a busy machine, may leave it too few to die at
    other = started(tmp_path, "b", "evolution")
    assert [killed.wait(120), other.wait(120)] == [-signal.SIGKILL, 0]
    *before, last = (tmp_path / "a").read_text().split()
    after = (tmp_path / "b").read_text().split()
    assert last in after, "begun by one, finished by the other"
    assert not set(before) & set(after)
    assert TRIVIAL + 24 <= len(set(before) | set(after)) <= TRIVIAL + 25
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))
    trials = optuna.load_study(study_name="s", storage=storage).trials
    assert all(trial.state.is_finished() for trial in trials)


def test_what_a_process_on_another_machine_is_at_is_left_to_it_unless_we_are_alone() -> None:
    storage = optuna.storages.InMemoryStorage()
    cut = Table(stop_after=TRIVIAL + 3)
    with pytest.raises(KeyboardInterrupt):
        search(small_space(), cut, trials=6, storage=storage, name="s")
    study = optuna.load_study(study_name="s", storage=storage)
    (trial,) = study.get_trials(states=(TrialState.RUNNING,))
    at = {**trial.user_attrs[AT], "worker": "elsewhere:12"}
    storage.set_trial_user_attr(trial._trial_id, AT, at)
    result = search(small_space(), Table(), trials=6, storage=storage, name="s")
    assert at["network"] not in layered(result)
    assert study.trials[trial.number].state == TrialState.RUNNING
    search(small_space(), Table(), trials=6, storage=storage, name="s", alone=True)
    assert study.trials[trial.number].state == TrialState.COMPLETE


def test_what_lags_behind_is_pruned_and_cannot_win() -> None:
    storage = optuna.storages.InMemoryStorage()
    result = search(small_space(), Table(), trials=30, pruner="asha", storage=storage, name="p")
    pruned = [trial for trial in result.trials if "pruned" in trial]
    assert 10 <= len(pruned) < 30
    assert all(trial["epochs"] < 9 for trial in pruned)
    whole = [t["value"] for t in result.trials if "pruned" not in t]
    assert result.value == max(whole)
    states = {trial.state for trial in optuna.load_study(study_name="p", storage=storage).trials}
    assert optuna.trial.TrialState.PRUNED in states
    again = search(small_space(), Table(), trials=30, pruner="asha", storage=storage, name="p")
    assert again == result
    with pytest.raises(InvalidInput, match="pruner"):
        search(small_space(), Table(), pruner="shears")


def test_a_study_of_other_data_is_refused() -> None:
    storage = optuna.storages.InMemoryStorage()
    search(small_space(), Table(), trials=2, storage=storage, name="mine")
    with pytest.raises(Conflict, match="mine"):
        search(small_space(3), Table(), trials=2, storage=storage, name="mine")
    with pytest.raises(Conflict, match="mine"):
        search(small_space(), Table(fingerprint="x"), trials=2, storage=storage, name="mine")


def test_bad_arguments_are_named() -> None:
    with pytest.raises(InvalidInput, match="trials"):
        search(small_space(), Table(), trials=0)
    with pytest.raises(InvalidInput, match="sampler"):
        search(small_space(), Table(), sampler="magic")


def test_logging_is_left_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    search(small_space(), Table(), trials=2)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


def test_progress_ends_at_one() -> None:
    seen: list[tuple[str, float]] = []
    search(small_space(), Table(), trials=4, progress=lambda *said: seen.append(said))
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def strong(spec: FusionSpec) -> float:
    """Layered networks are better than the trivial ones, and a committee than its members."""
    if spec.members:
        return max(map(strong, spec.members)) + 0.01
    return accuracy(spec) + 0.3 * (spec.kind == "layers")


def test_finish_keeps_the_committee_and_reads_the_test_split_once() -> None:
    table = Table(of=strong)
    result = search(small_space(), table, trials=24)
    trained = len(table.trained)
    done = finish(result, table)
    assert table.tests == 1
    names = {*result.trivial, "searched", "result"}
    assert done.validation.keys() == done.test.keys() == names
    assert {name: done.validation[name] for name in result.trivial} == result.trivial
    assert done.validation["searched"] == result.value
    assert done.spec.kind == "committee"
    assert done.validation["result"] == done.test["result"] == strong(done.spec)

    best = sorted(result.trials, key=lambda trial: -trial["value"])
    best = [t for t in best if tuple(t["spec"]["checkpoints"]) == result.best.checkpoints]
    assert list(done.spec.members) == [FusionSpec.from_dict(t["spec"]) for t in best[:5]]
    again = table.trained[trained:]
    assert again[-5:] == [trial["architecture"] for trial in best[:5]]
    assert len(finish(result, Table(of=strong), members=3).spec.members) == 3


def test_nobody_worse_than_a_trivial_fusion_sits_in_the_committee() -> None:
    good = Table(of=lambda spec: 0.8 if spec.kind in ("late_concat", "stacking") else 0.5)
    result = search(small_space(), good, trials=10)
    kept = finish(result, good).spec
    assert kept.kind in ("late_concat", "stacking")


def test_finish_falls_back_when_the_committee_is_worse() -> None:
    table = Table(of=lambda spec: 0.1 if spec.members else strong(spec))
    result = search(small_space(), table, trials=24)
    done = finish(result, table)
    assert done.spec.kind != "committee"
    assert done.validation["result"] == max(result.trivial.values())


def test_finish_goes_on_without_what_no_longer_fits_into_the_memory() -> None:
    ours = Table(of=strong)
    result = search(small_space(), ours, trials=3)
    assert result.best.kind == "layers"
    table = Table(fail=lambda spec: spec.kind == "layers")
    done = finish(result, table)
    assert "searched" not in done.validation
    assert done.validation["result"] == max(result.trivial.values())
    assert done.test.keys() == done.validation.keys()
    with pytest.raises(Unavailable, match="too wide"):
        finish(result, Table(fail=lambda spec: True))
