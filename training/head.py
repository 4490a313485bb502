"""Training a fusion head on cached features: a fraction of a second per candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from composer.fusion import FusionHead
from composer.spec import FusionSpec
from training.data import SEARCHED
from training.device import training_device
from training.features import SlotFeatures
from training.fit import Watch, fit, measure, reproducible

EPOCHS = 25
PATIENCE = 12
LEARNING_RATE = 1e-2
WEIGHT_DECAY = 2.0
BATCH = 540

ORDER = 0
"""Seed of the order in which every head sees the samples."""


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """How heads are trained: AdamW under half a cosine.

    Attributes:
        epochs: at most so many.
        patience: stop after so many epochs without a better validation accuracy.
        lr: the largest learning rate.
        weight_decay: AdamW's.
        batch: samples per step.
    """

    epochs: int = EPOCHS
    patience: int | None = PATIENCE
    lr: float = LEARNING_RATE
    weight_decay: float = WEIGHT_DECAY
    batch: int = BATCH


SETTINGS = HeadSettings()


def new_head(
    spec: FusionSpec, features: Mapping[str, SlotFeatures], classes: int, seed: int
) -> FusionHead:
    """An untrained head for these features."""
    widths = {
        slot: {tap: vectors.shape[1] for tap, vectors in taps.items()}
        for slot, taps in features["train"].items()
    }
    return FusionHead(widths, classes, spec, seed=seed)


def train_head(
    spec: FusionSpec,
    features: Mapping[str, SlotFeatures],
    labels: Mapping[str, Tensor],
    *,
    classes: int,
    seed: int = 0,
    settings: HeadSettings = SETTINGS,
    watch: Watch | None = None,
) -> tuple[FusionHead, float]:
    """Train the head of a candidate; kinds without weights are only measured.

    Args:
        spec: the candidate.
        features: "train" and "validation" → slot → tap → vectors (N, width).
        labels: "train" and "validation" → class indices (N,).
        classes: number of classes.
        seed: draws the weights. All heads see the samples in one order, so that candidates are
            compared on equal terms.
        settings: of the training.
        watch: called after each epoch with its number and validation accuracy.

    Returns:
        The head in eval mode, and its accuracy on the validation split, between 0 and 1.
    """
    head = new_head(spec, features, classes, seed)
    if head.classifier is None:
        return head.eval(), accuracy(head, features["validation"], labels["validation"])
    device = training_device()
    head.to(device)
    with reproducible():
        read = {split: moved(head, features[split], device) for split in SEARCHED}
        head.calibrate(read["train"])
        vectors = {split: head.standardise(read[split]) for split in SEARCHED}
    result = fit(
        Fusion(head),
        (vectors["train"], labels["train"]),
        (vectors["validation"], labels["validation"]),
        epochs=settings.epochs,
        patience=settings.patience,
        lr=settings.lr,
        weight_decay=settings.weight_decay,
        batch=settings.batch,
        seed=ORDER,
        mixed=False,  # a head is too small to gain from it
        watch=watch,
    )
    return head.eval().cpu(), result.best


def moved(head: FusionHead, features: SlotFeatures, device: torch.device) -> SlotFeatures:
    """What the head reads of ``features``, and only that, on a device."""
    found: SlotFeatures = {}
    for slot, tap in head.order:
        found.setdefault(slot, {})[tap] = features[slot][tap].to(device)
    return found


class Fusion(nn.Module):
    """The part of a head that learns; it reads vectors that were standardised once for all."""

    def __init__(self, head: FusionHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, standardised: SlotFeatures) -> Tensor:
        """Logits (N, classes)."""
        return self.head.fuse(standardised)


def accuracy(head: FusionHead, features: SlotFeatures, labels: Tensor) -> float:
    """Share of right answers, between 0 and 1, in eval mode."""
    with reproducible():
        return measure(head, features, labels)


@torch.inference_mode()
def log_probabilities(head: FusionHead, features: SlotFeatures) -> Tensor:
    """The head's answer for every sample (N, classes), in eval mode."""
    head.eval()
    answer: Tensor = head(features)
    return answer
