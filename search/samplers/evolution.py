"""Regularised evolution as an Optuna sampler.

Source of the method: Real, Aggarwal, Huang and Le, "Regularized evolution for image classifier
architecture search", AAAI 2019 (aging population, tournament, one mutation). Several objectives
are compared by Pareto dominance inside the tournament.
"""

from __future__ import annotations

import itertools
import math
import random
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, check_distribution_compatibility
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from atlas.errors import InvalidInput
from search.samplers.genes import Gene, contains, draw, mutate

MUTATION_TRIES = 16


class EvolutionSampler(BaseSampler):
    """Mutate the winner of a tournament among the youngest completed trials.

    The sampler keeps no state of its own. The population is read from the study, whoever sampled
    it (another sampler, another process, an enqueued trial), so a study can be resumed and trials
    may be told in any order. Random numbers come from (seed, trial number), so an interrupted
    study goes on as an uninterrupted one would have. Failed and pruned trials are no parents.

    Until ``startup`` trials are complete everything is drawn at random. Afterwards each child has
    one gene changed, and is drawn again while the study already has it. Parameters outside
    ``search_space``, or whose distribution differs from it, are drawn at random (independent
    sampling), which is also what happens to a conditional parameter that the parent lacks.

    Args:
        search_space: distribution of each gene.
        seed: same seed, same study, same proposals; None for a random one.
        population: number of youngest completed trials that can be parents.
        tournament: share of the population that competes for each child, in (0, 1].
        startup: number of completed trials before the first child, at most ``population``.
        spread: standard deviation of a numeric mutation, as a share of the range.

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
        tournament: float = 0.5,
        startup: int = 10,
        spread: float = 0.2,
    ) -> None:
        if population < 1:
            raise InvalidInput("population", found=population, expected="at least 1")
        if startup < 1:
            raise InvalidInput("startup", found=startup, expected="at least 1")
        if not 0 < tournament <= 1:
            raise InvalidInput("tournament", found=tournament, expected="a share in (0, 1]")
        if not spread > 0:
            raise InvalidInput("spread", found=spread, expected="a number above 0")
        self._space = dict(sorted(search_space.items()))
        self._seed = secrets.randbits(64) if seed is None else seed
        self._population = population
        self._tournament = tournament
        self._startup = min(startup, population)
        self._spread = spread

    def reseed_rng(self) -> None:
        """Take a fresh seed, as Optuna asks of samplers that are copied to parallel workers."""
        self._seed = secrets.randbits(64)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The constructor's space once there are parents for it, before that nothing.

        While there are none, independent draws with the distributions the objective really uses
        are the same thing, and no wrong guess about them can be made.
        """
        return dict(self._space) if self._parents(study, self._space) else {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """A child of the population, or a random individual while the population is small."""
        if not search_space:
            return {}
        rng = self._rng(trial, "")
        parents = self._parents(study, search_space)
        known = _genotypes(study, search_space)
        child: dict[str, Any] = {}
        for _ in range(MUTATION_TRIES):
            child = self._propose(study, parents, search_space, rng)
            if tuple(child.values()) not in known:
                break
        return child

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Gene:
        """A uniform draw."""
        return draw(param_distribution, self._rng(trial, param_name))

    def _rng(self, trial: FrozenTrial, name: str) -> random.Random:
        return random.Random(f"{self._seed}/{trial.number}/{name}")

    def _parents(self, study: Study, space: Mapping[str, BaseDistribution]) -> list[FrozenTrial]:
        """The youngest completed trials that carry genes of ``space``; none if too few."""
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        carriers = (trial for trial in reversed(complete) if _carries(trial, space))
        parents = list(itertools.islice(carriers, self._population))
        return parents if len(parents) >= self._startup else []

    def _propose(
        self,
        study: Study,
        parents: Sequence[FrozenTrial],
        space: Mapping[str, BaseDistribution],
        rng: random.Random,
    ) -> dict[str, Any]:
        if not parents:
            return {name: draw(distribution, rng) for name, distribution in space.items()}
        competitors = rng.sample(parents, math.ceil(self._tournament * len(parents)))
        parent = rng.choice(_undominated(competitors, study.directions))
        child = {
            name: parent.params[name]
            if contains(distribution, parent.params.get(name))
            else draw(distribution, rng)
            for name, distribution in space.items()
        }
        changeable = [name for name, distribution in space.items() if not distribution.single()]
        if changeable:
            name = rng.choice(changeable)
            child[name] = mutate(space[name], child[name], rng, spread=self._spread)
        return child


def _carries(trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> bool:
    """Whether the trial has genes of the space, all of them of the same kind as there."""
    shared = [name for name in space if name in trial.distributions]
    return bool(shared) and all(
        _compatible(space[name], trial.distributions[name]) for name in shared
    )


def _compatible(ours: BaseDistribution, theirs: BaseDistribution) -> bool:
    if ours is theirs or ours == theirs:
        return True
    try:
        check_distribution_compatibility(ours, theirs)
    except ValueError:
        return False
    return True


def _genotypes(study: Study, space: Mapping[str, BaseDistribution]) -> set[tuple[Any, ...]]:
    """Every combination of genes that was proposed before and has not failed."""
    trials = study.get_trials(deepcopy=False)
    return {
        tuple(trial.params.get(name) for name in space)
        for trial in trials
        if trial.state not in (TrialState.FAIL, TrialState.WAITING)
    }


def _undominated(
    trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]
) -> list[FrozenTrial]:
    """The trials that no other is better than; with one objective, the best and its equals."""
    signs = [1 if direction == StudyDirection.MAXIMIZE else -1 for direction in directions]
    scores = [
        tuple(sign * value for sign, value in zip(signs, trial.values or (), strict=True))
        for trial in trials
    ]
    return [
        trial
        for trial, score in zip(trials, scores, strict=True)
        if not any(_dominates(other, score) for other in scores)
    ]


def _dominates(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    return first != second and all(a >= b for a, b in zip(first, second, strict=True))
