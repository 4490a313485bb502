"""Training a fusion head on cached features: a fraction of a second per candidate."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from composer.fusion import FusionHead
from composer.spec import FusionSpec
from training.features import SlotFeatures
from training.fit import fit, measure, reproducible

EPOCHS = 25
PATIENCE = 8


def train_head(
    spec: FusionSpec,
    features: Mapping[str, SlotFeatures],
    labels: Mapping[str, Tensor],
    *,
    classes: int,
    seed: int = 0,
    epochs: int = EPOCHS,
    patience: int | None = PATIENCE,
    lr: float = 5e-3,
    weight_decay: float = 1.0,
    batch: int = 256,
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
    head.calibrate(features["train"])
    result = fit(
        head,
        (used(head, features["train"]), labels["train"]),
        (used(head, features["validation"]), labels["validation"]),
        epochs=epochs,
        patience=patience,
        lr=lr,
        weight_decay=weight_decay,
        batch=batch,
        seed=seed,
    )
    return head, result.best


def used(head: FusionHead, features: SlotFeatures) -> SlotFeatures:
    """Only the vectors that the head reads; fewer rows to gather in each step."""
    return {
        slot: {tap: features[slot][tap] for owner, tap in head.order if owner == slot}
        for slot in head.spec.slots
    }


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
