"""Fusion heads: from the vectors of several frozen branches to one answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from atlas.errors import InvalidInput
from composer.families.base import initialise
from composer.operators import (
    NONLINEARITY,
    OPERATOR,
    IndexTree,
    Linear,
    TreeJoin,
    side_by_side,
)
from composer.spec import MAX_DEPTH, FusionLayer, FusionSpec, Tree, leaves

LOGITS = "logits"

Features = Mapping[str, Tensor]
"""Tap name → vectors (N, width), in the branch's order; the last is "logits" (N, classes)."""


class FusionHead(nn.Module):
    """The part of a composed network that is trained: it reads vectors, never pictures.

    ``single`` and ``sum_log_prob`` read the branches' logits and have no weights. ``late_concat``
    joins the last tap of every slot in one hidden layer. ``stacking`` is a linear map of all the
    branches' log-probabilities that starts as their sum (Wolpert 1992). ``layers`` chains the
    spec's fusion layers as in MFAS: each reads one tap of every slot and the layer before it
    (Pérez-Rúa et al. 2019). Vectors are standardised first, by statistics of the training split
    (see :meth:`calibrate`) that are saved with the weights. A ``committee`` answers with the mean
    log-probabilities of its members, which are heads that were trained before.

    When some but not all slots are missing, the branches that are there vote with their own
    classifiers, as in ``sum_log_prob``: a head cannot know what it was never shown.

    Args:
        widths: slot → tap → length of its vector, taps in order, with "logits".
        classes: number of classes.
        spec: the candidate.
        seed: draws the weights; None leaves them as torch makes them, to be replaced.

    Raises:
        InvalidInput: a slot or tap that is not there, too many layers, no slot at all.

    >>> widths = {"eye": {"conv1": 4, "logits": 3}, "ear": {"conv1": 2, "logits": 3}}
    >>> spec = FusionSpec(("eye", "ear"), ("", ""), "sum_log_prob")
    >>> logits = {slot: {"logits": torch.zeros(5, 3)} for slot in widths}
    >>> FusionHead(widths, 3, spec)(logits).exp().sum(dim=1).round().tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """

    def __init__(
        self,
        widths: Mapping[str, Mapping[str, int]],
        classes: int,
        spec: FusionSpec,
        *,
        seed: int | None = 0,
    ) -> None:
        super().__init__()
        self.spec, self.classes, self.widths = spec, classes, widths
        self.steps = _steps(widths, spec)
        lengths = {key: widths[key[0]][key[1]] for step in self.steps for key in step}
        self.order = list(lengths)
        scale = LogSoftmax if spec.kind == "stacking" else Standardise
        self.scales = nn.ModuleList(scale(length) for length in lengths.values())
        self.fusions, self.activations = nn.ModuleList(), nn.ModuleList()
        self.classifier: Linear | None = None
        self.members = nn.ModuleList(
            FusionHead(widths, classes, member, seed=seed) for member in spec.members
        )
        if self.steps:
            with torch.random.fork_rng(devices=[]):
                self._build(lengths)
        if seed is None:
            return
        initialise(self, seed)
        if spec.kind == "stacking" and self.classifier is not None:
            with torch.no_grad():
                self.classifier.weight.copy_(torch.eye(classes).repeat(1, len(spec.slots)))

    @classmethod
    def committee(cls, heads: Sequence[FusionHead]) -> FusionHead:
        """Trained heads over the same branches as one, in eval mode; it shares their weights."""
        first = heads[0].spec
        spec = FusionSpec(
            first.slots, first.checkpoints, "committee", members=tuple(h.spec for h in heads)
        )
        whole = cls(heads[0].widths, heads[0].classes, spec, seed=None)
        whole.members = nn.ModuleList(heads)
        return whole.eval()

    @classmethod
    def shape_only(
        cls, widths: Mapping[str, Mapping[str, int]], classes: int, spec: FusionSpec
    ) -> FusionHead:
        """A head on the meta device, whose weights are yet to come."""
        with torch.device("meta"):
            return cls(widths, classes, spec, seed=None)

    def _build(self, lengths: Mapping[tuple[str, str], int]) -> None:
        if self.spec.kind == "stacking":
            self.fusions.append(SideBySide())
            self.activations.append(nn.Identity())
            self.classifier = Linear(sum(lengths.values()), self.classes)
            return
        layered = self.spec.kind == "layers"
        layers = self.spec.layers if layered else (FusionLayer((), "concat", "relu"),)
        for number, (step, layer) in enumerate(zip(self.steps, layers, strict=True)):
            parts = [lengths[key] for key in step] + [self.spec.width] * (number > 0)
            self.fusions.append(self._join(layer, parts))
            self.activations.append(NONLINEARITY[layer.nonlinearity]())
        self.classifier = Linear(self.spec.width, self.classes)

    def _join(self, layer: FusionLayer, parts: Sequence[int]) -> nn.Module:
        slots, width = self.spec.slots, self.spec.width
        tree = None if self.spec.tree is None else _indices(self.spec.tree, slots)
        if not isinstance(tree, tuple) or self.spec.kind != "layers":
            return OPERATOR[layer.operator](parts, width)
        before = range(len(slots), len(parts))
        return TreeJoin(layer.operator, layer.nonlinearity, tree, parts, width, further=before)

    def forward(self, features: Mapping[str, Features]) -> Tensor:
        """Log-probabilities (N, classes).

        Slots may be missing, as long as one is there.

        Raises:
            InvalidInput: none of the slots is there.
        """
        missing = [slot for slot in self.spec.slots if slot not in features]
        if self.members and not missing:
            answers = torch.stack([member(features) for member in self.members])
            return answers.mean(dim=0).log_softmax(dim=1)
        if self.classifier is None or missing:
            return self._vote(features)
        return self.fuse(self.standardise(features)).log_softmax(dim=1)

    def standardise(self, features: Mapping[str, Features]) -> dict[str, dict[str, Tensor]]:
        """The vectors that the head reads, and only those, standardised."""
        found: dict[str, dict[str, Tensor]] = {}
        for (slot, tap), scale in zip(self.order, self.scales, strict=True):
            found.setdefault(slot, {})[tap] = scale(features[slot][tap])
        return found

    def fuse(self, standardised: Mapping[str, Features]) -> Tensor:
        """Logits (N, classes) from standardised vectors; for kinds that have weights."""
        return self.join([[standardised[slot][tap] for slot, tap in step] for step in self.steps])

    def join(self, vectors: Sequence[Sequence[Tensor]]) -> Tensor:
        """Logits (N, classes) from the standardised vectors that each layer reads."""
        assert self.classifier is not None
        hidden: list[Tensor] = []
        for parts, fusion, activate in zip(vectors, self.fusions, self.activations, strict=True):
            hidden = [activate(fusion([*parts, *hidden]))]
        logits: Tensor = self.classifier(hidden[0])
        return logits

    def calibrate(self, features: Mapping[str, Features]) -> None:
        """Measure mean and spread of every vector used; call with training samples only."""
        for (slot, tap), scale in zip(self.order, self.scales, strict=True):
            if isinstance(scale, Standardise):
                scale.measure(features[slot][tap])

    def _vote(self, features: Mapping[str, Features]) -> Tensor:
        present = [slot for slot in self.spec.slots if slot in features]
        if not present:
            slot = self.spec.slots[0]
            raise InvalidInput(f"inputs.{slot}", found="nothing", expected="samples for a slot")
        votes = [features[slot][LOGITS].log_softmax(dim=1) for slot in present]
        return torch.stack(votes).sum(dim=0).log_softmax(dim=1)


