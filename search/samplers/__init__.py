"""Searchers as Optuna samplers, behind one dictionary of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler

from atlas.errors import InvalidInput
from search.samplers.evolution import EvolutionSampler

SamplerFactory = Callable[[dict[str, BaseDistribution], "int | None"], BaseSampler]

SAMPLERS: dict[str, SamplerFactory] = {
    "evolution": lambda space, seed: EvolutionSampler(space, seed=seed),
    "random": lambda space, seed: RandomSampler(seed=seed),
}


def make_sampler(
    name: str, search_space: Mapping[str, BaseDistribution], *, seed: int | None = None
) -> BaseSampler:
    """The sampler called ``name`` over ``search_space``.

    Raises:
        InvalidInput: ``name`` is not a key of :data:`SAMPLERS`.

    >>> str(make_sampler("random", {}, seed=0))
    'RandomSampler'
    """
    return find_sampler(name)(dict(search_space), seed)


def find_sampler(name: str) -> SamplerFactory:
    """What makes the sampler called ``name``.

    Raises:
        InvalidInput: ``name`` is not a key of :data:`SAMPLERS`.
    """
    if name not in SAMPLERS:
        raise InvalidInput(
            "sampler", found=repr(name), expected=f"one of {', '.join(sorted(SAMPLERS))}"
        )
    return SAMPLERS[name]


__all__ = [
    "SAMPLERS",
    "EvolutionSampler",
    "RandomSampler",
    "SamplerFactory",
    "find_sampler",
    "make_sampler",
]
