"""What cannot be trained on is refused with the reason, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from atlas.errors import Conflict, InvalidInput, NeuroweaveError, NotFound
from composer.branches import save_branch
from composer.budget import Budget
from composer.checkpoints import LOCK, CheckpointStore
from composer.families.registry import find_family
from composer.inputs import InputSpec
from composer.spec import FusionSpec
from search import cached as search_cached
from search.cached import CachedEvaluator
from search.space import FusionSpace, SlotOptions
from search.study import search
from tests.search.tables import Table, small_space
from training import head as training_head
from training.data import MultimodalData, Samples, pair_by_label
from training.features import FeatureCache
from training.fit import fit
from training.pretrain import pretrain_checkpoint

LABELS = ("low", "high", "other")


def dataset(
    change: Callable[[dict[str, Samples]], object] = lambda splits: None,
    labels: tuple[str, ...] = LABELS,
) -> MultimodalData:
    splits = {}
    for number, name in enumerate(("train", "validation", "test")):
        generator = np.random.default_rng(number)
        raw = {"image": generator.random((9, 8, 8)), "audio": generator.normal(size=(9, 2048))}
        floats = {modality: values.astype(np.float32) for modality, values in raw.items()}
        splits[name] = Samples(floats, np.arange(9) % 3)
    change(splits)
    inputs = {"image": InputSpec("image", 16, 16), "audio": InputSpec("audio", 32, 16)}
    return MultimodalData("made up", labels, inputs, splits, 0)  # type: ignore[arg-type]


def raw(name: str, modality: str, values: np.ndarray) -> Callable[[dict[str, Samples]], object]:
    def change(splits: dict[str, Samples]) -> None:
        splits[name] = replace(splits[name], raw={**splits[name].raw, modality: values})

    return change


def labelled(name: str, *y: int) -> Callable[[dict[str, Samples]], object]:
    def change(splits: dict[str, Samples]) -> None:
        splits[name] = replace(splits[name], y=np.resize(np.array(y), 9))

    return change


def without(name: str, modality: str) -> Callable[[dict[str, Samples]], object]:
    def change(splits: dict[str, Samples]) -> None:
        splits[name] = replace(
            splits[name], raw={m: v for m, v in splits[name].raw.items() if m != modality}
        )

    return change


NOISE = np.zeros((9, 2048), dtype=np.float32)
SILENT = np.where(np.arange(9)[:, None] == 4, np.nan, NOISE).astype(np.float32)
Store = CheckpointStore

CASES: dict[str, tuple[Callable[[Store], object], type[NeuroweaveError], str]] = {
    "one class": (
        lambda store: dataset(labelled("train", 0)), InvalidInput,
        "made up.train.labels: found one class"),
    "one name": (
        lambda store: dataset(labels=("low",)), InvalidInput,
        "made up.labels: found .'low'., expected two different names"),
    "unequal lengths": (
        lambda store: dataset(raw("validation", "audio", NOISE[:5])), InvalidInput,
        "made up.validation.audio: found 5 samples, expected one for each of the 9"),
    "labels that training lacks": (
        lambda store: dataset(labelled("train", 0, 1)), InvalidInput,
        "made up.validation.labels: found other"),
    "labels without a name": (
        lambda store: dataset(labelled("test", 0, 3)), InvalidInput, "made up.test.labels"),
    "label sets that differ": (
        lambda store: pair_by_label(
            (NOISE, np.arange(9) % 3), (NOISE, np.arange(9) % 2), seed=0), InvalidInput,
        r"labels: found only images have \[2\]"),
    "empty modality": (
        lambda store: dataset(raw("train", "image", np.zeros((0, 8, 8)))), InvalidInput,
        "made up.train.image: found 0 samples"),
    "missing modality": (
        lambda store: dataset(without("test", "audio")), InvalidInput,
        "made up.test.audio: found no samples"),
    "pictures of one pixel": (
        lambda store: dataset(raw("test", "image", np.zeros((9, 1, 1)))), InvalidInput,
        "made up.test.image: found pictures of one pixel"),
    "NaN in a sound of the test split": (
        lambda store: dataset(raw("test", "audio", SILENT)), InvalidInput,
        "made up.test.audio: found NaN or infinite numbers in 1 of 9 samples"),
    "infinite pixel": (
        lambda store: dataset(raw("train", "image", np.full((9, 8, 8), np.inf))), InvalidInput,
        "made up.train.image: found NaN or infinite numbers in 9 of 9 samples"),
    "too small for the family": (
        lambda store: pretrain_checkpoint(
            store, "lenet3", replace(dataset(), inputs={"image": InputSpec("image", 2, 2)}),
            "image"), InvalidInput, "input_shape"),
    "unknown family": (
        lambda store: pretrain_checkpoint(store, "lenet9", dataset(), "image"), NotFound,
        "family: found lenet9"),
    "unknown modality": (
        lambda store: pretrain_checkpoint(store, "lenet3", dataset(), "smell"), NotFound,
        "modality: found smell"),
    "batch of one": (
        lambda store: fit(
            nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), (torch.rand(4, 2), torch.arange(4)
            % 2), (torch.rand(4, 2), torch.arange(4) % 2), epochs=1, batch=1), InvalidInput,
        "batch: found 1, expected at least 2, for batch normalisation"),
    "budget of nothing": (
        lambda store: Budget(parameters=0), InvalidInput, "budget.parameters: found 0"),
    "unknown sampler": (
        lambda store: search(small_space(), Table(), sampler="wishes"), InvalidInput,
        "sampler: found 'wishes', expected one of"),
    "unknown pruner": (
        lambda store: search(small_space(), Table(), pruner="shears"), InvalidInput,
        "pruner: found 'shears'"),
    "classes named otherwise": (
        lambda store: features(store, ("a", "b", "c")), Conflict, "labels"),
}  # fmt: skip


def features(store: CheckpointStore, labels: tuple[str, ...]) -> object:
    """Features of a branch that calls its classes by other names than the data."""
    spec = InputSpec("image", 16, 16)
    network = find_family("lenet3").build(spec.shape, 3)
    saved = save_branch(store, network, spec, labels, dataset="x", seed=0)
    try:
        cache = FeatureCache(store.root, store, dataset())
        return cache.features(saved.sha256, "image", "train")
    finally:
        for path in (saved.path, store.root / LOCK):
            path.unlink()


@pytest.mark.parametrize(("make", "error", "message"), CASES.values(), ids=CASES)
def test_refused_with_the_reason_and_nothing_stored(
    tmp_path: Path,
    make: Callable[[CheckpointStore], object],
    error: type[NeuroweaveError],
    message: str,
) -> None:
    store = CheckpointStore(tmp_path)
    with pytest.raises(error, match=message):
        make(store)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_candidate_without_memory_fails_and_the_study_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, data = CheckpointStore(tmp_path / "weights"), dataset()
    slots = []
    for modality in ("image", "audio"):
        network = find_family("mediumnet").build(data.spec(modality).shape, 3)
        saved = save_branch(store, network, data.spec(modality), LABELS, dataset=data.id, seed=0)
        slots.append(SlotOptions(modality, [(saved.sha256, ["conv1", "conv4"])]))
    evaluator = CachedEvaluator(FeatureCache(tmp_path, store, data))
    honest = search_cached.new_head

    def greedy(spec: FusionSpec, *args: object) -> object:
        if spec.width == 128:
            raise torch.OutOfMemoryError("tried to allocate 80 GiB")
        return honest(spec, *args)  # type: ignore[arg-type]

    for module in (search_cached, training_head):
        monkeypatch.setattr(module, "new_head", greedy)
    for batch in (1, 4):
        found = search(FusionSpace.from_slots(slots, 1), evaluator, trials=12, batch=batch, seed=1)
        failed = [trial for trial in found.trials if trial["value"] is None]
        assert failed
        assert all("80 GiB" in trial["error"] for trial in failed)
        assert found.best.width != 128
