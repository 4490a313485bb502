"""The space of fused networks: genes as Optuna distributions, decoded to specs and repaired."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    IntDistribution,
    distribution_to_json,
)

from atlas.errors import InvalidInput
from composer.spec import (
    MAX_DEPTH,
    NONLINEARITIES,
    OPERATORS,
    FusionLayer,
    FusionSpec,
    Kind,
    Nonlinearity,
    Operator,
    Tree,
    leaves,
)

TRIVIAL: tuple[Kind, ...] = ("sum_log_prob", "late_concat", "stacking")
"""The fusions without genes, beside each branch alone."""

RESERVED = ("best_single", *TRIVIAL, "searched", "result")
"""Names in a result's table that no slot may have."""

WIDTHS = (32, 64, 128)

JOINED = ("at once", "along the tree")


Gene = str | float


@dataclass(frozen=True, slots=True)
class SlotOptions:
    """A slot of the plan and what may fill it: (checkpoint sha256, names of its taps in order).

    ``genes`` say how each of the candidates was made, as {"structure": "lenet3", "size": 0.5,
    "optimizer": "sgd"}, the most important first. Without them the checkpoint is the only gene.
    """

    slot: str
    candidates: Sequence[tuple[str, Sequence[str]]]
    genes: Sequence[Mapping[str, Gene]] = ()

    def taps(self, checkpoint: str) -> Sequence[str]:
        """Tap names of one of the candidates."""
        return dict(self.candidates)[checkpoint]

    @property
    def made(self) -> Sequence[Mapping[str, Gene]]:
        """The genes of each candidate."""
        return self.genes or [{"checkpoint": checkpoint} for checkpoint, _ in self.candidates]

    def choices(self) -> dict[str, list[Gene]]:
        """Every gene's values."""
        return {name: list(dict.fromkeys(one[name] for one in self.made)) for name in self.made[0]}

    def nearest(self, wanted: Mapping[str, Gene]) -> str:
        """The checkpoint with these genes; where none has them all, the one that is repaired least.

        That is: which agrees in the first gene, and is nearest to the others in their order.

        >>> made = [{"structure": "a", "size": 1.0}, {"structure": "b", "size": 2.0}]
        >>> options = SlotOptions("visual", [("aa", ["x"]), ("bb", ["x"])], made)
        >>> options.nearest({"structure": "b", "size": 1.0})
        'bb'
        """
        far = [[_distance(one[name], wanted[name]) for name in one] for one in self.made]
        return self.candidates[far.index(min(far))][0]


