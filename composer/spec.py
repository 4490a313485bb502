"""What a candidate is: plain data that names a network exactly, without torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Operator = Literal["concat", "sum", "gated", "attention", "bilinear"]
Nonlinearity = Literal["relu", "leaky_relu", "tanh", "sigmoid", "identity"]
Kind = Literal["single", "sum_log_prob", "late_concat", "layers"]

OPERATORS: tuple[Operator, ...] = ("concat", "sum", "gated", "attention", "bilinear")
NONLINEARITIES: tuple[Nonlinearity, ...] = ("relu", "leaky_relu", "tanh", "sigmoid", "identity")
MAX_DEPTH = 4


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
    ``sum_log_prob`` has no weights of its own; ``late_concat`` and ``layers`` have a head.
    """

    slots: tuple[str, ...]
    checkpoints: tuple[str, ...]
    kind: Kind
    layers: tuple[FusionLayer, ...] = ()
    width: int = 64

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as stored in the graph."""
        return asdict(self)

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
        )
