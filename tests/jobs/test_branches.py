"""The branches of a build: published weights first, else trained, else refused; and measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atlas.errors import InvalidInput, NotFound
from atlas.model import Area
from composer.branches import load_branch
from composer.budget import Budget
from composer.checkpoints import CheckpointStore
from composer.plan import Plan, Slot
from composer.supply import Supply
from graph import areas, checkpoints, datasets, models
from graph.checkpoints import CheckpointRecord
from graph.models import ModelRecord
from graph.store import Store
from jobs.branches import dataset_record, ready_branches
from jobs.foreign import import_foreign
from jobs.measure import measure_checkpoint
from jobs.variants import Variant
from tests.composer.test_foreign import WEIGHTS, file, needs_weights
from tests.conftest import empty
from tests.training.conftest import part
from training.data import MultimodalData
from training.datasets import DATASETS, find_dataset
from training.demo_data import digits_dtmf
from training.features import FeatureCache
from training.optimizers import RECIPES
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
    datasets.put(embedded_store, dataset_record(find_dataset("digits-dtmf", Path()), data), by="t")
    stated = ModelRecord("resnet18", "ResNet18", "resnet", areas=("visual",), modality="image")
    models.put(embedded_store, [stated], by="t")
    return embedded_store


def supplied(store: Store, home: Path, data: MultimodalData) -> Supply:
    return Supply(store, home, data.offered)


def ready(
    store: Store, home: Path, data: MultimodalData, *wanted: str
) -> tuple[dict[str, str], list[str]]:
    """Their branches, as a plan of one slot has them made, and what was said meanwhile."""
    said: list[str] = []
    supply = supplied(store, home, data)
    plan = plan_of(supply, *wanted)
    features = FeatureCache(home, supply.weights, data)
    found = ready_branches(supply, plan, features, 0, lambda text, _: said.append(text))
    return {variant.model: sha256 for variant, sha256 in found["visual"].items()}, said


def plan_of(supply: Supply, *wanted: str) -> Plan:
    """A plan of one slot with these models."""
    candidates = []
    for model in wanted:
        row = models.get(supply.store, model)
        weights = supply.source(row, "image").weights
        family = {"family": row["family"], "modality": "image", "weights": weights}
        candidates.append({"model": model, **family})
    slot = Slot("visual", "image", 1.0, (), (), tuple(candidates), ())
    return Plan("a", {}, (slot,), (), "visual", "", (), ())


@needs_weights
def test_published_weights_come_before_training(
    filled: Store, data: MultimodalData, tmp_path: Path
) -> None:
    face = import_foreign(filled, tmp_path, "face-emotion", file("face"), by="t")
    found, said = ready(filled, tmp_path, data, face["model"])
    assert said[0].startswith(f"model 1 of 1, {face['model']}: a classifier on its published")
    row = checkpoints.get(filled, found[face["model"]])
    assert (row["derived_from"], row["dataset"]) == (face["sha256"], "digits-dtmf")
    assert row["hyper"]["learns"] == "classifier"
    again, said = ready(filled, tmp_path, data, face["model"])
    assert (again, said) == (found, ["branches are ready"])
    stated = supplied(filled, tmp_path, data).source(models.get(filled, "resnet18"), "image")
    assert stated.against is not None
    assert stated.against.startswith("there are no weights of it here, and none can be trained")
    assert "family: found 'resnet'" in stated.against


def test_the_store_is_listed_once_whatever_is_asked(
    filled: Store, data: MultimodalData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[Path] = []
    honest = CheckpointStore.list

    def counted(self: CheckpointStore) -> list[str]:
        listed.append(self.root)
        return honest(self)

    monkeypatch.setattr(CheckpointStore, "list", counted)
    models.put(filled, [small("one"), small("twin"), small("two", layers=2)], by="t")
    found, said = ready(filled, tmp_path, data, "one", "twin", "two")
    assert found["one"] == found["twin"] != found["two"]
    assert not any("twin" in text for text in said)  # the same structure is trained once
    assert any(text.startswith("model 3 of 3, two: epoch ") for text in said)
    assert len(listed) == 1
    assert ready(filled, tmp_path, data, "one", "twin", "two") == (found, ["branches are ready"])


def small(name: str, **size: Any) -> ModelRecord:  # noqa: ANN401
    sizes = {"width": 0.25, "layers": 1} | size
    return ModelRecord(name, name, "mlp", areas=("visual",), modality="image", size=sizes)


@needs_weights
def test_weights_that_cannot_be_fed_are_named_and_trained_anew(
    filled: Store, data: MultimodalData, tmp_path: Path
) -> None:
    lenet = import_foreign(filled, tmp_path, "multibench-lenet", file("image"), by="t")
    whole = {"image": replace(data.inputs["image"], projection=None)}
    plain = replace(data, inputs={**data.inputs, **whole})
    row = models.get(filled, lenet["model"])
    source = supplied(filled, tmp_path, plain).source(row, "image")
    assert (source.weights, source.against) == (None, None)
    assert "cannot be used (image: found pictures as they are" in str(source.note)
    found, _ = ready(filled, tmp_path, plain, lenet["model"])
    assert checkpoints.get(filled, found[lenet["model"]])["derived_from"] is None


def test_a_network_is_trained_in_the_size_that_its_model_states(
    filled: Store, data: MultimodalData, tmp_path: Path
) -> None:
    models.put(filled, [small("narrow", note="x"), small("broken", width="wide")], by="t")
    found, _ = ready(filled, tmp_path, data, "narrow")
    build = load_branch(CheckpointStore.at(tmp_path), found["narrow"]).network.build
    assert (build.width, build.options) == (0.25, {"layers": 1})
    broken = supplied(filled, tmp_path, data).source(models.get(filled, "broken"), "image")
    assert "size: found 'wide', expected a number" in str(broken.against)


def test_networks_are_made_in_every_size_and_by_every_optimizer_within_the_budget(
    filled: Store, data: MultimodalData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.put(filled, [small("one")], by="t")
    supply, said = supplied(filled, tmp_path, data), list[str]()
    plan, features = plan_of(supply, "one"), FeatureCache(tmp_path, supply.weights, data)
    options: Any = {"optimizers": ("adamw", "sgd"), "budget": Budget(parameters=40_000)}

    def made(*sizes: float, **more: Any) -> dict[Variant, str]:  # noqa: ANN401
        given = {**options, "sizes": sizes, **more}
        return dict(ready_branches(
            Supply(filled, tmp_path, data.offered), plan, features, 0,
            lambda text, _: said.append(text), **given,
        )["visual"])  # fmt: skip

    found = made(0.5, 1, 64)
    assert [str(variant) for variant in found] == [
        "one x 0.5 by adamw", "one x 0.5 by sgd", "one", "one x 1 by sgd"
    ]  # fmt: skip
    assert len(set(found.values())) == 4
    for variant, sha256 in found.items():
        assert load_branch(supply.weights, sha256).network.width == 0.25 * variant.size
        row = checkpoints.get(filled, sha256)
        assert (row["model"], row["optimizer"]) == ("one", variant.optimizer)
        assert row["hyper"]["lr"] == RECIPES[variant.optimizer].lr
    assert said[0].startswith("left out: one x 64: ")
    said.clear()
    assert made(0.5, 1) == found
    assert said == ["branches are ready"]
    with pytest.raises(
        InvalidInput, match=r"visual: found one x 64: .* parameters, 40,000 allowed"
    ):
        made(64)

    def runs_away(*_: object, **__: object) -> None:
        raise FloatingPointError("the loss is nan in epoch 1")

    monkeypatch.setattr("training.pretrain.pretrain", runs_away)
    assert made(1, 2, optimizers=("sgd",)) == {
        Variant("one", 1, "sgd"): found[Variant("one", 1, "sgd")]
    }
    assert "model 2 of 2, one x 2 by sgd: left out: the loss is nan in epoch 1" in said
    with pytest.raises(InvalidInput, match="visual: found one x 2 by sgd: the loss is nan"):
        made(2, optimizers=("sgd",))


@needs_weights
def test_the_latency_of_an_onnx_network_is_measured_once(
    filled: Store, data: MultimodalData, tmp_path: Path
) -> None:
    path = WEIGHTS / "vision/detection/fastestdet/FastestDet.onnx"
    fast = import_foreign(filled, tmp_path, "onnx", path, by="t")
    row, supply = models.get(filled, fast["model"]), supplied(filled, tmp_path, data)
    source = supply.source(row, "image")
    assert source.weights == fast["sha256"]
    took = supply.latency_ms(row, "image", source.weights)
    assert took > 0
    (kept,) = (tmp_path / "latency").iterdir()
    assert json.loads(kept.read_text()) == {
        "of": fast["sha256"], "ms": took, "runs": 9, "threads": 1
    }  # fmt: skip
    kept.write_text(json.dumps({"ms": 1234.5}))
    assert Supply(filled, tmp_path).latency_ms(row, "image", None) == 1234.5


@needs_weights
def test_what_is_measured_stands_in_the_record(
    filled: Store, data: MultimodalData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = replace(find_dataset("digits-dtmf", Path()), load=lambda _: data)
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
