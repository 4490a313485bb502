"""Multilayer perceptron."""

from __future__ import annotations

import math

from torch import nn

from composer.families.base import Shape, scaled
from composer.families.registry import Option, register_family

SOURCE = "Rumelhart, Hinton & Williams 1986 (ReLU: Nair & Hinton 2010)"
HIDDEN = 128


@register_family("mlp", source=SOURCE, options={"layers": Option(2, 1, 8)})
def mlp(shape: Shape, width: float, layers: int) -> dict[str, nn.Module]:
    """All numbers of the input side by side, then ``layers`` layers of 128 units."""
    hidden = scaled(HIDDEN, width)
    first = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), hidden), nn.ReLU())
    blocks: dict[str, nn.Module] = {"layer1": first}
    for number in range(2, layers + 1):
        blocks[f"layer{number}"] = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU())
    return blocks
