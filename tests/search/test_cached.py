"""A real search: branches trained on a part of the demo data, heads on their cached features."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from composer.branches import save_branch
from composer.checkpoints import CheckpointStore
from composer.network import load_composition, save_composition
from composer.spec import FusionSpec
from search.cached import CachedEvaluator
from search.finish import FinishResult, finish
from search.objectives import COSTS
from search.space import FusionSpace, SlotOptions
from search.study import SearchResult, search
from training.data import SPLITS, MultimodalData, Samples
from training.datasets import find_dataset
from training.features import FeatureCache, SlotFeatures
from training.pretrain import pretrain

SIZE = 120


class CountingCache(FeatureCache):
    """Counts how often the test split was asked for."""

    tests = 0

    def test_slots(self, spec: FusionSpec) -> SlotFeatures:
        self.tests += 1
        return super().test_slots(spec)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only wait for each other on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data() -> MultimodalData:
    whole = find_dataset("digits-dtmf", Path()).load(Path())
    splits = {
        name: Samples(
            {modality: raw[:SIZE] for modality, raw in whole.splits[name].raw.items()},
            whole.splits[name].y[:SIZE],
        )
        for name in SPLITS
    }
    return MultimodalData("digits-dtmf-part", whole.labels, whole.inputs, splits, 0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("search")


@pytest.fixture(scope="module")
def checkpoints(home: Path) -> CheckpointStore:
    return CheckpointStore(home / "checkpoints")


@pytest.fixture(scope="module")
def slots(checkpoints: CheckpointStore, data: MultimodalData) -> list[SlotOptions]:
    found = []
    for slot, modality, families in (
        ("visual", "image", ["lenet3", "sparsenet"]),
        ("auditory", "audio", ["lenet3"]),
    ):
        options = []
        for family in families:
            network, _ = pretrain(family, data, modality, epochs=5)
            stored = save_branch(
                checkpoints, network, data.spec(modality), data.labels, dataset=data.id, seed=0
            )
            options.append((stored.sha256, list(network.taps)))
        found.append(SlotOptions(slot, options))
    return found


def run(
    home: Path, checkpoints: CheckpointStore, data: MultimodalData, slots: list[SlotOptions]
) -> tuple[SearchResult, FinishResult, CountingCache]:
    cache = CountingCache(home, checkpoints, data)
    evaluator = CachedEvaluator(cache)
    found = search(FusionSpace.from_slots(slots, 2), evaluator, trials=5, seed=7)
    assert cache.tests == 0
    return found, finish(found, evaluator, seed=7), cache


def test_searched_twice_same_network_and_no_backbone_runs_again(
    home: Path, checkpoints: CheckpointStore, data: MultimodalData, slots: list[SlotOptions]
) -> None:
    found, done, cache = run(home, checkpoints, data, slots)
    assert cache.forwards > 0
    names = {"visual", "auditory", "best_single", "sum_log_prob", "late_concat", "stacking"}
    assert done.validation.keys() == done.test.keys() == names | {"searched", "result"}
    assert cache.tests == len(done.test)
    trivial = {name: done.validation[name] for name in names}
    assert trivial == found.trivial
    assert done.validation["result"] >= max(trivial.values())
    assert done.validation["searched"] >= max(trivial.values())

    again, redone, cache = run(home, checkpoints, data, slots)
    assert cache.forwards == 0
    assert again == found
    assert (redone.spec, redone.validation, redone.test) == (
        done.spec,
        done.validation,
        done.test,
    )
    weights, reweights = done.trained.head.state_dict(), redone.trained.head.state_dict()
    assert weights.keys() == reweights.keys()
    assert all(torch.equal(weights[name], reweights[name]) for name in weights)


def test_pictures_alone_go_the_same_way(
    home: Path, checkpoints: CheckpointStore, data: MultimodalData, slots: list[SlotOptions]
) -> None:
    found, done, _ = run(home, checkpoints, data, slots[:1])
    assert done.spec.slots == ("visual",)
    assert done.validation["result"] >= max(found.trivial.values())
    assert sum(trial["kind"] == "layers" for trial in found.trials) == 5


def test_costs_are_those_of_the_composed_network_and_stay_as_measured(
    home: Path, checkpoints: CheckpointStore, data: MultimodalData, slots: list[SlotOptions]
) -> None:
    evaluator = CachedEvaluator(FeatureCache(home, checkpoints, data))
    assert evaluator.samples == len(data.splits["validation"].y)
    space = FusionSpace.from_slots(slots, 2)
    found = search(space, evaluator, trials=6, seed=7, minimize=COSTS)
    for row in found.front:
        spec = FusionSpec.from_dict(row["spec"])
        trained = evaluator.train(spec, seed=0)
        stored = save_composition(checkpoints, spec, trained.head, labels=data.labels, seed=0)
        network = load_composition(checkpoints, stored.sha256).network
        assert row["parameters"] == sum(weight.numel() for weight in network.parameters())
        assert row["latency_ms"] > 0
    kept = sorted((home / "latency").iterdir())
    told = json.loads(kept[0].read_text())
    for path in kept:
        path.write_text(json.dumps({**told, "ms": 100.0}))
    anew = CachedEvaluator(FeatureCache(home, checkpoints, data))
    fused = anew.train(found.specs["stacking"], seed=0)
    assert anew.costs(fused, ["latency_ms"]) == {"latency_ms": 300.0}
