"""Training a fusion head on cached features: a fraction of a second per candidate."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from composer.fusion import FusionHead
from composer.spec import FusionSpec
from training.data import Split
from training.features import SlotFeatures
from training.fit import fit, measure, reproducible

SEARCHED: tuple[Split, ...] = ("train", "validation")
EPOCHS = 25
PATIENCE = 12
LEARNING_RATE = 1e-2
WEIGHT_DECAY = 2.0
BATCH = 540


def train_head(
    spec: FusionSpec,
    features: Mapping[str, SlotFeatures],
    labels: Mapping[str, Tensor],
    *,
    classes: int,
    seed: int = 0,
    epochs: int = EPOCHS,
    patience: int | None = PATIENCE,
    lr: float = LEARNING_RATE,
    weight_decay: float = WEIGHT_DECAY,
    batch: int = BATCH,
) -> tuple[FusionHead, float]:
    """Train the head of a candidate; kinds without weights are only measured.

    Args:
        spec: the candidate.
        features: "train" and "validation" → slot → tap → vectors (N, width).
        labels: "train" and "validation" → class indices (N,).
        classes: number of classes.
        seed: draws the weights and the order of the samples.
        epochs: at most so many.
        patience: stop after so many epochs without a better validation accuracy.
        lr: AdamW's learning rate, falling along a half cosine.
        weight_decay: AdamW's.
        batch: samples per step.

    Returns:
        The head in eval mode, and its accuracy on the validation split, between 0 and 1.
    """
    widths = {
        slot: {tap: vectors.shape[1] for tap, vectors in taps.items()}
        for slot, taps in features["train"].items()
    }
    head = FusionHead(widths, classes, spec, seed=seed)
    if head.classifier is None:
        return head.eval(), accuracy(head, features["validation"], labels["validation"])
    with reproducible():
        head.calibrate(features["train"])
        vectors = {split: head.standardise(features[split]) for split in SEARCHED}
    result = fit(
        Fusion(head),
        (vectors["train"], labels["train"]),
        (vectors["validation"], labels["validation"]),
        epochs=epochs,
        patience=patience,
        lr=lr,
        weight_decay=weight_decay,
        batch=batch,
        seed=seed,
    )
    return head.eval(), result.best


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
