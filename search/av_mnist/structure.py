"""Table 6: what the paper says of its networks, and what our families are when asked."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from composer.families.base import Build
from composer.families.shapes import ShapesAlone
from composer.meta import build_meta

SIDES = {"lenet3": 28, "lenet5": 112, "mediumnet": 112, "sparsenet": 112}

PAPER = {
    "lenet3": "5×5 → 28×28×8; 3×3 → 14×14×16; 3×3 → 7×7×32",
    "lenet5": "5×5 → 112×112×8; 3×3 → 56×56×16; 3×3 → 28×28×32; 3×3 → 14×14×64; 3×3 → 7×7×128",
    "mediumnet": "3×3 → 112×112×8; 3×3 → 56×56×16; 3×3 → 28×28×32; 3×3 → 14×14×64",
    "sparsenet": "3×3 → 112×112×12; 1×1 → 112×112×1; 5×5 → 112×112×8; 3×3 → 56×56×16; "
    "3×3 → 28×28×32; 3×3 → 14×14×64; 3×3 → 7×7×128",
}
"""Kernel of each convolution and its output before pooling, for the paper's input."""


def convolutions(family: str) -> str:
    """The convolutions of a family at the paper's input size, written as in :data:`PAPER`.

    >>> convolutions("lenet3") == PAPER["lenet3"]
    True
    """
    side, found = SIDES[family], []

    def note(module: nn.Module, given: Any, maps: Tensor) -> None:  # noqa: ANN401 - torch's hook
        assert isinstance(module, nn.Conv2d)
        kernel = "×".join(map(str, module.kernel_size))
        _, channels, height, width = maps.shape
        found.append(f"{kernel} → {height}×{width}×{channels}")

    network = build_meta(Build(family, (1, side, side), 10))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(note)
    with ShapesAlone():
        network.features(network.nothing())
    return "; ".join(found)


def table_6() -> str:
    """The table in Markdown."""
    lines = ["| network | input | paper | ours |", "| --- | --- | --- | --- |"]
    for family, side in SIDES.items():
        ours = convolutions(family)
        same = "the same" if ours == PAPER[family] else ours
        lines.append(f"| {family} | {side} × {side} | {PAPER[family]} | {same} |")
    return "\n".join(lines)
