from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from atlas.errors import InvalidInput, NotFound
from composer.branches import load_branch, save_branch
from composer.checkpoints import CheckpointStore
from composer.families.base import TapNetwork
from composer.families.registry import find_family
from composer.fusion import FusionHead
from composer.inputs import InputSpec, SoundSpec
from composer.network import (
    ComposedNetwork,
    load_composition,
    pooled_features,
    predict,
    save_composition,
)
from composer.spec import FusionLayer, FusionSpec

LABELS = ("no", "yes", "maybe")
SPECS = {
    "visual.shape": InputSpec("image", 16, 16, mean=0.2, std=0.5),
    "auditory": InputSpec("audio", 32, 16, mean=-2.0, std=3.0, sound=SoundSpec()),
    "visual.other": InputSpec("image", 20, 20),
}
FAMILY = {"visual.shape": "lenet3", "auditory": "mediumnet", "visual.other": "sparsenet"}


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "checkpoints")


def spec_for(store: CheckpointStore, kind: str, count: int = 2) -> FusionSpec:
    slots = tuple(SPECS)[:count]
    checkpoints = []
    for number, slot in enumerate(slots):
        network = find_family(FAMILY[slot]).build(SPECS[slot].shape, 3, seed=number)
        saved = save_branch(store, network, SPECS[slot], LABELS, dataset="made up", seed=number)
        checkpoints.append(saved.sha256)
    layers = (FusionLayer(("conv2",) * count, "gated", "tanh"),) if kind == "layers" else ()
    return FusionSpec(slots, tuple(checkpoints), kind, layers, width=8)  # type: ignore[arg-type]


def networks(store: CheckpointStore, spec: FusionSpec) -> dict[str, TapNetwork]:
    pairs = zip(spec.slots, spec.checkpoints, strict=True)
    return {slot: load_branch(store, sha).network for slot, sha in pairs}


def head_for(store: CheckpointStore, spec: FusionSpec) -> FusionHead:
    widths = {slot: net.widths() for slot, net in networks(store, spec).items()}
    return FusionHead(widths, 3, spec, seed=4)


def samples(spec: FusionSpec, n: int = 4) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {slot: torch.randn(n, *SPECS[slot].shape, generator=generator) for slot in spec.slots}


RAW = {
    "image": np.random.default_rng(0).uniform(0, 1, (4, 8, 8)),
    "audio": np.random.default_rng(1).normal(size=(4, 2048)),
}


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("kind", ["sum_log_prob", "late_concat", "layers"])
def test_one_two_or_three_slots(store: CheckpointStore, kind: str, count: int) -> None:
    spec = spec_for(store, kind, count)
    network = ComposedNetwork(networks(store, spec), head_for(store, spec))
    out = network(samples(spec))
    assert out.shape == (4, 3)
    assert torch.allclose(out.exp().sum(dim=1), torch.ones(4), atol=1e-5)


def test_a_stored_committee_answers_the_same(store: CheckpointStore) -> None:
    spec = spec_for(store, "layers")
    late = replace(spec, kind="late_concat", layers=())
    heads = [head_for(store, member) for member in (spec, late)]
    head = FusionHead.committee(heads)
    made = ComposedNetwork(networks(store, spec), head).eval()
    saved = save_composition(store, head.spec, head, labels=LABELS, seed=4)
    loaded = load_composition(store, saved.sha256)
    assert loaded.spec == head.spec
    assert torch.equal(loaded.network(samples(spec)), made(samples(spec)))
    assert predict(loaded, {"image": RAW["image"]}).missing == ["audio"]


def test_branches_stay_frozen_and_in_eval_mode(store: CheckpointStore) -> None:
    spec = spec_for(store, "layers")
    parts = {slot: find_family(FAMILY[slot]).build(SPECS[slot].shape, 3) for slot in spec.slots}
    assert all(branch.training for branch in parts.values())
    network = ComposedNetwork(parts, head_for(store, spec))
    for mode in (network.train(), network.eval(), network.train(True)):
        assert not any(branch.training for branch in parts.values())
        assert mode is network
    assert network.head.training
    network(samples(spec))[:, 0].sum().backward()
    assert all(p.grad is None for branch in parts.values() for p in branch.parameters())
    assert all(p.grad is not None for p in network.head.parameters())


def test_cached_features_are_what_the_network_sees(store: CheckpointStore) -> None:
    spec = spec_for(store, "layers")
    parts, head, x = networks(store, spec), head_for(store, spec), samples(spec)
    whole = ComposedNetwork(parts, head)(x)
    cached = head({slot: pooled_features(parts[slot], x[slot]) for slot in spec.slots})
    assert torch.equal(whole, cached)


