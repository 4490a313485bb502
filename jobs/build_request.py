"""What a build is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from atlas.errors import InvalidInput
from composer.activation import Inputs
from composer.budget import Budget
from jobs.variants import LARGEST
from search.study import check_search
from training.optimizers import find_recipe

OWN = (
    "dataset", "trials", "sampler", "pruner", "batch", "seed", "fresh", "minimize", "pick",
    "sizes", "optimizers",
)  # fmt: skip
"""Keys of a request beside those of its inputs and its budget."""

MANY = ("minimize", "sizes", "optimizers")
"""Those that hold several values."""

LATER = (*MANY, "pick")
"""Those that came later: a request's JSON form has them where they are not at their default."""


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What a build is asked for.

    ``sampler``, ``pruner``, ``batch`` and ``minimize`` are those of :func:`search.study.search`;
    ``fresh`` searches again even where the result is known; ``budget`` limits each candidate;
    ``pick`` is the place, from 1, in the front of a search with ``minimize`` of the network that is
    kept, in place of the search's own choice. ``sizes`` (multiples of the width that a model
    states) and ``optimizers`` are those in which every network is tried that is trained here.
    """

    inputs: Inputs
    dataset: str = "digits-dtmf"
    trials: int = 24
    sampler: str = "evolution"
    seed: int = 0
    fresh: bool = False
    budget: Budget = field(default_factory=Budget)
    pruner: str = "none"
    batch: int = 1
    minimize: tuple[str, ...] = ()
    pick: int | None = None
    sizes: tuple[float, ...] = (1.0,)
    optimizers: tuple[str, ...] = ("adamw",)

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the inputs' keys beside the search's; newer ones only where they are said."""
        plain = {key: getattr(self, key) for key in OWN}
        for its in fields(self):
            if its.name in LATER and plain[its.name] == its.default:
                del plain[its.name]
        plain |= {key: list(plain[key]) for key in MANY if key in plain}
        limits = self.budget.to_dict()
        return {**self.inputs.to_dict(), **plain, **({"budget": limits} if limits else {})}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BuildRequest:
        """Inverse of :meth:`to_dict`; what is missing takes its default."""
        given = {key: data[key] for key in OWN if data.get(key) is not None}
        given |= {key: tuple(given[key]) for key in MANY if key in given}
        budget = Budget(**(data.get("budget") or {}))
        return cls(Inputs.from_dict(data), **given, budget=budget)

    def check(self) -> None:
        """Refuse a search that cannot be.

        Raises:
            InvalidInput: as :func:`search.study.search` says; a pick where there is no front; no
                size or optimizer, or one that cannot be.
        """
        check_search(
            self.sampler,
            trials=self.trials,
            pruner=self.pruner,
            batch=self.batch,
            minimize=self.minimize,
        )
        if self.pick is not None and (self.pick < 1 or not self.minimize):
            raise InvalidInput(
                "pick",
                found=self.pick if self.minimize else f"{self.pick} without costs to minimise",
                expected="the place, from 1, in the front of a search with minimize",
            )
        for size in self.sizes or (0,):
            if not 0 < size <= LARGEST:
                raise InvalidInput("sizes", found=size, expected=f"above 0, {LARGEST} at most")
        for optimizer in self.optimizers or ("",):
            find_recipe(optimizer)
