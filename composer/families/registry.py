"""The families by name: a plain dict that a decorator fills."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from atlas.errors import InvalidInput, NotFound
from composer.families.base import Build, Head, Shape, TapNetwork, initialise, pooled_linear

Chain = Callable[..., Mapping[str, nn.Module]]
"""Makes the named blocks from the shape of a sample, the width multiplier and the options."""

SIZES: Mapping[str, float] = {"small": 0.5, "base": 1.0, "large": 2.0}

MAX_WIDTH, MAX_EXTENT, MAX_CLASSES = 64, 1_000_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Option:
    """A whole number that sizes a family: what it is when nothing is said, and its bounds."""

    default: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Family:
    """A structure that can be built for any input of at least ``minimum`` (height, width).

    ``tokens`` families read (tokens,) ids instead of maps. ``sizes`` names the usual width
    multipliers, ``options`` what else sizes it, ``source`` the publication.
    """

    name: str
    chain: Chain
    minimum: tuple[int, int]
    sizes: Mapping[str, float]
    source: str
    options: Mapping[str, Option]
    head: Head
    tokens: bool

    def shape_only(
        self, input_shape: Shape, classes: int, width: float = 1.0, **options: int
    ) -> TapNetwork:
        """The network on the meta device: names, shapes and taps, but no numbers.

        Raises:
            InvalidInput: for an input below the minimum, one class, no width, or an option that
                the family lacks or that is out of its bounds.
        """
        self._check(input_shape, classes, width, options)
        build = Build(self.name, tuple(input_shape), classes, width, options)
        defaults = {name: option.default for name, option in self.options.items()}
        with torch.device("meta"):
            blocks = self.chain(build.input_shape, width, **{**defaults, **options})
            return TapNetwork(build, blocks, self.head if classes else _none)

    def build(
        self, input_shape: Shape, classes: int, width: float = 1.0, *, seed: int = 0, **options: int
    ) -> TapNetwork:
        """A new network with weights drawn from ``seed``, in training mode."""
        network = self.shape_only(input_shape, classes, width, **options).to_empty(device="cpu")
        initialise(network, seed)
        return network

    def _check(
        self, input_shape: Shape, classes: int, width: float, options: Mapping[str, int]
    ) -> None:
        if not self._fits(input_shape):
            raise InvalidInput("input_shape", found=tuple(input_shape), expected=self._expected())
        if classes == 1 or not 0 <= classes <= MAX_CLASSES:
            expected = f"2 to {MAX_CLASSES:,}, or 0 for none"
            raise InvalidInput("classes", found=classes, expected=expected)
        if not 0 < width <= MAX_WIDTH:
            raise InvalidInput("width", found=width, expected=f"a number in (0, {MAX_WIDTH}]")
        for name, value in options.items():
            option = self.options.get(name)
            if option is None:
                known = ", ".join(self.options) or "none"
                raise InvalidInput("options", found=name, expected=f"an option: {known}")
            if not option.low <= value <= option.high:
                raise InvalidInput(
                    f"options.{name}", found=value, expected=f"{option.low} to {option.high}"
                )

    def _fits(self, shape: Shape) -> bool:
        if len(shape) != (1 if self.tokens else 3) or max(shape) > MAX_EXTENT:
            return False
        least = (1,) if self.tokens else (1, *self.minimum)
        return all(one >= low for one, low in zip(shape, least, strict=True))

    def _expected(self) -> str:
        if self.tokens:
            return f"(tokens,) for {self.name}, at most {MAX_EXTENT:,}"
        height, width = self.minimum
        least = f"(channels, height, width) of at least {height} × {width}"
        return f"{least} for {self.name}, at most {MAX_EXTENT:,} each"


FAMILIES: dict[str, Family] = {}


def register_family(
    name: str,
    *,
    source: str,
    minimum: tuple[int, int] = (1, 1),
    sizes: Mapping[str, float] = SIZES,
    options: Mapping[str, Option] | None = None,
    head: Head = pooled_linear,
    tokens: bool = False,
) -> Callable[[Chain], Chain]:
    """Put the decorated chain into ``FAMILIES`` under ``name``."""

    def register(chain: Chain) -> Chain:
        if name in FAMILIES:
            raise ValueError(f"family {name} is registered twice")
        FAMILIES[name] = Family(name, chain, minimum, sizes, source, options or {}, head, tokens)
        return chain

    return register


def all_families() -> dict[str, Family]:
    """Every family, by name; imports each module of this folder once.

    >>> {"lenet3", "resnet-cifar", "gru", "mlp"} <= set(all_families())
    True
    """
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"composer.families.{module.name}")
    return FAMILIES


def find_family(name: str) -> Family:
    """The family called ``name``.

    Raises:
        NotFound: listing the families there are.
    """
    families = all_families()
    if name not in families:
        raise NotFound("family", found=name, expected=f"one of {', '.join(sorted(families))}")
    return families[name]


def _none(shape: Shape, classes: int) -> nn.Module:
    """In place of a classifier: the maps go out as they are."""
    return nn.Identity()
