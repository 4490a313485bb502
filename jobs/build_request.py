"""What a build is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from atlas.errors import InvalidInput
from composer.activation import Inputs
from composer.budget import Budget
from search.study import check_search

OWN = (
    "dataset", "trials", "sampler", "pruner", "batch", "seed", "fresh", "minimize", "pick",
)  # fmt: skip
"""Keys of a request beside those of its inputs and its budget."""


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What a build is asked for.

    ``sampler``, ``pruner``, ``batch`` and ``minimize`` are those of :func:`search.study.search`;
    ``fresh`` searches again even where the result is known; ``budget`` limits each candidate;
    ``pick`` is the place, from 1, in the front of a search with ``minimize`` of the network that is
    kept, in place of the search's own choice.
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

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the inputs' keys beside the search's; what counts no cost is left out."""
        plain = {**self.inputs.to_dict(), **{key: getattr(self, key) for key in OWN}}
        plain["minimize"] = list(self.minimize)
        limits = self.budget.to_dict()
        plain |= {"budget": limits} if limits else {}
        return {k: v for k, v in plain.items() if k not in ("minimize", "pick") or v}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BuildRequest:
        """Inverse of :meth:`to_dict`; what is missing takes its default."""
        given = {key: data[key] for key in OWN if data.get(key) is not None}
        given["minimize"] = tuple(given.get("minimize", ()))
        budget = Budget(**(data.get("budget") or {}))
        return cls(Inputs.from_dict(data), **given, budget=budget)

    def check(self) -> None:
        """Refuse a search that cannot be.

        Raises:
            InvalidInput: as :func:`search.study.search` says; or a pick where there is no front.
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