class SideBySide(nn.Module):
    """Parts (N, length_i) to (N, sum of lengths)."""

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """The parts, one behind the other."""
        return side_by_side(parts)


class LogSoftmax(nn.Module):
    """Logits (N, length) to log-probabilities."""

    def __init__(self, length: int) -> None:
        super().__init__()

    def forward(self, logits: Tensor) -> Tensor:
        """Log-probabilities of the same shape."""
        return logits.log_softmax(dim=1)


class Standardise(nn.Module):
    """Subtract the mean and divide by the spread, per number of the vector."""

    mean: Tensor
    scale: Tensor

    def __init__(self, length: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(length))
        self.register_buffer("scale", torch.ones(length))

    def measure(self, vectors: Tensor) -> None:
        """Take the statistics of ``vectors`` (N, length); numbers that never vary stay as is."""
        mean = vectors.mean(dim=0)
        spread = (vectors - mean).square_().mean(dim=0).sqrt_()  # 20 times as fast as torch's std
        self.mean.copy_(mean)
        self.scale.copy_(torch.where(spread > 1e-6, 1 / spread.clamp_min(1e-6), 1.0))

    def forward(self, vectors: Tensor) -> Tensor:
        """Standardised vectors of the same shape."""
        return (vectors - self.mean) * self.scale


