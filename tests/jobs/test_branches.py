"""The branches of a build: published weights first, else trained, else refused; and measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atlas.errors import InvalidInput, NotFound
from atlas.model import Area
from composer.branches import load_branch
from composer.checkpoints import CheckpointStore
from composer.plan import Plan, Slot
from graph import areas, checkpoints, datasets, models
from graph.checkpoints import CheckpointRecord
from graph.models import ModelRecord
from graph.store import Store
from jobs.branches import dataset_record, ready_branches
from jobs.foreign import import_foreign
from jobs.measure import measure_checkpoint
from tests.composer.test_foreign import file, needs_weights
from tests.conftest import empty
from tests.training.conftest import part
from training.data import MultimodalData
from training.datasets import DATASETS, find_dataset
from training.demo_data import digits_dtmf
from training.transfer import last_maps, transfer_checkpoint

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def data() -> MultimodalData:
    return replace(part(digits_dtmf(seed=0), 40), id="digits-dtmf")


@pytest.fixture
def filled(embedded_store: Store, data: MultimodalData) -> Store:
    empty(embedded_store)
    known = [Area(id, id, (), "") for id in ("visual", "visual.shape", "emotion")]
    known += [Area(id, id, (), "") for id in ("auditory", "auditory.tone")]
    areas.put(embedded_store, known, by="t")
    datasets.put(embedded_store, dataset_record(find_dataset("digits-dtmf"), data), by="t")
    stated = ModelRecord("resnet18", "ResNet18", "resnet", areas=("visual",), modality="image")
    models.put(embedded_store, [stated], by="t")
    return embedded_store


def plan(**families: str) -> Plan:
    """One slot whose candidates are these models with their families."""
    candidates: tuple[dict[str, Any], ...] = tuple(
        {"model": model, "family": family, "modality": "image"}
        for model, family in families.items()
    )
    slot = Slot("visual", "image", 1.0, (), (), candidates, ())
    return Plan("a", {}, (slot,), (), "visual", "", (), ())


def ready(store: Store, home: Path, plan: Plan, data: MultimodalData) -> tuple[Any, list[str]]:
    said: list[str] = []
    found = ready_branches(
        store, CheckpointStore.at(home), plan, data, 0, lambda text, _: said.append(text)
    )
    return found["visual"], said


@needs_weights
def test_published_weights_come_before_training(
    filled: Store, data: MultimodalData, tmp_path: Path
) -> None:
    face = import_foreign(filled, tmp_path, "face-emotion", file("face"), by="t")
    wanted = plan(**{face["model"]: "mini-xception", "resnet18": "resnet"})
    found, said = ready(filled, tmp_path, wanted, data)
    assert list(found) == [face["model"]]
    row = checkpoints.get(filled, found[face["model"]])
    assert (row["derived_from"], row["dataset"]) == (face["sha256"], "digits-dtmf")
    assert row["hyper"]["learns"] == "classifier"
    expected = "resnet18: left out, there are no weights of it here, and no family is called"
    assert any(text.startswith(expected) for text in said), said
    again, said = ready(filled, tmp_path, wanted, data)
    assert again == found
    assert not any("training" in text for text in said)
    with pytest.raises(InvalidInput, match=r"visual: found resnet18: there are no weights"):
        ready(filled, tmp_path, plan(resnet18="resnet"), data)


@needs_weights
def test_weights_that_cannot_be_fed_are_named_and_trained_anew(
    filled: Store, data: MultimodalData, tmp_path: Path
) -> None:
    lenet = import_foreign(filled, tmp_path, "multibench-lenet", file("image"), by="t")
    whole = {"image": replace(data.inputs["image"], projection=None)}
    plain = replace(data, inputs={**data.inputs, **whole})
    wanted = plan(**{lenet["model"]: "lenet-bn"})
    found, said = ready(filled, tmp_path, wanted, plain)
    assert any("cannot be used (image: found pictures as they are" in text for text in said), said
    assert checkpoints.get(filled, found[lenet["model"]])["derived_from"] is None


def test_a_network_is_trained_in_the_size_that_its_model_states(
    filled: Store, data: MultimodalData, tmp_path: Path
) -> None:
    narrow = ModelRecord(
        "narrow", "Narrow", "mlp", areas=("visual",), size={"width": 0.25, "layers": 1, "note": "x"}
    )
    broken = ModelRecord("broken", "Broken", "mlp", areas=("visual",), size={"width": "wide"})
    models.put(filled, [narrow, broken], by="t")
    found, _ = ready(filled, tmp_path, plan(narrow="mlp"), data)
    build = load_branch(CheckpointStore.at(tmp_path), found["narrow"]).network.build
    assert (build.width, build.options) == (0.25, {"layers": 1})
    with pytest.raises(InvalidInput, match="size: found 'wide', expected a number"):
        ready(filled, tmp_path, plan(broken="mlp"), data)


@needs_weights
def test_what_is_measured_stands_in_the_record(
    filled: Store, data: MultimodalData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = replace(find_dataset("digits-dtmf"), load=lambda _: data)
    monkeypatch.setitem(DATASETS, "digits-dtmf", entry)
    store = CheckpointStore.at(tmp_path)
    lenet = import_foreign(filled, tmp_path, "multibench-lenet", file("image"), by="t")
    assert checkpoints.get(filled, lenet["sha256"])["value"] is None
    found = measure_checkpoint(filled, tmp_path, lenet["sha256"], "digits-dtmf", by="ann")
    assert (found["metric"], found["samples"]) == ("linear probe accuracy", 40)
    assert found["digest"] == data.digest
    row = checkpoints.get(filled, lenet["sha256"])
    assert (row["metric"], row["value"]) == (found["metric"], found["value"])
    assert row["hyper"] == {"measured": found}
    assert store.list() == [lenet["sha256"]]  # the probe itself is not kept

    face = import_foreign(filled, tmp_path, "face-emotion", file("face"), by="t")
    measure_checkpoint(filled, tmp_path, face["sha256"], "digits-dtmf", by="ann")
    assert checkpoints.get(filled, face["sha256"])["value"] == 0.66  # as published

    ours = transfer_checkpoint(store, face["sha256"], data, "image")
    own = CheckpointRecord(
        ours.stored.sha256, lenet["model"], "digits-dtmf", "", "", "accuracy", None, 1
    )
    checkpoints.put(filled, own, by="t")
    again = measure_checkpoint(filled, tmp_path, own.sha256, "digits-dtmf", by="ann")
    assert again["metric"] == "test accuracy"
    recipe = ours.network.classifier(
        last_maps(ours.network, load_branch(store, own.sha256).input, data.raw("image", "test"))
    )
    right = (recipe.argmax(dim=1) == data.y("test")).double().mean().item()
    assert again["value"] == pytest.approx(right)

    words = import_foreign(filled, tmp_path, "multibench-lenet", file("audio"), by="t")
    with pytest.raises(InvalidInput, match="kind network"):
        measure_checkpoint(filled, tmp_path, words["sha256"], "digits-dtmf", by="ann")
    with pytest.raises(NotFound, match="dataset"):
        measure_checkpoint(filled, tmp_path, face["sha256"], "nothing", by="ann")
