"""The ways in which a candidate model becomes a branch: its structure, in sizes, by optimizers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from composer.budget import Budget
from graph import models

if TYPE_CHECKING:
    from composer.families.base import Build
    from composer.supply import Supply


LARGEST = 16
"""Largest multiple of a network's width."""


@dataclass(frozen=True, slots=True)
class Variant:
    """How a candidate of a slot is made: the genes of an area, as the paper has them.

    ``size`` multiplies the width that the model states. Published weights are as they are, so they
    come in one variant.
    """

    model: str
    size: float = 1.0
    optimizer: str = "adamw"

    @property
    def genes(self) -> dict[str, str | float]:
        """By name, as :class:`search.space.SlotOptions` takes them."""
        return {"structure": self.model, "size": self.size, "optimizer": self.optimizer}

    def __str__(self) -> str:
        plain = (self.size, self.optimizer) == (1.0, "adamw")
        return self.model if plain else f"{self.model} x {self.size:g} by {self.optimizer}"


Branches = Mapping[str, Mapping[Variant, str]]
"""Slot → variant → sha256 of its checkpoint."""


def variants_of(
    supply: Supply,
    candidate: Mapping[str, Any],
    sizes: Sequence[float],
    optimizers: Sequence[str],
    budget: Budget,
    left_out: list[str],
) -> Iterator[tuple[Variant, Build | str]]:
    """Each way to make a candidate; of a size that costs too much ``left_out`` is told."""
    model, published = candidate["model"], candidate["weights"]
    if published:
        yield Variant(model), published
        return
    stated = supply.build(models.get(supply.store, model), candidate["modality"])
    for size in sizes:
        build = replace(stated, width=stated.width * size)
        reason = None if size == 1 else supply.too_much(build, budget)
        if reason is not None:
            left_out.append(f"{model} x {size:g}: {reason}")
            continue
        for optimizer in optimizers:
            yield Variant(model, float(size), optimizer), build