def _steps(
    widths: Mapping[str, Mapping[str, int]], spec: FusionSpec
) -> list[list[tuple[str, str]]]:
    """The (slot, tap) pairs that each fusion layer reads; none for kinds without a layer."""
    _check_slots(widths, spec)
    if spec.kind == "stacking":
        return [[(slot, LOGITS) for slot in spec.slots]]
    if spec.kind in ("single", "sum_log_prob", "committee"):
        return []
    if spec.kind == "late_concat":
        return [[(slot, _last_tap(widths[slot])) for slot in spec.slots]]
    steps = []
    for number, layer in enumerate(spec.layers):
        if len(layer.taps) != len(spec.slots):
            raise InvalidInput(
                f"layers[{number}].taps", found=layer.taps, expected=f"one for each of {spec.slots}"
            )
        pairs = list(zip(spec.slots, layer.taps, strict=True))
        for slot, tap in pairs:
            if tap not in widths[slot]:
                raise InvalidInput(
                    f"layers[{number}].taps.{slot}", found=tap, expected=f"one of {[*widths[slot]]}"
                )
        if layer.operator not in OPERATOR or layer.nonlinearity not in NONLINEARITY:
            raise InvalidInput(
                f"layers[{number}]",
                found=f"{layer.operator}, {layer.nonlinearity}",
                expected=f"one of {[*OPERATOR]} and one of {[*NONLINEARITY]}",
            )
        steps.append(pairs)
    return steps


def _check_slots(widths: Mapping[str, Mapping[str, int]], spec: FusionSpec) -> None:
    if not spec.slots or len(set(spec.slots)) != len(spec.slots):
        raise InvalidInput("slots", found=spec.slots, expected="at least one, each named once")
    for slot in spec.slots:
        if slot not in widths:
            raise InvalidInput("slots", found=slot, expected=f"one of {sorted(widths)}")
    if spec.kind == "single" and len(spec.slots) != 1:
        raise InvalidInput("slots", found=spec.slots, expected="exactly one for kind single")
    _check_members(spec)
    if spec.kind == "layers" and not 1 <= len(spec.layers) <= MAX_DEPTH:
        raise InvalidInput("layers", found=len(spec.layers), expected=f"1 to {MAX_DEPTH}")
    if spec.tree is not None and sorted(leaves(spec.tree)) != sorted(spec.slots):
        raise InvalidInput("tree", found=spec.tree, expected=f"each of {spec.slots} once")


def _check_members(spec: FusionSpec) -> None:
    if bool(spec.members) != (spec.kind == "committee"):
        expected = "one or more in a committee, none elsewhere"
        raise InvalidInput("members", found=len(spec.members), expected=expected)
    for member in spec.members:
        alike = (member.slots, member.checkpoints) == (spec.slots, spec.checkpoints)
        if not alike or member.members:
            raise InvalidInput(
                "members", found=member.kind, expected="fusions of the committee's own branches"
            )


def _indices(tree: Tree, slots: Sequence[str]) -> IndexTree:
    """The tree with each slot's position in ``slots`` for its name."""
    if isinstance(tree, str):
        return slots.index(tree)
    return tuple(_indices(part, slots) for part in tree)


def _last_tap(taps: Sequence[str] | Mapping[str, int]) -> str:
    return [tap for tap in taps if tap != LOGITS][-1]
