"""An imported data set is taken away once nothing refers to it, and can come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from atlas.activation import Scenario
from atlas.errors import Conflict, NotFound
from graph import checkpoints, compositions, datasets, history, models, scenarios, vocabulary
from graph.checkpoints import CheckpointRecord
from graph.compositions import CompositionRecord
from graph.datasets import DatasetRecord
from graph.gone import Gone
from graph.models import ModelRecord
from graph.store import Store
from jobs.ledger import Ledger
from jobs.own_data import import_own, remove_own
from tests.conftest import empty
from tests.training.test_own import npz
from training.own.kept import About, names

pytestmark = pytest.mark.server


@pytest.fixture
def filled(embedded_store: Store, tmp_path: Path) -> Store:
    empty(embedded_store)
    brought(embedded_store, tmp_path)
    return embedded_store


def brought(store: Store, home: Path, name: str = "mine") -> None:
    import_own(
        store, home, name, npz(home), About("Mine", "CC0"), by="ann", side=16,
        progress=lambda message, fraction: None,
    )  # fmt: skip


def removed(
    store: Store, home: Path, name: str = "mine", *, dry_run: bool = False
) -> dict[str, Any]:
    return remove_own(store, home, Ledger.at(home), name, by="ben", reason="old", dry_run=dry_run)


def test_it_goes_and_comes_back(filled: Store, tmp_path: Path) -> None:
    before = datasets.get(filled, "mine")
    would = removed(filled, tmp_path, dry_run=True)
    assert (would["revision"], would["dry_run"], would["features"]) == (None, True, 0)
    assert datasets.get(filled, "mine") == before
    done = removed(filled, tmp_path)
    assert done == would | {"dry_run": False, "revision": done["revision"]}
    assert done["bytes"] > 10_000
    assert names(tmp_path) == []
    with pytest.raises(Gone):
        datasets.get(filled, "mine")
    with pytest.raises(Gone):
        removed(filled, tmp_path)
    with pytest.raises(NotFound, match="none"):
        removed(filled, tmp_path, "never")
    brought(filled, tmp_path)
    assert datasets.get(filled, "mine") == before
    seq = removed(filled, tmp_path)["revision"]
    history.undo(filled, seq, by="ann")
    assert datasets.get(filled, "mine") == before
    brought(filled, tmp_path)
    assert names(tmp_path) == ["mine"]


def test_what_refers_to_it_is_named_and_nothing_goes(filled: Store, tmp_path: Path) -> None:
    models.put(filled, [ModelRecord("m", "M", "lenet3")], by="t")
    trained = CheckpointRecord("c" * 64, "m", "mine", "", "", "accuracy", None, 1)
    checkpoints.put(filled, trained, by="t")
    built = CompositionRecord("n1", None, {}, {}, [], "w" * 64, request={"dataset": "mine"})
    compositions.put(filled, built, by="t")
    scenarios.put(filled, Scenario("scene", "Scene", "MNI152", dataset="mine"), {}, by="t")
    ledger = Ledger.at(tmp_path)
    job = ledger.submit("build", {"scenario": "scene", "dataset": "mine"}, by="ann")
    ledger.submit("build", {"scenario": "scene", "dataset": "mine2"}, by="ann")
    everything = [f"job {job.id}", f"Checkpoint {'c' * 64}", "Composition n1", "Scenario scene"]
    for dry_run in (True, False):
        with pytest.raises(Conflict) as refused:
            removed(filled, tmp_path, dry_run=dry_run)
        assert str(refused.value.found).split(", ") == everything
    ledger.cancel(job.id)
    with pytest.raises(Conflict, match=r"found Checkpoint"):
        removed(filled, tmp_path)
    assert names(tmp_path) == ["mine"]
    assert datasets.get(filled, "mine")["name"] == "Mine"
    request = vocabulary.Request(by="ann")
    vocabulary.rename(filled, "dataset", "mine", "better", request)
    with pytest.raises(Conflict, match=r"found Checkpoint"):
        removed(filled, tmp_path)


def test_a_replaced_record_stays(filled: Store, tmp_path: Path) -> None:
    vocabulary.rename(filled, "dataset", "mine", "better", vocabulary.Request(by="ann"))
    done = removed(filled, tmp_path)
    assert (done["revision"], names(tmp_path)) == (None, [])
    assert datasets.get(filled, "mine")["replaced_by"] == ["better"]


def test_what_was_not_imported_is_left_alone(filled: Store, tmp_path: Path) -> None:
    datasets.put(filled, DatasetRecord("cifar10", "CIFAR-10"), by="t")
    for name in ("cifar10", "digits-dtmf", "av-mnist"):
        with pytest.raises(Conflict, match=r"were not brought in here, expected .*: mine"):
            removed(filled, tmp_path, name)
    assert datasets.get(filled, "cifar10")["name"] == "CIFAR-10"
