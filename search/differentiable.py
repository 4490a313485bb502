"""Fusion as one differentiable mixture of all taps, operators and non-linearities.

Sources of the method: Liu, Simonyan and Yang, "DARTS: differentiable architecture search",
ICLR 2019 (shares of all choices, bilevel steps of the first order, the strongest choice is kept);
Dong and Yang, "Searching for a robust neural architecture in four GPU hours", CVPR 2019 (each step
trains one draw of every choice, and the gradient passes through the draw).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn

from atlas.errors import InvalidInput
from composer.fusion import LOGITS, Standardise
from composer.operators import NONLINEARITY, OPERATOR
from composer.spec import (
    MAX_DEPTH,
    NONLINEARITIES,
    OPERATORS,
    FusionLayer,
    FusionSpec,
    Nonlinearity,
    Operator,
)
from training.features import SlotFeatures
from training.fit import measure, reproducible, take
from training.head import BATCH

HOTTEST, COOLEST = 2.0, 0.2
"""Temperature of the draws in the first and the last epoch."""

Choices = dict[str, dict[str, float]]
"""Decision ("layer1.operator", "layer2.tap.visual", ...) to option to its share of the mixture."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """What a relaxation found; accuracies on the validation split, between 0 and 1.

    Attributes:
        spec: the network of the strongest choices.
        choices: the mixture's shares at the end.
        mixture: accuracy of the mixture itself.
        cut: accuracy of the strongest choices alone, with the weights learnt in the mixture.
    """

    spec: FusionSpec
    choices: Choices
    mixture: float
    cut: float

    @property
    def gap(self) -> float:
        """What is lost when the mixture is cut down to its strongest choices."""
        return self.mixture - self.cut

    def network(self, chosen: Mapping[str, str]) -> FusionSpec:
        """The network of one option of each decision."""
        layers: list[FusionLayer] = []
        while (layer := f"layer{len(layers) + 1}") + ".operator" in chosen:
            taps = tuple(chosen[f"{layer}.tap.{slot}"] for slot in self.spec.slots)
            operator, bend = chosen[f"{layer}.operator"], chosen[f"{layer}.nonlinearity"]
            layers.append(FusionLayer(taps, cast(Operator, operator), cast(Nonlinearity, bend)))
        return replace(self.spec, layers=tuple(layers))


def relax(
    features: Mapping[str, SlotFeatures],
    labels: Mapping[str, Tensor],
    *,
    classes: int,
    checkpoints: Mapping[str, str],
    depth: int = 1,
    width: int = 32,
    operators: Sequence[Operator] = OPERATORS,
    nonlinearities: Sequence[Nonlinearity] = NONLINEARITIES,
    epochs: int = 30,
    lr: float = 1e-2,
    choice_lr: float = 5e-2,
    batch: int = BATCH,
    seed: int = 0,
) -> Relaxed:
    """Learn the choices by gradient, keep the strongest, and say what that costs.

    Weights are learnt from batches of the training split, the mixture's shares from batches of
    the validation split in turn. One checkpoint per slot; of a slot's taps all but the logits.

    Every step trains the network of one draw from the shares, so that no weight can make up for
    a small share; the draws get cooler from epoch to epoch (see decision 0012).

    Args:
        features: "train" and "validation" → slot → tap → vectors (N, length).
        labels: "train" and "validation" → class indices (N,).
        classes: number of classes.
        checkpoints: slot → checkpoint that its vectors come from; in the order of the slots.
        depth: number of fusion layers, 1 to 4.
        width: length of each layer's vector.
        operators: what layers may join their vectors by.
        nonlinearities: what may follow.
        epochs: passes over the training split.
        lr: Adam's learning rate for the weights.
        choice_lr: Adam's learning rate for the shares.
        batch: samples per step.
        seed: draws weights and order.

    Raises:
        InvalidInput: depth out of range, no epoch, no slot, no operator or non-linearity, or a
            slot without vectors or taps.
    """
    if not 1 <= depth <= MAX_DEPTH:
        raise InvalidInput("depth", found=depth, expected=f"1 to {MAX_DEPTH}")
    if epochs < 1:
        raise InvalidInput("epochs", found=epochs, expected="at least 1")
    for name, options in (("operators", operators), ("nonlinearities", nonlinearities)):
        if not options:
            raise InvalidInput(name, found="none", expected="at least one")
    taps = {slot: _taps(features["train"], slot) for slot in checkpoints}
    if not taps:
        raise InvalidInput("checkpoints", found="none", expected="one for each slot")
    with reproducible(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        mixture = Mixture(taps, classes, operators, nonlinearities, depth=depth, width=width)
        mixture.calibrate(features["train"])
        held = (features["validation"], labels["validation"])
        _learn(mixture, (features["train"], labels["train"]), held, epochs, lr, choice_lr, batch)
        choices = mixture.choices()
        whole = measure(mixture, *held)
        mixture.cut()
        cut = measure(mixture, *held)
    best = {name: max(of, key=lambda option: of[option]) for name, of in choices.items()}
    bare = FusionSpec(tuple(checkpoints), tuple(checkpoints.values()), "layers", (), width)
    found = Relaxed(bare, choices, whole, cut)
    return replace(found, spec=found.network(best))


class Mixture(nn.Module):
    """A chain of fusion layers in which every option is present, by its share.

    While it learns, one option of each decision is drawn at every step instead.

    Each tap is first mapped to ``width`` numbers, so that taps can be added up; what a layer's
    operators see of a slot is the sum of its taps by their shares.

    Args:
        taps: slot → tap → length of its vectors.
        classes: number of classes.
        operators: options of each layer.
        nonlinearities: options of each layer.
        depth: number of layers.
        width: length of each layer's vector.
    """

    def __init__(
        self,
        taps: Mapping[str, Mapping[str, int]],
        classes: int,
        operators: Sequence[Operator],
        nonlinearities: Sequence[Nonlinearity],
        *,
        depth: int,
        width: int,
    ) -> None:
        super().__init__()
        self.operators, self.nonlinearities = tuple(operators), tuple(nonlinearities)
        self.temperature = HOTTEST
        self.taps = {slot: list(lengths) for slot, lengths in taps.items()}
        self.scales = _by_tap(taps, Standardise)
        self.layers = nn.ModuleList()
        self.shares = nn.ParameterDict()
        for layer in range(1, depth + 1):
            parts = [width] * (len(taps) + (layer > 1))
            modules = nn.ModuleDict({name: OPERATOR[name](parts, width) for name in operators})
            modules["taps"] = _by_tap(taps, lambda length: nn.Linear(length, width))
            self.layers.append(modules)
            for decision, options in self._options(layer).items():
                self.shares[_key(decision)] = nn.Parameter(torch.zeros(len(options)))
        self.classifier = nn.Linear(width, classes)

    def forward(self, features: SlotFeatures) -> Tensor:
        """Logits (N, classes) of vectors that are not standardised yet."""
        hidden: list[Tensor] = []
        for number, modules in enumerate(self.layers, 1):
            assert isinstance(modules, nn.ModuleDict)
            parts = [self._slot(number, slot, modules["taps"], features) for slot in self.taps]
            inputs = parts + hidden
            joined = _mixed(
                self._share(f"layer{number}.operator"),
                [modules[name](inputs) for name in self.operators],
            )
            bent = [NONLINEARITY[name]()(joined) for name in self.nonlinearities]
            hidden = [_mixed(self._share(f"layer{number}.nonlinearity"), bent)]
        logits: Tensor = self.classifier(hidden[0])
        return logits

    def calibrate(self, features: SlotFeatures) -> None:
        """Measure mean and spread of every vector; call with training samples only."""
        for slot, names in self.taps.items():
            for tap in names:
                scale = self.scales[_key(slot, tap)]
                assert isinstance(scale, Standardise)
                scale.measure(features[slot][tap])

    def choices(self) -> Choices:
        """Share of every option of every decision."""
        return {
            decision: dict(zip(options, self._share(decision).tolist(), strict=True))
            for layer in range(1, len(self.layers) + 1)
            for decision, options in self._options(layer).items()
        }

    @torch.no_grad()
    def cut(self) -> None:
        """Give everything to the strongest option of each decision; the weights stay."""
        for share in self.shares.values():
            strongest = share.argmax()
            share.fill_(-torch.inf)
            share[strongest] = 0.0

    def _options(self, layer: int) -> dict[str, tuple[str, ...]]:
        tap = {f"layer{layer}.tap.{slot}": tuple(names) for slot, names in self.taps.items()}
        own: dict[str, tuple[str, ...]] = {
            f"layer{layer}.operator": self.operators,
            f"layer{layer}.nonlinearity": self.nonlinearities,
        }
        return own | tap

    def _share(self, decision: str) -> Tensor:
        """Shares of a decision's options; while it learns, all of it on one that is drawn."""
        logits = self.shares[_key(decision)]
        share: Tensor = (
            nn.functional.gumbel_softmax(logits, tau=self.temperature, hard=True)
            if self.training
            else logits.softmax(dim=0)
        )
        return share

    def _slot(self, number: int, slot: str, maps: nn.Module, features: SlotFeatures) -> Tensor:
        assert isinstance(maps, nn.ModuleDict)
        keys = [(_key(slot, tap), features[slot][tap]) for tap in self.taps[slot]]
        mapped = [maps[key](self.scales[key](vectors)) for key, vectors in keys]
        return _mixed(self._share(f"layer{number}.tap.{slot}"), mapped)


