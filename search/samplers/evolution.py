"""Evolution as an Optuna sampler: regularised for one objective, NSGA-II for several.

Sources of the methods: Real, Aggarwal, Huang and Le, "Regularized evolution for image classifier
architecture search", AAAI 2019 (aging population, tournament, one mutation). Deb, Pratap, Agarwal
and Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", 2002 (survival by
front and crowding, crossover), here in steady state, so that no generation is waited for, and with
the tournament of the former.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from atlas.errors import InvalidInput
from search.samplers.base import StudySampler, proposed, scores
from search.samplers.genes import contains, draw, mutate
from search.samplers.pareto import order

MUTATION_TRIES = 16


class EvolutionSampler(StudySampler):
    """Children of the study's best: one gene changed, never one that the study already has.

    With one objective the parents are the youngest completed trials, and the best of a random
    share of them has the child. With several, the parents are those that survive by Pareto front
    and crowding among all, and some children have two, each the winner of such a tournament,
    crossed gene by gene. Either way a child is drawn again while the study already has it. A
    conditional parameter that the parent lacks is drawn at random.

    Args:
        search_space: distribution of each gene.
        seed: same seed, same study, same proposals; None for a random one.
        population: number of completed trials that can be parents.
        tournament: share of the population that competes for each child, in (0, 1].
        startup: number of completed trials before the first child, at most ``population``.
        spread: standard deviation of a numeric mutation, as a share of the range.
        crossover: share of children with two parents; several objectives.

    Raises:
        InvalidInput: an option is out of its range.

    >>> import optuna
    >>> from optuna.distributions import IntDistribution
    >>> space = {"x": IntDistribution(0, 9)}
    >>> study = optuna.create_study(sampler=EvolutionSampler(space, seed=1, startup=4))
    >>> for _ in range(10):
    ...     trial = study.ask(space)
    ...     _ = study.tell(trial, (trial.params["x"] - 3) ** 2)
    >>> study.best_params  # every child is new: ten trials visit all ten values
    {'x': 3}
    """

    def __init__(
        self,
        search_space: Mapping[str, BaseDistribution],
        *,
        seed: int | None = None,
        population: int = 30,
        tournament: float = 0.3,
        startup: int = 10,
        spread: float = 0.2,
        crossover: float = 0.25,
    ) -> None:
        if population < 1:
            raise InvalidInput("population", found=population, expected="at least 1")
        if not 0 < tournament <= 1:
            raise InvalidInput("tournament", found=tournament, expected="a share in (0, 1]")
        if not spread > 0:
            raise InvalidInput("spread", found=spread, expected="a number above 0")
        if not 0 <= crossover <= 1:
            raise InvalidInput("crossover", found=crossover, expected="a share in [0, 1]")
        super().__init__(search_space, seed=seed, startup=min(startup, population))
        self._population = population
        self._tournament = tournament
        self._spread = spread
        self._crossover = crossover

    def _propose(
        self,
        study: Study,
        trial: FrozenTrial,
        history: Sequence[FrozenTrial],
        space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        rng = self._rng(trial)
        known = proposed(study, space)
        several = len(study.directions) > 1
        if several:
            ranked = [history[i] for i in order(scores(history, study))[: self._population]]
        else:
            ranked = _ranked(history[-self._population :], study, rng)
        child: dict[str, Any] = {}
        for _ in range(MUTATION_TRIES):
            genes = self._crossed(ranked, rng) if several else self._winner(ranked, rng).params
            child = self._mutated(genes, space, rng)
            if tuple(child.values()) not in known:
                break
        return child

    def _winner(self, ranked: Sequence[FrozenTrial], rng: random.Random) -> FrozenTrial:
        """The best of a random share of the population, which is sorted from best to worst."""
        return ranked[min(rng.sample(range(len(ranked)), self._competitors(len(ranked))))]

    def _competitors(self, population: int) -> int:
        return math.ceil(self._tournament * population)

    def _crossed(self, ranked: Sequence[FrozenTrial], rng: random.Random) -> dict[str, Any]:
        """Genes of the winner of a tournament, perhaps some of them from another winner."""
        first = self._winner(ranked, rng).params
        if rng.random() >= self._crossover:
            return first
        second = self._winner(ranked, rng).params
        return {name: rng.choice((first, second)).get(name, first[name]) for name in first}

    def _mutated(
        self, genes: Mapping[str, Any], space: Mapping[str, BaseDistribution], rng: random.Random
    ) -> dict[str, Any]:
        child = {
            name: genes[name]
            if contains(distribution, genes.get(name))
            else draw(distribution, rng)
            for name, distribution in space.items()
        }
        changeable = [name for name, distribution in space.items() if not distribution.single()]
        if changeable:
            name = rng.choice(changeable)
            child[name] = mutate(space[name], child[name], rng, spread=self._spread)
        return child


def _ranked(trials: Sequence[FrozenTrial], study: Study, rng: random.Random) -> list[FrozenTrial]:
    """From best to worst, equals in random order."""
    keyed = [(score, rng.random(), i) for i, (score,) in enumerate(scores(trials, study))]
    return [trials[i] for _, _, i in sorted(keyed, reverse=True)]
