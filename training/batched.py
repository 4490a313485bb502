"""Several fusion heads of one shape trained in one pass.

A head is so small that a step spends most of its time outside the arithmetic. Stacked, K heads
take the steps of one: their weights become one tensor with a further first axis, ``torch.func``
runs the layers over it, and AdamW, which looks at every number alone, needs no change.
"""

from __future__ import annotations

import copy
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from atlas.errors import InvalidInput
from composer.fusion import FusionHead
from training.features import SlotFeatures
from training.fit import fall, make_optimizer, reproducible
from training.head import HeadSettings

Rows = list[Tensor]
"""The standardised vectors (N, length) that a head's layers read, layer by layer."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head to be trained: its weights as drawn, its standardised vectors, its seed."""

    head: FusionHead
    train: Rows
    validation: Rows
    seed: int


def prepared(head: FusionHead, features: Mapping[str, SlotFeatures], seed: int) -> Head:
    """Calibrate a head on the training split and standardise what it reads."""
    with reproducible():
        head.calibrate(features["train"])
        rows = {}
        for split in ("train", "validation"):
            vectors = head.standardise(features[split])
            rows[split] = [vectors[slot][tap] for step in head.steps for slot, tap in step]
    return Head(head, rows["train"], rows["validation"], seed)


def shape(head: FusionHead) -> Hashable:
    """Equal for heads that can be trained together: same layers, same lengths."""
    learning = [(name, tuple(weight.shape)) for name, weight in head.named_parameters()]
    return (repr(head.fusions), repr(head.activations), tuple(learning))


def train_heads(
    heads: Sequence[Head], labels: Mapping[str, Tensor], settings: HeadSettings
) -> list[tuple[float, int]]:
    """Train heads of one :func:`shape` by cross-entropy; each ends in eval mode, at its best.

    Each head has its own order of samples, best epoch and patience, and learns what
    :func:`training.head.train_head` would have taught it, but for the last digits of sums.

    Args:
        heads: what :func:`prepared` makes.
        labels: "train" and "validation" → class indices (N,).
        settings: as for a single head.

    Returns:
        Each head's accuracy on the validation split, and the epochs it used.

    Raises:
        InvalidInput: none, or heads of several shapes.
    """
    if len({shape(one.head) for one in heads}) != 1:
        raise InvalidInput("heads", found=f"{len(heads)} heads", expected="heads of one shape")
    with reproducible():
        stack = _Stack(heads)
        generators = [torch.Generator().manual_seed(one.seed) for one in heads]
        optimizer = make_optimizer(
            "adamw", list(stack.weights.values()), lr=settings.lr,
            weight_decay=settings.weight_decay,
        )  # fmt: skip
        count = len(labels["train"])
        for epoch in range(settings.epochs):
            for group in optimizer.param_groups:
                group["lr"] = settings.lr * fall(epoch, settings.epochs)
            orders = torch.stack([torch.randperm(count, generator=g) for g in generators])
            for rows in torch.split(orders, settings.batch, dim=1):
                optimizer.zero_grad()
                losses = nn.functional.cross_entropy(
                    stack(rows).flatten(0, 1), labels["train"][rows].flatten(), reduction="sum"
                )
                (losses / rows.shape[1]).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            stack.judge(labels["validation"], epoch + 1, settings.patience)
            if not bool(stack.alive.any()):
                break
        return stack.end()


class _Stack:
    """The weights of all heads along a first axis, and the best that each has had."""

    def __init__(self, heads: Sequence[Head]) -> None:
        self.heads = heads
        learning = [Learning(one.head) for one in heads]
        every = [dict(module.named_parameters()) for module in learning]
        self.weights = {
            name: nn.Parameter(torch.stack([weights[name].detach() for weights in every]))
            for name in every[0]
        }
        self.template = copy.deepcopy(learning[0]).to("meta")
        self.best = torch.full((len(heads),), -1.0, dtype=torch.float64)
        self.best_epoch = torch.zeros(len(heads), dtype=torch.int64)
        self.epochs = torch.zeros(len(heads), dtype=torch.int64)
        self.alive = torch.ones(len(heads), dtype=torch.bool)
        self.kept = {name: weight.detach().clone() for name, weight in self.weights.items()}
        held = zip(*(one.validation for one in heads), strict=True)
        self.held = [torch.stack(list(rows)) for rows in held]

    def __call__(self, rows: Tensor) -> Tensor:
        """Logits (K, B, classes) of the training samples ``rows`` (K, B) of each head."""
        every = zip(*(one.train for one in self.heads), strict=True)
        parts = [
            torch.stack([part[chosen] for part, chosen in zip(of, rows, strict=True)])
            for of in every
        ]
        return self._logits(parts)

    def _logits(self, parts: list[Tensor]) -> Tensor:
        def one(weights: Mapping[str, Tensor], given: list[Tensor]) -> Tensor:
            answer: Tensor = functional_call(self.template, dict(weights), (given,))
            return answer

        logits: Tensor = vmap(one)(self.weights, parts)
        return logits

    @torch.no_grad()
    def judge(self, labels: Tensor, epoch: int, patience: int | None) -> None:
        """Measure all heads; keep what is better, let go what has lost patience."""
        values = (self._logits(self.held).argmax(2) == labels).double().mean(dim=1)
        better = self.alive & (values > self.best)
        self.best[better] = values[better]
        self.best_epoch[better] = epoch
        self.epochs[self.alive] = epoch
        for name, weight in self.weights.items():
            self.kept[name][better] = weight[better]
        if patience is not None:
            self.alive &= epoch - self.best_epoch < patience

    @torch.no_grad()
    def end(self) -> list[tuple[float, int]]:
        """Give every head its best weights."""
        for number, one in enumerate(self.heads):
            learning = Learning(one.head)
            for name, weight in learning.named_parameters():
                weight.copy_(self.kept[name][number])
            one.head.eval()
        return list(zip(self.best.tolist(), self.epochs.tolist(), strict=True))


class Learning(nn.Module):
    """The part of a head that learns; it reads its vectors as one list."""

    def __init__(self, head: FusionHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, rows: Rows) -> Tensor:
        """Logits (N, classes)."""
        width = len(self.head.spec.slots)
        return self.head.join([rows[i : i + width] for i in range(0, len(rows), width)])
