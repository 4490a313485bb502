"""Pre-training of a family on one modality: how library checkpoints of the demo come about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from atlas.progress import Progress
from composer.branches import save_branch
from composer.checkpoints import CheckpointStore, StoredCheckpoint
from composer.families.base import TapNetwork
from composer.families.registry import find_family
from training.data import SEARCHED, MultimodalData
from training.device import training_device
from training.fit import fit, measure, reproducible
from training.optimizers import find_recipe

EPOCHS = 30
PATIENCE = 8
BATCH = 64


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A stored checkpoint with what the library says about it.

    ``hyper`` holds the settings of the training; ``value`` is the accuracy on the validation
    split in eval mode, between 0 and 1.
    """

    stored: StoredCheckpoint
    network: TapNetwork
    modality: str
    metric: str
    value: float
    hyper: dict[str, float | int | str]


def pretrain(
    family: str,
    data: MultimodalData,
    modality: str,
    *,
    width: float = 1.0,
    options: Mapping[str, int] | None = None,
    optimizer: str = "adamw",
    seed: int = 0,
    epochs: int = EPOCHS,
    progress: Progress | None = None,
) -> tuple[TapNetwork, dict[str, float]]:
    """Train a new network of ``family`` on one modality's training split.

    ``width`` and ``options`` are the family's sizes; ``optimizer`` is one of
    ``training.optimizers.OPTIMIZERS``, with its own recipe.

    Returns:
        The frozen network in eval mode, and {"accuracy": on the validation split in eval mode,
        "epoch": the best one, "parameters": their number}.

    Raises:
        NotFound: unknown family or modality.
        InvalidInput: the samples are too small for it, or there is no such optimizer.
    """
    recipe = find_recipe(optimizer)
    spec = data.spec(modality)
    sizes = options or {}
    network = find_family(family).build(spec.shape, len(data.labels), width, seed=seed, **sizes)
    device = training_device()
    x, held = (data.x(modality, split).to(device) for split in SEARCHED)
    network.to(device).to(memory_format=torch.channels_last)  # twice as fast on a CPU
    result = fit(
        network,
        (x, data.y("train")),
        (held, data.y("validation")),
        epochs=epochs,
        patience=PATIENCE,
        optimizer=optimizer,
        lr=recipe.lr,
        weight_decay=recipe.weight_decay,
        clip=recipe.clip,
        batch=BATCH,
        seed=seed,
        progress=progress,
    )
    with reproducible():
        value = measure(network, held, data.y("validation"))
    network.cpu().to(memory_format=torch.contiguous_format).requires_grad_(False)
    return network, {
        "accuracy": value,
        "epoch": float(result.epoch),
        "parameters": float(network.parameter_count()),
    }


def pretrain_checkpoint(
    checkpoints: CheckpointStore,
    family: str,
    data: MultimodalData,
    modality: str,
    *,
    width: float = 1.0,
    options: Mapping[str, int] | None = None,
    optimizer: str = "adamw",
    seed: int = 0,
    epochs: int = EPOCHS,
    progress: Progress | None = None,
) -> Pretrained:
    """Pre-train and store. The same arguments give the same sha256 on the same machine."""
    network, metrics = pretrain(
        family,
        data,
        modality,
        width=width,
        options=options,
        optimizer=optimizer,
        seed=seed,
        epochs=epochs,
        progress=progress,
    )
    stored = save_branch(
        checkpoints,
        network,
        data.spec(modality),
        data.labels,
        dataset=data.id,
        seed=seed,
        extra={
            "data_digest": data.digest,
            "optimizer": optimizer,
            "metric": "accuracy",
            "value": f"{metrics['accuracy']:.6f}",
        },
    )
    recipe = find_recipe(optimizer)
    hyper: dict[str, float | int | str] = {
        "epochs": epochs,
        "epoch": int(metrics["epoch"]),
        "optimizer": optimizer,
        "lr": recipe.lr,
        "weight_decay": recipe.weight_decay,
        "batch": BATCH,
        "width": width,
    }
    return Pretrained(stored, network, modality, "accuracy", metrics["accuracy"], hyper)
