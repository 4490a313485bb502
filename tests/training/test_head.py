from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from composer.checkpoints import CheckpointStore
from composer.network import load_composition, predict, save_composition
from composer.spec import OPERATORS, FusionLayer, FusionSpec
from tests.training.conftest import Library
from training.data import MultimodalData
from training.features import FeatureCache, SlotFeatures
from training.head import HeadSettings, accuracy, log_probabilities, train_head
from training.pretrain import pretrain_checkpoint


@pytest.fixture(scope="module")
def cache(
    library: Library, demo: MultimodalData, tmp_path_factory: pytest.TempPathFactory
) -> FeatureCache:
    return FeatureCache(Path(tmp_path_factory.mktemp("home")), library.store, demo)


def inputs(
    cache: FeatureCache, spec: FusionSpec
) -> tuple[dict[str, SlotFeatures], dict[str, Tensor]]:
    return (
        {"train": cache.slots(spec, "train"), "validation": cache.slots(spec, "validation")},
        {"train": cache.labels("train"), "validation": cache.labels("validation")},
    )


def layered(library: Library, operator: str) -> FusionSpec:
    layer = FusionLayer(("conv3", "conv3"), operator, "relu")  # type: ignore[arg-type]
    top = FusionLayer(("conv4", "logits"), operator, "tanh")  # type: ignore[arg-type]
    return replace(library.spec("layers"), layers=(layer, top))


def test_fused_beats_the_better_branch(cache: FeatureCache, library: Library) -> None:
    alone = []
    for slot, sha in (("see", library.image), ("hear", library.audio)):
        spec = FusionSpec((slot,), (sha,), "single")
        alone.append(train_head(spec, *inputs(cache, spec), classes=10)[1])
    for kind in ("sum_log_prob", "late_concat"):
        spec = library.spec(kind)
        head, value = train_head(spec, *inputs(cache, spec), classes=10)
        assert value > max(alone) + 0.03
        assert accuracy(head, cache.test_slots(spec), cache.test_labels()) > max(alone) + 0.03


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_trains_to_something(
    cache: FeatureCache, library: Library, operator: str
) -> None:
    spec = layered(library, operator)
    features, labels = inputs(cache, spec)
    head, value = train_head(spec, features, labels, classes=10)
    assert value > 0.85
    assert value == accuracy(head, features["validation"], labels["validation"])
    assert not head.training
    probabilities = log_probabilities(head, features["validation"]).exp()
    assert torch.allclose(probabilities.sum(dim=1), torch.ones(len(probabilities)), atol=1e-4)


def test_same_seed_same_file(cache: FeatureCache, library: Library, tmp_path: Path) -> None:
    spec = layered(library, "gated")
    features, labels = inputs(cache, spec)
    stored = []
    for number, seed in enumerate((5, 5, 6)):
        torch.manual_seed(number)
        head, _ = train_head(
            spec, features, labels, classes=10, seed=seed, settings=HeadSettings(3)
        )
        extra = {} if seed == 5 else {"seed": "6"}
        saved = save_composition(
            library.store, spec, head, labels=cache.data.labels, seed=5, extra=extra
        )
        stored.append(saved.sha256)
    assert stored[0] == stored[1] != stored[2]


def test_raw_test_samples_answered_by_the_stored_network(
    cache: FeatureCache, library: Library
) -> None:
    spec = library.spec("late_concat")
    head, _ = train_head(spec, *inputs(cache, spec), classes=10)
    saved = save_composition(library.store, spec, head, labels=cache.data.labels, seed=0)
    raw = {modality: cache.data.raw(modality, "test") for modality in cache.data.modalities}
    answer = predict(load_composition(library.store, saved.sha256), raw)
    truth = [cache.data.labels[i] for i in cache.test_labels().tolist()]
    right = sum(a == b for a, b in zip(answer.labels, truth, strict=True)) / len(truth)
    measured = accuracy(head, cache.test_slots(spec), cache.test_labels())
    assert right == pytest.approx(measured, abs=0.003)


def test_kinds_without_weights_are_not_trained(cache: FeatureCache, library: Library) -> None:
    spec = library.spec("sum_log_prob")
    features, labels = inputs(cache, spec)
    first = train_head(spec, features, labels, classes=10, seed=0)
    second = train_head(spec, features, labels, classes=10, seed=9)
    assert first[1] == second[1]
    assert first[0].state_dict() == {}


def test_pretraining_twice_gives_one_file(small: MultimodalData, tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    seen: list[float] = []
    made = [
        pretrain_checkpoint(store, "lenet3", small, "image", progress=lambda _, f: seen.append(f))
        for _ in range(2)
    ]
    assert made[0].stored == made[1].stored
    assert store.list() == [made[0].stored.sha256]
    assert seen
    metadata = store.metadata(made[0].stored.sha256)
    assert metadata["dataset"] == small.id
    assert float(metadata["value"]) == pytest.approx(made[0].value, abs=1e-6)
    other = pretrain_checkpoint(store, "lenet3", small, "image", seed=1)
    assert other.stored.sha256 != made[0].stored.sha256
