"""One gene: how to draw a value of a distribution and how to change it a little.

Every value has a position in the unit interval, uniform under :func:`draw`. Logarithmic ranges are
uniform in the logarithm, stepped ranges and categories are equal cells of the interval.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from optuna.distributions import (
    BaseDistribution,
    CategoricalChoiceType,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

Gene = CategoricalChoiceType
"""A parameter's value: a category, an int or a float."""


def draw(distribution: BaseDistribution, rng: random.Random) -> Gene:
    """A value drawn uniformly from ``distribution``, as a plain Python object.

    >>> draw(IntDistribution(3, 9, step=2), random.Random(0)) in (3, 5, 7, 9)
    True
    """
    return _value_at(distribution, rng.random())


def mutate(
    distribution: BaseDistribution, value: Gene, rng: random.Random, *, spread: float = 0.2
) -> Gene:
    """A value other than ``value`` where ``distribution`` has one.

    Categories change uniformly. Numbers take a normal step of ``spread`` times the whole range (in
    the logarithm for logarithmic ranges), reflected at the ends and never shorter than one cell.
    A ``value`` from outside (the range has changed since) is drawn anew.
    """
    if distribution.single():
        return _value_at(distribution, 0.5)
    if not contains(distribution, value):
        return draw(distribution, rng)
    if isinstance(distribution, CategoricalDistribution):
        index = int(distribution.to_internal_repr(value))
        others = [i for i in range(len(distribution.choices)) if i != index]
        return distribution.choices[rng.choice(others)]
    position = _position(distribution, value)
    smallest = 1.0 / _cells(distribution)
    step = rng.gauss(0.0, spread)
    step = math.copysign(max(abs(step), smallest), step)
    moved = _value_at(distribution, _reflect(position + step))
    while moved == value:
        moved = draw(distribution, rng)
    return moved


def contains(distribution: BaseDistribution, value: Gene) -> bool:
    """Whether ``value`` is one that ``distribution`` could have given."""
    if isinstance(distribution, CategoricalDistribution):
        return value in distribution.choices
    if not isinstance(distribution, (IntDistribution, FloatDistribution)):
        return False
    return isinstance(value, (int, float)) and distribution.low <= value <= distribution.high


def _cells(distribution: BaseDistribution) -> float:
    """Number of equal cells of the unit interval; infinite where every position counts."""
    if isinstance(distribution, CategoricalDistribution):
        return len(distribution.choices)
    if isinstance(distribution, IntDistribution) and not distribution.log:
        return (distribution.high - distribution.low) // distribution.step + 1
    if isinstance(distribution, FloatDistribution) and distribution.step is not None:
        return round((distribution.high - distribution.low) / distribution.step) + 1
    return math.inf


def _bounds(distribution: IntDistribution | FloatDistribution) -> tuple[float, float]:
    """Ends of a logarithmic or continuous range; integers own half a unit on either side."""
    margin = 0.5 if isinstance(distribution, IntDistribution) else 0.0
    return distribution.low - margin, distribution.high + margin


def _value_at(distribution: BaseDistribution, position: float) -> Gene:
    cells = _cells(distribution)
    if cells != math.inf:
        cell = min(int(position * cells), int(cells) - 1)
        if isinstance(distribution, CategoricalDistribution):
            return distribution.choices[cell]
        assert isinstance(distribution, (IntDistribution, FloatDistribution))
        value = distribution.low + cell * (distribution.step or 0)
        return min(value, distribution.high)
    assert isinstance(distribution, (IntDistribution, FloatDistribution))
    low, high = _bounds(distribution)
    if distribution.log:
        value = math.exp(math.log(low) + position * (math.log(high) - math.log(low)))
    else:
        value = low + position * (high - low)
    if isinstance(distribution, IntDistribution):
        value = round(value)
    return min(max(value, distribution.low), distribution.high)


def _position(distribution: BaseDistribution, value: Gene) -> float:
    cells = _cells(distribution)
    if isinstance(distribution, CategoricalDistribution):
        return (distribution.to_internal_repr(value) + 0.5) / cells
    assert isinstance(distribution, (IntDistribution, FloatDistribution))
    assert isinstance(value, (int, float))
    if distribution.single():
        return 0.5
    if cells != math.inf:
        return (round((value - distribution.low) / (distribution.step or 1)) + 0.5) / cells
    low, high = _bounds(distribution)
    if distribution.log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return (value - low) / (high - low)


def _reflect(position: float) -> float:
    """Fold the line back into the unit interval, as between two mirrors."""
    folded = position % 2.0
    return 2.0 - folded if folded > 1.0 else folded


BINS = 16
"""A numeric range with more values than this is cut into so many equal parts."""


class Coding:
    """Genes as tokens for models that learn: small integers, one alphabet per gene.

    A token is a category, one of a few integers, or a part of a wider range; a part becomes a
    value by a uniform draw within it.

    >>> coding = Coding({"x": IntDistribution(3, 7, step=2), "y": CategoricalDistribution("ab")})
    >>> coding.sizes
    (3, 2)
    >>> coding.encode((5, "b")), coding.decode((1, 1), random.Random(0))
    ((1, 1), {'x': 5, 'y': 'b'})
    """

    MISSING = -1
    """Token of a gene that an individual lacks."""

    def __init__(self, space: Mapping[str, BaseDistribution]) -> None:
        self.space = dict(space)
        self.sizes = tuple(_alphabet(distribution) for distribution in space.values())
        self._known: dict[tuple[Gene, ...], tuple[int, ...]] = {}

    def encode(self, values: tuple[Gene, ...]) -> tuple[int, ...]:
        """Tokens of the genes, :data:`MISSING` for None and for values outside the range."""
        if values not in self._known:
            self._known[values] = tuple(
                self._token(distribution, size, value)
                for distribution, size, value in zip(
                    self.space.values(), self.sizes, values, strict=True
                )
            )
        return self._known[values]

    def decode(self, tokens: Sequence[int], rng: random.Random) -> dict[str, Gene]:
        """Values of the tokens; one that is missing is drawn."""
        return {
            name: draw(distribution, rng)
            if token == self.MISSING
            else _value_at(distribution, (token + self._offset(distribution, size, rng)) / size)
            for (name, distribution), size, token in zip(
                self.space.items(), self.sizes, tokens, strict=True
            )
        }

    def _token(self, distribution: BaseDistribution, size: int, value: Gene) -> int:
        if not contains(distribution, value):
            return self.MISSING
        return min(int(_position(distribution, value) * size), size - 1)

    @staticmethod
    def _offset(distribution: BaseDistribution, size: int, rng: random.Random) -> float:
        return 0.5 if _cells(distribution) == size else rng.random()


def _alphabet(distribution: BaseDistribution) -> int:
    if distribution.single():
        return 1
    cells = _cells(distribution)
    if isinstance(distribution, CategoricalDistribution) or cells <= BINS:
        return int(cells)
    return BINS