def _learn(
    mixture: Mixture,
    train: tuple[SlotFeatures, Tensor],
    held: tuple[SlotFeatures, Tensor],
    epochs: int,
    lr: float,
    choice_lr: float,
    batch: int,
) -> None:
    shares = list(mixture.shares.parameters())
    weights = [w for name, w in mixture.named_parameters() if not name.startswith("shares.")]
    turns = (
        (torch.optim.Adam(shares, lr=choice_lr, betas=(0.5, 0.999)), held),
        (torch.optim.Adam(weights, lr=lr), train),
    )
    mixture.train()
    for epoch in range(epochs):
        mixture.temperature = HOTTEST * (COOLEST / HOTTEST) ** (epoch / epochs)
        for rows in torch.split(torch.randperm(len(train[1])), batch):
            others = torch.randint(len(held[1]), (len(rows),))
            for (steps, (x, y)), chosen in zip(turns, (others, rows), strict=True):
                steps.zero_grad()
                logits = mixture(take(x, chosen))
                nn.functional.cross_entropy(logits, y[chosen]).backward()  # type: ignore[no-untyped-call]
                steps.step()
    mixture.eval()


def _mixed(shares: Tensor, options: list[Tensor]) -> Tensor:
    mixed: Tensor = torch.tensordot(shares, torch.stack(options), dims=1)
    return mixed


def _key(*names: str) -> str:
    """Name of a part of the mixture; torch allows no dots in it."""
    return "/".join(names).replace(".", "·")


def _by_tap(
    taps: Mapping[str, Mapping[str, int]], make: Callable[[int], nn.Module]
) -> nn.ModuleDict:
    modules = nn.ModuleDict()
    for slot, lengths in taps.items():
        for tap, length in lengths.items():
            modules[_key(slot, tap)] = make(length)
    return modules


def _taps(features: SlotFeatures, slot: str) -> dict[str, int]:
    if slot not in features:
        raise InvalidInput(f"features.{slot}", found="nothing", expected="vectors of its taps")
    lengths = {tap: x.shape[1] for tap, x in features[slot].items() if tap != LOGITS}
    if not lengths:
        raise InvalidInput(f"features.{slot}", found="logits only", expected="at least one tap")
    return lengths
