from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from atlas.errors import Conflict, Forbidden, InvalidInput, NotFound
from composer.branches import load_branch, save_branch
from composer.network import pooled_features
from composer.transfer import with_classifier
from tests.training.conftest import Library
from training.data import MultimodalData
from training.features import FeatureCache
from training.own.removal import features_of
from training.transfer import transfer_checkpoint


@pytest.fixture
def cache(tmp_path: Path, library: Library, small: MultimodalData) -> FeatureCache:
    return FeatureCache(tmp_path, library.store, small)


def test_cached_is_what_the_branch_says(
    cache: FeatureCache, library: Library, small: MultimodalData
) -> None:
    for _ in range(2):
        found = cache.features(library.audio, "audio", "train")
        network = load_branch(library.store, library.audio).network
        fresh = pooled_features(network, small.x("audio", "train"))
        assert list(found) == list(fresh) == list(network.widths())
        for tap, vectors in found.items():
            assert torch.allclose(vectors, fresh[tap], atol=1e-5)
            assert vectors.shape == (40, network.widths()[tap])


def test_second_time_nothing_runs(
    cache: FeatureCache, library: Library, small: MultimodalData
) -> None:
    spec = library.spec("late_concat")
    first = {split: cache.slots(spec, split) for split in ("train", "validation")}
    assert cache.forwards == 4 * 40
    cache.slots(spec, "train")
    assert cache.forwards == 4 * 40
    later = FeatureCache(cache.home, library.store, small)
    for split, slots in first.items():
        again = later.slots(spec, split)  # type: ignore[arg-type]
        for slot, taps in slots.items():
            assert list(again[slot]) == list(taps)
            assert all(torch.equal(again[slot][tap], taps[tap]) for tap in taps)
    assert later.forwards == 0
    assert len(features_of(cache.root, small.id)) == 4
    assert features_of(cache.root, "another") == []


def test_another_classifier_on_the_same_body_runs_nothing(
    cache: FeatureCache, library: Library, small: MultimodalData
) -> None:
    first = cache.features(library.image, "image", "train")
    branch = load_branch(library.store, library.image)
    network = with_classifier(branch.network, len(small.labels), seed=5)

    def saved() -> str:
        network.requires_grad_(False)
        labels, spec = small.labels, branch.input
        return save_branch(library.store, network, spec, labels, dataset="x", seed=5).sha256

    other = saved()
    found = cache.features(other, "image", "train")
    assert cache.forwards == 40
    fresh = pooled_features(load_branch(library.store, other).network, small.x("image", "train"))
    assert torch.allclose(found["logits"], fresh["logits"], atol=1e-5)
    assert not torch.equal(found["logits"], first["logits"])
    next(network.blocks.parameters()).view(-1)[0] += 1
    cache.features(saved(), "image", "train")
    assert cache.forwards == 80


def test_a_transfer_leaves_nothing_to_be_run_but_the_test_split(
    cache: FeatureCache, library: Library, small: MultimodalData
) -> None:
    renamed = replace(small, labels=tuple("abcdefghij"))
    later = FeatureCache(cache.home, library.store, renamed)
    said: list[str] = []
    for seed in (0, 1):
        made = transfer_checkpoint(
            library.store, library.image, renamed, "image", seed=seed, features=later,
            progress=lambda text, _: said.append(text),
        )  # fmt: skip
        for split in ("train", "validation"):
            later.features(made.stored.sha256, "image", split)  # type: ignore[arg-type]
        assert later.forwards == 2 * 40
    assert said[0] == "40 of 40 samples"
    later.test_features(made.stored.sha256, "image")
    assert later.forwards == 3 * 40


def test_other_data_are_computed_anew(
    cache: FeatureCache, library: Library, small: MultimodalData
) -> None:
    cache.features(library.image, "image", "train")
    other = FeatureCache(cache.home, library.store, replace(small, id="other"))
    other.features(library.image, "image", "train")
    assert other.forwards == 40


def test_damaged_file_is_made_again(
    cache: FeatureCache, library: Library, small: MultimodalData
) -> None:
    before = cache.features(library.image, "image", "train")
    (path,) = cache.root.iterdir()
    path.write_bytes(path.read_bytes()[:200])
    later = FeatureCache(cache.home, library.store, small)
    after = later.features(library.image, "image", "train")
    assert later.forwards == 40
    assert all(torch.equal(after[tap], before[tap]) for tap in before)


def test_test_split_has_its_own_door(cache: FeatureCache, library: Library) -> None:
    spec = library.spec("sum_log_prob")
    with pytest.raises(Forbidden, match="split: found test"):
        cache.features(library.image, "image", "test")
    with pytest.raises(Forbidden):
        cache.slots(spec, "test")
    with pytest.raises(Forbidden):
        cache.labels("test")
    assert cache.forwards == 0
    assert len(cache.test_labels()) == len(cache.test_slots(spec)["see"]["logits"]) == 40
    taps = cache.test_features(library.image, "image")
    assert torch.equal(taps["logits"], cache.test_slots(spec)["see"]["logits"])


def test_wrong_questions(
    cache: FeatureCache, library: Library, small: MultimodalData, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="modality: found audio, expected image"):
        cache.features(library.image, "audio", "train")
    with pytest.raises(NotFound):
        cache.features("0" * 64, "image", "train")
    renamed = replace(small, labels=tuple("abcdefghij"))
    with pytest.raises(Conflict, match="labels"):
        FeatureCache(tmp_path, library.store, renamed).features(library.image, "image", "train")
