"""How a fusion layer joins several vectors into one of ``width`` numbers."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

RANK = 4
"""Number of products that the bilinear operator adds up."""


class Linear(nn.Linear):
    """A linear map; where its weights are stacked along a further first axis, K of them at once.

    Weights (width, length) map (N, length) to (N, width). Stacked ones (K, width, length) map
    vectors that all share, (N, length), or that each has of its own, (K, N, length), to
    (K, N, width).

    >>> maps = Linear(3, 2)
    >>> maps.weight = nn.Parameter(torch.ones(5, 2, 3))
    >>> maps.bias = nn.Parameter(torch.zeros(5, 2))
    >>> maps(torch.ones(4, 3)).shape
    torch.Size([5, 4, 2])
    """

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors (…, N, length) to (…, N, width)."""
        if self.weight.ndim == 2:
            return super().forward(vectors)
        joined = torch.bmm(vectors.expand(len(self.weight), -1, -1), self.weight.mT)
        return joined if self.bias is None else joined.add_(self.bias.unsqueeze(1))


def side_by_side(parts: Sequence[Tensor]) -> Tensor:
    """Parts (…, N, length_i) as one (…, N, sum of lengths); some may have a further first axis."""
    further = max((part.shape[:-2] for part in parts), key=len)
    return torch.cat([part.expand(*further, -1, -1) for part in parts], dim=-1)


def projections(parts: Sequence[int], width: int) -> nn.ModuleList:
    """One linear map to ``width`` numbers for each part."""
    return nn.ModuleList(Linear(length, width) for length in parts)


def mapped(layers: nn.ModuleList, parts: Sequence[Tensor]) -> list[Tensor]:
    """Every part through its own layer: one (N, width) each."""
    return [layer(part) for layer, part in zip(layers, parts, strict=True)]


def added(parts: Iterable[Tensor]) -> Tensor:
    """Their sum, without a copy of all of them side by side."""
    return functools.reduce(torch.add, parts)


class Concat(nn.Module):
    """Put the parts side by side, then one linear map."""

    def __init__(self, parts: Sequence[int], width: int) -> None:
        super().__init__()
        self.out = Linear(sum(parts), width)

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts (N, length_i) to (N, width)."""
        joined: Tensor = self.out(side_by_side(parts))
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
        return added(mapped(self.into, parts)) / len(parts)


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
        gates = mapped(self.gates, [side_by_side(parts)] * len(parts))
        values = mapped(self.into, parts)
        return added(g.sigmoid() * v.tanh() for g, v in zip(gates, values, strict=True))


class Attention(nn.Module):
    """Weighted mean of the projected parts; a learned query decides the weights per sample.

    Source: Bahdanau et al. 2015 (additive scores), over modalities instead of time steps.
    """

    def __init__(self, parts: Sequence[int], width: int) -> None:
        super().__init__()
        self.into = projections(parts, width)
        self.query = Linear(width, 1, bias=False)

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts (N, length_i) to (N, width)."""
        tokens = mapped(self.into, parts)
        scores = torch.stack([self.query(token.tanh()) for token in tokens])
        shares = (scores / math.sqrt(self.query.in_features)).softmax(dim=0)
        return added(share * token for share, token in zip(shares, tokens, strict=True))


class Bilinear(nn.Module):
    """Sum of ``RANK`` elementwise products over all parts, each part with a constant one.

    The products are held down by tanh, since they can grow with every further part.

    Source: Liu et al. 2018, low-rank multimodal fusion; Kim et al. 2017 (tanh).
    """

    def __init__(self, parts: Sequence[int], width: int) -> None:
        super().__init__()
        self.into = projections(parts, RANK * width)
        self.out = Linear(RANK * width, width)

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts (N, length_i) to (N, width)."""
        product = math.prod(1 + factor.tanh() for factor in mapped(self.into, parts))
        joined: Tensor = self.out(product)
        return joined


class Film(nn.Module):
    """The first part, scaled and shifted by what all the others say.

    Source: Perez et al. 2018, feature-wise linear modulation.
    """

    def __init__(self, parts: Sequence[int], width: int) -> None:
        super().__init__()
        self.into = Linear(parts[0], width)
        self.modulate = Linear(sum(parts[1:]), 2 * width) if len(parts) > 1 else None

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts (N, length_i) to (N, width)."""
        first: Tensor = self.into(parts[0])
        if self.modulate is None:
            return first
        scale, shift = self.modulate(side_by_side(parts[1:])).chunk(2, dim=-1)
        modulated: Tensor = (1 + scale) * first + shift
        return modulated


OPERATOR: Mapping[str, Callable[[Sequence[int], int], nn.Module]] = {
    "concat": Concat,
    "sum": Sum,
    "gated": Gated,
    "attention": Attention,
    "bilinear": Bilinear,
    "film": Film,
}

NONLINEARITY: Mapping[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


IndexTree = int | tuple["IndexTree", ...]
"""A tree whose leaves are positions in the list of parts."""


class TreeJoin(nn.Module):
    """Parts joined from the leaves of a tree to its root; every inner node has its own operator.

    Parts beyond the leaves (the fusion layer before) enter at the root. The non-linearity stands
    after every inner node but the root, whose own follows outside.

    Args:
        operator: a key of ``OPERATOR``.
        nonlinearity: a key of ``NONLINEARITY``.
        tree: at least two branches.
        parts: length of every part, leaves and others.
        width: length of every joined vector.
        further: positions of the parts that enter at the root.
    """

    def __init__(
        self,
        operator: str,
        nonlinearity: str,
        tree: tuple[IndexTree, ...],
        parts: Sequence[int],
        width: int,
        *,
        further: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.tree, self.further = tree, tuple(further)
        self.below = nn.ModuleDict()
        for number, branch in enumerate(tree):
            if not isinstance(branch, int):
                join = TreeJoin(operator, nonlinearity, branch, parts, width)
                self.below[str(number)] = nn.Sequential(join, NONLINEARITY[nonlinearity]())
        lengths = [parts[branch] if isinstance(branch, int) else width for branch in tree]
        self.join = OPERATOR[operator](lengths + [parts[i] for i in further], width)

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts (N, length_i) to (N, width)."""
        given = [
            parts[branch] if isinstance(branch, int) else self.below[str(number)](parts)
            for number, branch in enumerate(self.tree)
        ]
        joined: Tensor = self.join(given + [parts[i] for i in self.further])
        return joined
