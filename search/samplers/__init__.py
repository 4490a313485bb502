"""Searchers as Optuna samplers, behind one dictionary of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from atlas.errors import InvalidInput
from search.samplers.evolution import EvolutionSampler
from search.samplers.nao import NaoSampler
from search.samplers.progressive import ProgressiveSampler
from search.samplers.reinforce import ReinforceSampler

SamplerFactory = Callable[[dict[str, BaseDistribution], "int | None"], BaseSampler]

SAMPLERS: dict[str, SamplerFactory] = {
    "evolution": lambda space, seed: EvolutionSampler(space, seed=seed),
    "nao": lambda space, seed: NaoSampler(space, seed=seed),
    "progressive": lambda space, seed: ProgressiveSampler(space, seed=seed),
    "random": lambda space, seed: RandomSampler(seed=seed),
    "reinforce": lambda space, seed: ReinforceSampler(space, seed=seed),
    "tpe": lambda space, seed: TPESampler(seed=seed),
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
    "TPESampler",
    "find_sampler",
    "make_sampler",
]
