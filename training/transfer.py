"""Published weights put to use on another data set: the body stays, its classifier is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from composer.branches import load_branch, save_branch
from composer.checkpoints import CheckpointStore
from composer.families.base import PooledLinear, TapNetwork, pool
from composer.inputs import InputSpec, prepare
from composer.transfer import recipe_for, with_classifier
from training.fit import Progress, fit, measure, reproducible
from training.pretrain import Pretrained

if TYPE_CHECKING:
    from training.data import MultimodalData, Split

EPOCHS, PATIENCE, LEARNING_RATE, BATCH, WEIGHT_DECAY = 60, 10, 1e-2, 64, 1e-2
OPTIMIZER = "adamw"
FORWARD = 64
"""Samples that go through the body at once."""


def transfer_checkpoint(
    checkpoints: CheckpointStore,
    published: str,
    data: MultimodalData,
    modality: str,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Pretrained:
    """A branch for ``data`` from published weights, by a linear probe of what they see.

    The body is frozen and in eval mode: what it says is computed once, with the published input
    recipe at the scale of the data set, and only the classifier on its last tap is trained.

    Args:
        checkpoints: where the published branch lies and the new one is kept.
        published: sha256 of the published branch.
        data: its training split teaches, its validation split tells when to stop.
        modality: that is read.
        seed: of the classifier and of the order of samples.
        progress: called after each epoch.

    Raises:
        NotFound: no such checkpoint. InvalidInput: no branch, or the data set cannot feed it.
    """
    branch = load_branch(checkpoints, published)
    recipe = recipe_for(branch.input, data.spec(modality))
    network = with_classifier(branch.network, len(data.labels), seed=seed)
    held = last_maps(network, recipe, data, modality, "validation")
    result = fit(
        network.classifier,
        (last_maps(network, recipe, data, modality, "train"), data.y("train")),
        (held, data.y("validation")),
        epochs=EPOCHS,
        patience=PATIENCE,
        optimizer=OPTIMIZER,
        lr=LEARNING_RATE,
        weight_decay=WEIGHT_DECAY,
        batch=BATCH,
        seed=seed,
        progress=progress,
    )
    network.requires_grad_(False)
    with reproducible():
        value = measure(network.classifier, held, data.y("validation"))
    hyper: dict[str, float | int | str] = {
        "epochs": EPOCHS,
        "epoch": result.epoch,
        "optimizer": OPTIMIZER,
        "lr": LEARNING_RATE,
        "weight_decay": WEIGHT_DECAY,
        "batch": BATCH,
        "width": network.width,
        "learns": "classifier",
    }
    stored = save_branch(
        checkpoints,
        network,
        recipe,
        data.labels,
        dataset=data.id,
        seed=seed,
        extra={"data_digest": data.digest, "derived_from": published, "value": f"{value:.6f}"},
    )
    return Pretrained(stored, network, modality, "accuracy", value, hyper)


@torch.no_grad()
def last_maps(
    network: TapNetwork, recipe: InputSpec, data: MultimodalData, modality: str, split: Split
) -> Tensor:
    """What the classifier of a network reads, for a whole split: pooled where it pools itself."""
    raw = data.raw(modality, split)
    linear = isinstance(network.classifier, PooledLinear)
    found = []
    with reproducible():
        for start in range(0, len(raw), FORWARD):
            maps = network.features(prepare(recipe, raw[start : start + FORWARD]))
            last = list(maps.values())[-1]
            found.append(pool(last) if linear else last)
    return torch.cat(found)
