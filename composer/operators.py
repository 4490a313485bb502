"""How a fusion layer joins several vectors into one of ``width`` numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

RANK = 4
"""Number of products that the bilinear operator adds up."""


def projections(parts: Sequence[int], width: int) -> nn.ModuleList:
    """One linear map to ``width`` numbers for each part."""
    return nn.ModuleList(nn.Linear(length, width) for length in parts)


def mapped(layers: nn.ModuleList, parts: Sequence[Tensor]) -> Tensor:
    """Every part through its own layer: (parts, N, width)."""
    return torch.stack([layer(part) for layer, part in zip(layers, parts, strict=True)])


class Concat(nn.Module):
    """Put the parts side by side, then one linear map."""

    def __init__(self, parts: Sequence[int], width: int) -> None:
        super().__init__()
        self.out = nn.Linear(sum(parts), width)

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts (N, length_i) to (N, width)."""
        joined: Tensor = self.out(torch.cat(list(parts), dim=1))
        return joined


class Sum(nn.Module):
    """Mean of the projected parts.

    As a function it equals concatenation, yet its weights start larger (each part counts with
    its own fan-in) and so it learns otherwise.
    """

    def __init__(self, parts: Sequence[int], width: int) -> None:
        super().__init__()
        self.into = projections(parts, width)

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts (N, length_i) to (N, width)."""
        return mapped(self.into, parts).mean(dim=0)


class Gated(nn.Module):
    """Each projected part times a gate that sees all parts.

    Source: Arevalo et al. 2017, gated multimodal units.
    """

    def __init__(self, parts: Sequence[int], width: int) -> None:
        super().__init__()
        self.into = projections(parts, width)
        self.gates = projections([sum(parts)] * len(parts), width)

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts (N, length_i) to (N, width)."""
        everything = [torch.cat(list(parts), dim=1)] * len(parts)
        gates = mapped(self.gates, everything).sigmoid()
        return (gates * mapped(self.into, parts).tanh()).sum(dim=0)


class Attention(nn.Module):
    """Weighted mean of the projected parts; a learned query decides the weights per sample.

    Source: Bahdanau et al. 2015 (additive scores), over modalities instead of time steps.
    """

    def __init__(self, parts: Sequence[int], width: int) -> None:
        super().__init__()
        self.into = projections(parts, width)
        self.query = nn.Linear(width, 1, bias=False)

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts (N, length_i) to (N, width)."""
        tokens = mapped(self.into, parts)
        scores: Tensor = self.query(tokens.tanh()) / math.sqrt(tokens.shape[-1])
        return (scores.softmax(dim=0) * tokens).sum(dim=0)


class Bilinear(nn.Module):
    """Sum of ``RANK`` elementwise products over all parts, each part with a constant one.

    The products are held down by tanh, since they can grow with every further part.

    Source: Liu et al. 2018, low-rank multimodal fusion; Kim et al. 2017 (tanh).
    """

    def __init__(self, parts: Sequence[int], width: int) -> None:
        super().__init__()
        self.into = projections(parts, RANK * width)
        self.out = nn.Linear(RANK * width, width)

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts (N, length_i) to (N, width)."""
        product = math.prod(1 + factor for factor in mapped(self.into, parts).tanh())
        joined: Tensor = self.out(product)
        return joined


OPERATOR: Mapping[str, Callable[[Sequence[int], int], nn.Module]] = {
    "concat": Concat,
    "sum": Sum,
    "gated": Gated,
    "attention": Attention,
    "bilinear": Bilinear,
}

NONLINEARITY: Mapping[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}
