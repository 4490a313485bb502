"""Published weights put to use on another data set: the body stays, its classifier is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import torch
from torch import Tensor

from atlas.progress import Progress, part, silent
from composer.branches import Branch, load_branch, save_branch
from composer.checkpoints import CheckpointStore
from composer.families.base import PooledLinear, TapNetwork, pool
from composer.inputs import InputSpec, prepare
from composer.transfer import recipe_for, with_classifier
from training.fit import fit, measure, reproducible
from training.pretrain import Pretrained

if TYPE_CHECKING:
    from training.data import MultimodalData, Split
    from training.features import FeatureCache

EPOCHS, PATIENCE, LEARNING_RATE, BATCH, WEIGHT_DECAY = 60, 10, 1e-2, 64, 1e-2
OPTIMIZER = "adamw"
FORWARD = 64
"""Samples that go through the body at once."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """A published body with its new classifier, how its input is prepared, and how good it is.

    ``value`` is the accuracy on the validation split, first reached after ``epoch`` epochs.
    """

    network: TapNetwork
    input: InputSpec
    value: float
    epoch: int


def transfer(
    published: Branch,
    data: MultimodalData,
    modality: str,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    features: FeatureCache | None = None,
) -> Transferred:
    """A network for ``data`` from a published branch, by a linear probe of what it sees.

    The body is frozen and in eval mode: what it says is computed once, with the published input
    recipe at the scale of the data set, and only the classifier on its last tap is trained.

    Args:
        published: the branch.
        data: its training split teaches, its validation split tells when to stop.
        modality: that is read.
        seed: of the classifier and of the order of samples.
        progress: called while the body speaks, and after each epoch.
        features: keeps what the body says of ``data``, for whoever asks next.

    Raises:
        InvalidInput: the data set cannot feed it; says why.
    """
    recipe = recipe_for(published.input, data.spec(modality))
    network = with_classifier(published.network, len(data.labels), seed=seed)

    say = progress or silent

    def last(split: Split, start: float, end: float) -> Tensor:
        if features is None or not isinstance(network.classifier, PooledLinear):
            return last_maps(network, recipe, data.raw(modality, split))
        stretch = part(say, start, end)
        return list(features.body(network, recipe, modality, split, stretch).values())[-1]

    held = last("validation", 0.0, 0.2)
    result = fit(
        network.classifier,
        (last("train", 0.2, 0.8), data.y("train")),
        (held, data.y("validation")),
        epochs=EPOCHS,
        patience=PATIENCE,
        optimizer=OPTIMIZER,
        lr=LEARNING_RATE,
        weight_decay=WEIGHT_DECAY,
        batch=BATCH,
        seed=seed,
        progress=part(say, 0.8, 1.0),
    )
    network.requires_grad_(False)
    with reproducible():
        value = measure(network.classifier, held, data.y("validation"))
    return Transferred(network, recipe, value, result.epoch)


def transfer_checkpoint(
    checkpoints: CheckpointStore,
    published: str,
    data: MultimodalData,
    modality: str,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    features: FeatureCache | None = None,
) -> Pretrained:
    """Transfer the branch with this sha256, and store what comes out.

    Raises:
        NotFound: no such checkpoint. InvalidInput: no branch, or the data set cannot feed it.
    """
    branch = load_branch(checkpoints, published)
    made = transfer(branch, data, modality, seed=seed, progress=progress, features=features)
    hyper: dict[str, float | int | str] = {
        "epochs": EPOCHS,
        "epoch": made.epoch,
        "optimizer": OPTIMIZER,
        "lr": LEARNING_RATE,
        "weight_decay": WEIGHT_DECAY,
        "batch": BATCH,
        "width": made.network.width,
        "learns": "classifier",
    }
    stored = save_branch(
        checkpoints,
        made.network,
        made.input,
        data.labels,
        dataset=data.id,
        seed=seed,
        extra={
            "data_digest": data.digest,
            "derived_from": published,
            "value": f"{made.value:.6f}",
        },
    )
    return Pretrained(stored, made.network, modality, "accuracy", made.value, hyper)


@torch.no_grad()
def last_maps(network: TapNetwork, recipe: InputSpec, raw: npt.NDArray[Any]) -> Tensor:
    """What the classifier of a network reads, for raw samples: pooled where it pools itself."""
    linear = isinstance(network.classifier, PooledLinear)
    found = []
    with reproducible():
        for start in range(0, len(raw), FORWARD):
            maps = network.features(prepare(recipe, raw[start : start + FORWARD]))
            last = list(maps.values())[-1]
            found.append(pool(last) if linear else last)
    return torch.cat(found)
