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
from training.data import SEARCHED
from training.device import training_device
from training.features import SlotFeatures
from training.fit import batches, cross_entropy, fall, make_optimizer, reproducible
from training.head import ORDER, HeadSettings, moved

Rows = list[Tensor]
"""The standardised vectors (N, length) that a head's layers read, layer by layer."""

Shared = dict[int, tuple[Tensor, Tensor]]
"""Vectors by their identity, and standardised; heads that read the same ones share these."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head to be trained: its weights as drawn, and what its layers read."""

    head: FusionHead
    train: Rows
    validation: Rows


def prepared(head: FusionHead, features: Mapping[str, SlotFeatures], shared: Shared) -> Head:
    """Calibrate a head on the training split and standardise what it reads."""
    found: dict[str, Rows] = {}
    device = training_device()
    head.to(device)
    with reproducible():
        head.calibrate(moved(head, features["train"], device))
        scales = dict(zip(head.order, head.scales, strict=True))
        for split in SEARCHED:
            found[split] = []
            for slot, tap in (key for step in head.steps for key in step):
                raw = features[split][slot][tap]
                if id(raw) not in shared:
                    shared[id(raw)] = (raw, scales[slot, tap](raw.to(device)))
                found[split].append(shared[id(raw)][1])
    return Head(head, found["train"], found["validation"])


def shape(head: FusionHead) -> Hashable:
    """Equal for heads that can be trained together: same layers, same lengths."""
    learning = [(name, tuple(weight.shape)) for name, weight in head.named_parameters()]
    return (repr(head.fusions), repr(head.activations), tuple(learning))


def train_heads(
    heads: Sequence[Head], labels: Mapping[str, Tensor], settings: HeadSettings
) -> list[tuple[float, int]]:
    """Train heads of one :func:`shape` by cross-entropy; each ends in eval mode, at its best.

    Each head has its own best epoch and patience, and learns what :func:`training.head.train_head`
    would have taught it, but for the last digits of sums.

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
        optimizer = make_optimizer(
            "adamw", list(stack.weights.values()), lr=settings.lr,
            weight_decay=settings.weight_decay,
        )  # fmt: skip
        y, held = (labels[split].to(stack.device) for split in SEARCHED)
        order = torch.Generator().manual_seed(ORDER)
        for epoch in range(settings.epochs):
            for group in optimizer.param_groups:
                group["lr"] = settings.lr * fall(epoch, settings.epochs)
            rows_of_all = torch.randperm(len(y), generator=order).to(stack.device)
            for rows in batches(rows_of_all, settings.batch):
                optimizer.zero_grad()
                wanted = y[rows].expand(len(heads), -1)
                losses = len(heads) * cross_entropy(stack(rows), wanted)
                losses.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            stack.judge(held, epoch + 1, settings.patience)
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
        self.device = next(iter(self.weights.values())).device
        self.template = copy.deepcopy(learning[0]).to("meta")
        self.best = torch.full((len(heads),), -1.0, dtype=torch.float64)
        self.best_epoch = torch.zeros(len(heads), dtype=torch.int64)
        self.epochs = torch.zeros(len(heads), dtype=torch.int64)
        self.alive = torch.ones(len(heads), dtype=torch.bool)
        self.kept = {name: weight.detach().clone() for name, weight in self.weights.items()}
        self.train = _columns([one.train for one in heads])
        self.held = [_together(column) for column in _columns([one.validation for one in heads])]

    def __call__(self, rows: Tensor) -> Tensor:
        """Logits (K, B, classes) of the training samples ``rows`` (B,)."""
        chosen: dict[int, Tensor] = {}
        for column in self.train:
            for part in column:
                if id(part) not in chosen:
                    chosen[id(part)] = part.index_select(0, rows)
        return self._logits([_together([chosen[id(p)] for p in column]) for column in self.train])

    def _logits(self, parts: list[tuple[Tensor, int | None]]) -> Tensor:
        def one(weights: Mapping[str, Tensor], given: list[Tensor]) -> Tensor:
            answer: Tensor = functional_call(self.template, dict(weights), (given,))
            return answer

        stacked = [dimension for _, dimension in parts]
        logits: Tensor = vmap(one, in_dims=(0, stacked))(
            dict(self.weights), [part for part, _ in parts]
        )
        return logits

    @torch.no_grad()
    def judge(self, labels: Tensor, epoch: int, patience: int | None) -> None:
        """Measure all heads; keep what is better, let go what has lost patience."""
        values = (self._logits(self.held).argmax(2) == labels).double().mean(dim=1).cpu()
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
            one.head.eval().cpu()
        return list(zip(self.best.tolist(), self.epochs.tolist(), strict=True))


def _columns(rows: Sequence[Rows]) -> list[list[Tensor]]:
    """For each place in the layers, what each head reads there."""
    return [list(column) for column in zip(*rows, strict=True)]


def _together(column: list[Tensor]) -> tuple[Tensor, int | None]:
    """What the heads read, along a further first axis (0), or once where all read the same."""
    if all(part is column[0] for part in column):
        return column[0], None
    return torch.stack(column), 0


class Learning(nn.Module):
    """The part of a head that learns; it reads its vectors as one list."""

    def __init__(self, head: FusionHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, rows: Rows) -> Tensor:
        """Logits (N, classes)."""
        width = len(self.head.spec.slots)
        return self.head.join([rows[i : i + width] for i in range(0, len(rows), width)])