@pytest.mark.parametrize("kind", ["sum_log_prob", "late_concat", "layers"])
def test_stored_composition_answers_the_same(store: CheckpointStore, kind: str) -> None:
    spec = spec_for(store, kind)
    head = head_for(store, spec)
    made = ComposedNetwork(networks(store, spec), head).eval()
    saved = save_composition(store, spec, head, labels=LABELS, seed=4)
    assert save_composition(store, spec, head, labels=LABELS, seed=4) == saved
    loaded = load_composition(store, saved.sha256)
    assert loaded.spec == spec
    assert loaded.labels == LABELS
    assert not loaded.network.training
    x = samples(spec)
    assert torch.allclose(loaded.network(x), made(x), atol=1e-6)


def test_single_network_has_an_address_too(store: CheckpointStore) -> None:
    spec = spec_for(store, "single", 1)
    saved = save_composition(store, spec, head_for(store, spec), labels=LABELS, seed=0)
    assert store.verify(saved.sha256)
    answer = predict(load_composition(store, saved.sha256), {"image": RAW["image"]})
    assert answer.missing == []
    assert len(answer.labels) == 4
    assert set(answer.labels) <= set(LABELS)


def test_raw_samples_are_prepared_by_each_branchs_own_recipe(store: CheckpointStore) -> None:
    spec = spec_for(store, "late_concat", 3)
    saved = save_composition(store, spec, head_for(store, spec), labels=LABELS, seed=0)
    composition = load_composition(store, saved.sha256)
    answer = predict(composition, RAW)
    as_lists = predict(composition, {name: raw.tolist() for name, raw in RAW.items()})
    assert np.allclose(answer.probabilities, as_lists.probabilities, atol=1e-6)
    assert np.allclose(np.sum(answer.probabilities, axis=1), 1, atol=1e-5)
    best = np.argmax(answer.probabilities, axis=1)
    assert answer.labels == [LABELS[i] for i in best]


@pytest.mark.parametrize("kind", ["sum_log_prob", "late_concat", "stacking", "layers"])
def test_without_sound_the_picture_alone_answers(store: CheckpointStore, kind: str) -> None:
    spec = spec_for(store, kind)
    saved = save_composition(store, spec, head_for(store, spec), labels=LABELS, seed=0)
    answer = predict(load_composition(store, saved.sha256), {"image": RAW["image"]})
    assert answer.missing == ["audio"]
    alone = FusionSpec(spec.slots[:1], spec.checkpoints[:1], "single")
    saved = save_composition(store, alone, head_for(store, alone), labels=LABELS, seed=0)
    expected = predict(load_composition(store, saved.sha256), {"image": RAW["image"]})
    assert np.allclose(answer.probabilities, expected.probabilities, atol=1e-6)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, "inputs: found nothing"),
        ({"smell": [[1.0]]}, r"inputs: found \['smell'\]"),
        (
            {"image": RAW["image"], "audio": RAW["audio"][:2]},
            "inputs: found 4 of image, 2 of audio, expected as many samples of each",
        ),
        ({"audio": []}, "list, empty"),
        ({"image": [[["a"]]], "audio": RAW["audio"]}, "^image: found"),
    ],
)
def test_bad_predictions_are_refused(
    store: CheckpointStore, raw: dict[str, object], message: str
) -> None:
    spec = spec_for(store, "sum_log_prob")
    saved = save_composition(store, spec, head_for(store, spec), labels=LABELS, seed=0)
    with pytest.raises(InvalidInput, match=message):
        predict(load_composition(store, saved.sha256), raw)


def test_wrong_parts_are_refused(store: CheckpointStore) -> None:
    spec = spec_for(store, "layers")
    parts, head = networks(store, spec), head_for(store, spec)
    with pytest.raises(InvalidInput, match=r"branches: .* expected slots visual\.shape, auditory"):
        ComposedNetwork({"auditory": parts["auditory"]}, head)
    network = ComposedNetwork(parts, head)
    with pytest.raises(InvalidInput, match=r"inputs: .* expected slots visual\.shape, auditory"):
        network({"nose": torch.zeros(1, 1, 4, 4)})
    both = samples(spec)
    with pytest.raises(InvalidInput, match=r"4 of visual\.shape, 1 of auditory"):
        network({**both, "auditory": both["auditory"][:1]})
    with pytest.raises(InvalidInput, match=r"input: found \(1, 4, 4\)"):
        pooled_features(parts["auditory"], torch.zeros(1, 1, 4, 4))


def test_composition_of_unknown_branches_is_not_stored(store: CheckpointStore) -> None:
    spec = spec_for(store, "late_concat")
    head = head_for(store, spec)
    gone = FusionSpec(spec.slots, ("0" * 64, spec.checkpoints[1]), spec.kind, width=8)
    before = store.list()
    with pytest.raises(NotFound):
        save_composition(store, gone, head, labels=LABELS, seed=0)
    assert store.list() == before
    with pytest.raises(InvalidInput, match="kind branch, expected kind composition"):
        load_composition(store, spec.checkpoints[0])
