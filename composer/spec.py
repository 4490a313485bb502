"""What a candidate is: plain data that names a network exactly, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Operator = Literal["concat", "sum", "gated", "attention", "bilinear", "film"]
Nonlinearity = Literal["relu", "leaky_relu", "tanh", "sigmoid", "identity"]
Kind = Literal["single", "sum_log_prob", "late_concat", "stacking", "layers", "committee"]

OPERATORS: tuple[Operator, ...] = ("concat", "sum", "gated", "attention", "bilinear", "film")
NONLINEARITIES: tuple[Nonlinearity, ...] = ("relu", "leaky_relu", "tanh", "sigmoid", "identity")
MAX_DEPTH = 4

Tree = str | tuple["Tree", ...]
"""Which slots are joined first: a slot's name, or the parts that are joined together."""


@dataclass(frozen=True, slots=True)
class FusionLayer:
    """One fusion step: a tap of each slot, in slot order, joined with the layer before."""

    taps: tuple[str, ...]
    operator: Operator
    nonlinearity: Nonlinearity


@dataclass(frozen=True, slots=True)
class FusionSpec:
    """Which checkpoint fills each slot and how the slots are fused.

    ``slots`` and ``checkpoints`` run in parallel. A ``single`` network has one slot and no head;
    ``sum_log_prob`` has no weights of its own; ``late_concat``, ``stacking`` and ``layers`` have
    a head. With a ``tree`` every layer joins the slots' taps from the tree's leaves to its root,
    without one all at once. A ``committee`` has the heads of its ``members``, which are other
    fusions of the same slots and checkpoints.
    """

    slots: tuple[str, ...]
    checkpoints: tuple[str, ...]
    kind: Kind
    layers: tuple[FusionLayer, ...] = ()
    width: int = 64
    tree: Tree | None = None
    members: tuple[FusionSpec, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as stored in the graph; ``members`` only where there are some."""
        found = asdict(self)
        del found["members"]
        if self.members:
            found["members"] = [member.to_dict() for member in self.members]
        return found

    def taps(self) -> dict[str, list[str]]:
        """Slot → the taps that fusion layers read of it, layer by layer.

        >>> layer = FusionLayer(("conv1",), "sum", "relu")
        >>> FusionSpec(("eye",), ("aa",), "layers", (layer, layer)).taps()
        {'eye': ['conv1', 'conv1']}
        """
        layers = [layer for spec in (self, *self.members) for layer in spec.layers]
        return {slot: [layer.taps[i] for layer in layers] for i, slot in enumerate(self.slots)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> FusionSpec:
        """Inverse of :meth:`to_dict`."""
        layers = tuple(
            FusionLayer(tuple(layer["taps"]), layer["operator"], layer["nonlinearity"])
            for layer in data.get("layers", ())
        )
        return cls(
            tuple(data["slots"]),
            tuple(data["checkpoints"]),
            data["kind"],
            layers,
            int(data.get("width", 64)),
            as_tree(data["tree"]) if data.get("tree") else None,
            tuple(cls.from_dict(member) for member in data.get("members", ())),
        )


def as_tree(nested: str | Sequence[Any]) -> Tree:
    """A tree from nested lists, as JSON has them.

    >>> as_tree(["visual", ["auditory", "language"]])
    ('visual', ('auditory', 'language'))
    """
    return nested if isinstance(nested, str) else tuple(as_tree(part) for part in nested)


def leaves(tree: Tree) -> list[str]:
    """The slots of a tree, from left to right."""
    return [tree] if isinstance(tree, str) else [leaf for part in tree for leaf in leaves(part)]
