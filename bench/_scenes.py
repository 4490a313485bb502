"""Branches, trained or not, and the features of made-up scenes, for the benchmarks of fusion."""

from __future__ import annotations

from pathlib import Path

from composer.branches import save_branch
from composer.checkpoints import CheckpointStore
from composer.families.registry import find_family
from search.space import SlotOptions
from training.data import MultimodalData
from training.features import FeatureCache
from training.pretrain import pretrain_checkpoint

SLOTS = {"visual": "image", "auditory": "audio"}


def branch(
    store: CheckpointStore, family: str, data: MultimodalData, modality: str, *, seed: int = 0
) -> str:
    """An untrained branch in the store; how long it takes does not depend on its training."""
    shape = data.spec(modality).shape
    network = find_family(family).build(shape, len(data.labels), seed=seed)
    spec = data.spec(modality)
    return save_branch(store, network, spec, data.labels, dataset=data.id, seed=seed).sha256


def scenes(
    home: Path, data: MultimodalData, *, epochs: int = 0
) -> tuple[FeatureCache, list[SlotOptions]]:
    """Two candidates for each of the two slots, and their features, not yet computed.

    The branches are trained for so many epochs, or not at all.
    """
    store = CheckpointStore(home / "checkpoints")
    slots = []
    for slot, modality in SLOTS.items():
        options = []
        for family in ("lenet3", "mediumnet"):
            shape = data.spec(modality).shape
            taps = list(find_family(family).shape_only(shape, len(data.labels)).taps)
            if epochs:
                trained = pretrain_checkpoint(store, family, data, modality, epochs=epochs)
                options.append((trained.stored.sha256, taps))
            else:
                options.append((branch(store, family, data, modality), taps))
        slots.append(SlotOptions(slot, options))
    return FeatureCache(home, store, data), slots
