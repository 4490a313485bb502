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
from composer.families.base import Shape, TapNetwork, initialise

Chain = Callable[[int, float], Mapping[str, nn.Module]]
"""Makes the named blocks from the number of input channels and the width multiplier."""

SIZES: Mapping[str, float] = {"small": 0.5, "base": 1.0, "large": 2.0}


@dataclass(frozen=True, slots=True)
class Family:
    """A structure that can be built for any input of at least ``minimum`` pixels a side.

    ``sizes`` names the usual width multipliers, ``source`` the publication.
    """

    name: str
    chain: Chain
    minimum: int
    sizes: Mapping[str, float]
    source: str

    def shape_only(self, input_shape: Shape, classes: int, width: float = 1.0) -> TapNetwork:
        """The network on the meta device: names, shapes and taps, but no numbers.

        Raises:
            InvalidInput: for a picture below the minimum, or no classes, or no width.
        """
        self._check(input_shape, classes, width)
        with torch.device("meta"):
            blocks = self.chain(input_shape[0], width)
            return TapNetwork(self.name, blocks, input_shape, classes, width)

    def build(
        self, input_shape: Shape, classes: int, width: float = 1.0, *, seed: int = 0
    ) -> TapNetwork:
        """A new network with weights drawn from ``seed``, in training mode."""
        network = self.shape_only(input_shape, classes, width).to_empty(device="cpu")
        initialise(network, seed)
        return network

    def _check(self, input_shape: Shape, classes: int, width: float) -> None:
        if len(input_shape) != 3 or min(input_shape[1:]) < self.minimum or input_shape[0] < 1:
            raise InvalidInput(
                "input_shape",
                found=tuple(input_shape),
                expected=f"(channels, height, width) of at least {self.minimum} pixels a side"
                f" for {self.name}",
            )
        if classes < 2:
            raise InvalidInput("classes", found=classes, expected="at least 2")
        if not 0 < width <= 64:
            raise InvalidInput("width", found=width, expected="a number in (0, 64]")


FAMILIES: dict[str, Family] = {}


def register_family(
    name: str, *, minimum: int, source: str, sizes: Mapping[str, float] = SIZES
) -> Callable[[Chain], Chain]:
    """Put the decorated chain into ``FAMILIES`` under ``name``."""

    def register(chain: Chain) -> Chain:
        if name in FAMILIES:
            raise ValueError(f"family {name} is registered twice")
        FAMILIES[name] = Family(name, chain, minimum, sizes, source)
        return chain

    return register


def all_families() -> dict[str, Family]:
    """Every family, by name; imports each module of this folder once.

    >>> sorted(all_families())
    ['lenet3', 'lenet5', 'mediumnet', 'sparsenet']
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
