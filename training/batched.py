"""Several fusion heads of one shape trained in one pass.

A head is so small that a step spends most of its time outside the arithmetic. Stacked, K heads
take the steps of one: their weights become one tensor with a further first axis, which the layers
know (see ``composer.operators.Linear``) and AdamW, which looks at every number alone, need not.
"""

from __future__ import annotations

import copy
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from atlas.errors import InvalidInput
from composer.fusion import FusionHead, Standardise
from training.data import SEARCHED, Split
from training.device import training_device
from training.features import SlotFeatures
from training.fit import batches, cross_entropy, fall, make_optimizer, reproducible
from training.head import ORDER, HeadSettings

Rows = list[Tensor]
"""The standardised vectors (N, length) that a head's layers read, layer by layer."""

Shared = dict[tuple[int, type[nn.Module]], "Standardised"]
"""What heads read already, by the vectors' identity and how they are standardised."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head to be trained: its weights as drawn, and what its layers read."""

    head: FusionHead
    train: Rows
    validation: Rows


@dataclass(frozen=True, slots=True)
class Standardised:
    """Vectors of one tap: as cached, their standardisation, and standardised by split."""

    raw: Tensor
    scale: nn.Module
    splits: Mapping[Split, Tensor]


def prepared(head: FusionHead, features: Mapping[str, SlotFeatures], shared: Shared) -> Head:
    """Calibrate a head on the training split and standardise what it reads.

    Heads that read the same vectors share them, and what was measured.
    """
    device = training_device()
    head.to(device)
    read: dict[tuple[str, str], Mapping[Split, Tensor]] = {}
    with reproducible():
        for (slot, tap), scale in zip(head.order, head.scales, strict=True):
            raw = {split: features[split][slot][tap] for split in SEARCHED}
            known = (id(raw["train"]), type(scale))
            if known not in shared:
                vectors = {split: part.to(device) for split, part in raw.items()}
                if isinstance(scale, Standardise):
                    scale.measure(vectors["train"])
                splits = {split: scale(part) for split, part in vectors.items()}
                shared[known] = Standardised(raw["train"], scale, splits)
            scale.load_state_dict(shared[known].scale.state_dict())
            read[slot, tap] = shared[known].splits
    train, validation = (
        [read[key][split] for step in head.steps for key in step] for split in SEARCHED
    )
    return Head(head, train, validation)


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
    """All heads as one, whose weights have a further first axis, and the best each has had."""

    def __init__(self, heads: Sequence[Head]) -> None:
        self.heads = heads
        self.whole = stacked([one.head for one in heads])
        self.weights = dict(self.whole.named_parameters())
        self.device = next(iter(self.weights.values())).device
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

    def _logits(self, rows: Rows) -> Tensor:
        width = len(self.whole.spec.slots)
        return self.whole.join([rows[i : i + width] for i in range(0, len(rows), width)])

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
            for name, weight in one.head.named_parameters():
                weight.copy_(self.kept[name][number])
            one.head.eval().cpu()
        return list(zip(self.best.tolist(), self.epochs.tolist(), strict=True))


def _columns(rows: Sequence[Rows]) -> list[list[Tensor]]:
    """For each place in the layers, what each head reads there."""
    return [list(column) for column in zip(*rows, strict=True)]


def _together(column: list[Tensor]) -> Tensor:
    """What the heads read, along a further first axis, or once where all read the same."""
    return column[0] if all(part is column[0] for part in column) else torch.stack(column)


def stacked(heads: Sequence[FusionHead]) -> FusionHead:
    """Heads of one shape as one; its weights hold theirs along a further first axis.

    Matrices lie in memory as their gradients come, so that no step has to turn them around.
    """
    whole = copy.deepcopy(heads[0])
    every = [dict(head.named_parameters()) for head in heads]
    for name in every[0]:
        path, _, leaf = name.rpartition(".")
        weights = [weights[name].detach() for weights in every]
        together = torch.stack(weights if weights[0].ndim == 1 else [w.mT for w in weights])
        stack = nn.Parameter(together if weights[0].ndim == 1 else together.mT)
        setattr(whole.get_submodule(path), leaf, stack)
    return whole
