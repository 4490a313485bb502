"""The optimizers that networks are trained with, by the names that the library records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from atlas.errors import InvalidInput

Optimizer = Literal["adamw", "sgd"]
OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of an optimizer for a branch: of a small network on one modality."""

    lr: float
    weight_decay: float
    clip: float | None = None


# High decay: a branch that knows its training samples by heart misleads the head.
RECIPES: dict[Optimizer, Recipe] = {"adamw": Recipe(4e-3, 0.5), "sgd": Recipe(0.1, 5e-3, clip=1.0)}


def find_recipe(name: str) -> Recipe:
    """The recipe of an optimizer.

    Raises:
        InvalidInput: ``name`` is not one of :data:`OPTIMIZERS`.

    >>> find_recipe("adamw").lr
    0.004
    """
    if name not in RECIPES:
        known = ", ".join(OPTIMIZERS)
        raise InvalidInput("optimizer", found=repr(name), expected=f"one of {known}")
    return RECIPES[name]