@dataclass(frozen=True, slots=True)
class FusionSpace:
    """Every layered fusion of the slots' candidates, ``max_depth`` layers at most.

    Genes: a checkpoint per slot (or how it was made: structure, size, optimizer), the width and
    the depth, and per layer an operator, a non-linearity and a tap per slot. Candidates have
    different numbers of taps, so a tap gene is a relative position, rescaled to the taps of the
    checkpoint chosen; a combination of structure, size and optimizer that there is not is repaired
    to the nearest: every combination of genes is legal. Genes of layers beyond the depth have no
    effect. With a ``tree`` of three or more slots one further gene says whether the layers join all
    slots at once or along it.

    >>> space = FusionSpace.from_slots([SlotOptions("visual", [("aa", ["conv1", "conv2"])])], 1)
    >>> sorted(space.distributions)[:3]
    ['checkpoint.visual', 'depth', 'layer1.nonlinearity']
    >>> next(space.specs()).layers[0].taps
    ('conv1',)
    """

    slots: tuple[SlotOptions, ...]
    max_depth: int
    widths: tuple[int, ...]
    operators: tuple[Operator, ...]
    nonlinearities: tuple[Nonlinearity, ...]
    trees: tuple[Tree | None, ...] = (None,)

    @classmethod
    def from_slots(
        cls,
        slots: Sequence[SlotOptions],
        max_depth: int = MAX_DEPTH,
        *,
        widths: Sequence[int] = WIDTHS,
        operators: Sequence[Operator] = OPERATORS,
        nonlinearities: Sequence[Nonlinearity] = NONLINEARITIES,
        tree: Tree | None = None,
    ) -> FusionSpace:
        """A checked space.

        Raises:
            InvalidInput: no slots, two of one name or with a reserved name, a slot without
                candidates, a candidate without taps, a depth outside 1..4, an empty choice, a
                tree of other slots.
        """
        if not slots:
            raise InvalidInput("slots", found="none", expected="at least one slot with a model")
        names = [options.slot for options in slots]
        if len(set(names)) < len(names):
            raise InvalidInput("slots", found=", ".join(names), expected="names that differ")
        if set(names) & set(RESERVED):
            raise InvalidInput("slots", found=", ".join(names), expected=f"none of {RESERVED}")
        for options in slots:
            _check_candidates(options)
        if not 1 <= max_depth <= MAX_DEPTH:
            raise InvalidInput("max_depth", found=max_depth, expected=f"1 to {MAX_DEPTH}")
        choices = {"widths": widths, "operators": operators, "nonlinearities": nonlinearities}
        for field, values in choices.items():
            if not values:
                raise InvalidInput(field, found="none", expected="at least one")
        if tree is not None and sorted(leaves(tree)) != sorted(names):
            raise InvalidInput("tree", found=tree, expected=f"each of {', '.join(names)} once")
        return cls(
            tuple(slots),
            max_depth,
            tuple(widths),
            tuple(operators),
            tuple(nonlinearities),
            (None, tree) if tree is not None and len(names) > 2 else (None,),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The slots' names, in order."""
        return tuple(options.slot for options in self.slots)

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """The genes, as Optuna's ``ask`` and samplers take them."""
        genes: dict[str, BaseDistribution] = {
            f"{name}.{options.slot}": CategoricalDistribution(values)
            for options in self.slots
            for name, values in options.choices().items()
        }
        genes["width"] = CategoricalDistribution(self.widths)
        genes["depth"] = IntDistribution(1, self.max_depth)
        if len(self.trees) > 1:
            genes["joined"] = CategoricalDistribution(JOINED)
        for layer in range(1, self.max_depth + 1):
            genes[f"layer{layer}.operator"] = CategoricalDistribution(self.operators)
            genes[f"layer{layer}.nonlinearity"] = CategoricalDistribution(self.nonlinearities)
            for options in self.slots:
                genes[f"layer{layer}.tap.{options.slot}"] = IntDistribution(0, _deepest(options))
        return genes

    def decode(self, params: Mapping[str, Any]) -> FusionSpec:
        """The network that a combination of genes names."""
        checkpoints = tuple(
            options.nearest({name: params[f"{name}.{options.slot}"] for name in options.made[0]})
            for options in self.slots
        )
        layers = []
        for layer in range(1, params["depth"] + 1):
            taps = tuple(
                _tap(options, checkpoint, params[f"layer{layer}.tap.{options.slot}"])
                for options, checkpoint in zip(self.slots, checkpoints, strict=True)
            )
            operator = params[f"layer{layer}.operator"]
            layers.append(FusionLayer(taps, operator, params[f"layer{layer}.nonlinearity"]))
        tree = self.trees[JOINED.index(params.get("joined", JOINED[0]))]
        return FusionSpec(self.names, checkpoints, "layers", tuple(layers), params["width"], tree)

    def encode(self, spec: FusionSpec) -> dict[str, Any]:
        """Genes that decode to ``spec``; genes without effect take the first choice."""
        params: dict[str, Any] = {"width": spec.width, "depth": len(spec.layers)}
        if len(self.trees) > 1:
            params["joined"] = JOINED[self.trees.index(spec.tree)]
        for options, checkpoint in zip(self.slots, spec.checkpoints, strict=True):
            place = [candidate for candidate, _ in options.candidates].index(checkpoint)
            params |= {f"{name}.{options.slot}": v for name, v in options.made[place].items()}
        for layer in range(1, self.max_depth + 1):
            used = spec.layers[layer - 1] if layer <= len(spec.layers) else None
            params[f"layer{layer}.operator"] = used.operator if used else self.operators[0]
            params[f"layer{layer}.nonlinearity"] = (
                used.nonlinearity if used else self.nonlinearities[0]
            )
            for i, options in enumerate(self.slots):
                gene = _gene(options, spec.checkpoints[i], used.taps[i]) if used else 0
                params[f"layer{layer}.tap.{options.slot}"] = gene
        return params

    def specs(self) -> Iterator[FusionSpec]:
        """Every different network of the space once, shallow ones first, lazily."""
        shas = [[checkpoint for checkpoint, _ in options.candidates] for options in self.slots]
        for depth in range(1, self.max_depth + 1):
            for checkpoints in itertools.product(*shas):
                for layers in itertools.product(*[list(self._layers(checkpoints))] * depth):
                    for width, tree in itertools.product(self.widths, self.trees):
                        yield FusionSpec(self.names, checkpoints, "layers", layers, width, tree)

    def _layers(self, checkpoints: tuple[str, ...]) -> Iterator[FusionLayer]:
        taps = [
            options.taps(checkpoint)
            for options, checkpoint in zip(self.slots, checkpoints, strict=True)
        ]
        for chosen in itertools.product(*taps):
            for operator in self.operators:
                for nonlinearity in self.nonlinearities:
                    yield FusionLayer(tuple(chosen), operator, nonlinearity)

    def fingerprint(self) -> str:
        """Digest of the genes and taps: equal for equal spaces, whatever process made them."""
        genes = {name: distribution_to_json(d) for name, d in self.distributions.items()}
        taps = [[list(taps) for _, taps in options.candidates] for options in self.slots]
        made = [[*zip(o.candidates, o.genes, strict=True)] for o in self.slots if o.genes]
        return digest([genes, taps, self.trees, *made])


def architecture(spec: FusionSpec) -> str:
    """Hash of the network that a spec names; specs that differ in nothing that matters share it.

    >>> one = FusionSpec(("a",), ("aa",), "single", width=32)
    >>> architecture(one) == architecture(replace(one, width=64))
    True
    """
    if spec.kind != "layers":
        spec = replace(spec, layers=(), tree=None)
    if spec.kind in ("single", "sum_log_prob", "stacking"):
        spec = replace(spec, width=0)
    return digest(spec.to_dict())


def digest(value: object) -> str:
    """Sha256 of the canonical JSON of ``value``, in hex."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _check_candidates(options: SlotOptions) -> None:
    if not options.candidates:
        raise InvalidInput(
            f"slots.{options.slot}", found="no candidates", expected="at least one checkpoint"
        )
    if options.genes and len(options.genes) != len(options.candidates):
        raise InvalidInput(
            f"slots.{options.slot}",
            found=f"genes of {len(options.genes)} candidates",
            expected=f"of all {len(options.candidates)}",
        )
    for checkpoint, taps in options.candidates:
        if not taps:
            raise InvalidInput(
                f"slots.{options.slot}", found=f"{checkpoint} without taps", expected="a tap"
            )


def _distance(one: Gene, other: Gene) -> float:
    """How far a gene is from another: numbers by their ratio, names by being others."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(math.log(one / other))
    return float(one != other)


def _deepest(options: SlotOptions) -> int:
    return max(len(taps) for _, taps in options.candidates) - 1


def _tap(options: SlotOptions, checkpoint: str, gene: int) -> str:
    taps = options.taps(checkpoint)
    return taps[_rescale(gene, _deepest(options), len(taps) - 1)]


def _gene(options: SlotOptions, checkpoint: str, tap: str) -> int:
    taps = options.taps(checkpoint)
    return _rescale(list(taps).index(tap), len(taps) - 1, _deepest(options))


def _rescale(index: int, last: int, new_last: int) -> int:
    """``index`` of 0..``last`` as the nearest of 0..``new_last``."""
    return int(index * new_last / last + 0.5) if last else 0
