"""What all samplers of this project share: everything they know is read from the study."""

from __future__ import annotations

import random
import secrets
import statistics
import threading
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, check_distribution_compatibility
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from atlas.errors import InvalidInput
from search.samplers.genes import Gene, draw
from search.samplers.pareto import order

Row = tuple[Any, ...]
"""The genes of one individual, in the order of the search space; None where it lacks one."""


class StudySampler(BaseSampler):
    """A sampler whose knowledge is a function of the study's completed trials and its seed.

    Whoever sampled them (another sampler, another process, an enqueued trial), all trials teach.
    So a study can be resumed, samplers can take turns, and trials may be told in any order; what
    a subclass keeps in memory is a copy of what it could work out again. Random numbers come from
    (seed, trial number), so an interrupted study goes on as an uninterrupted one would have.
    Failed and pruned trials teach nothing.

    Until ``startup`` trials are complete everything is drawn at random. Parameters outside
    ``search_space``, or whose distribution differs from it, are drawn at random always.

    Args:
        search_space: distribution of each gene.
        seed: same seed, same study, same proposals; None for a random one.
        startup: number of completed trials before the first proposal that is not random.

    Raises:
        InvalidInput: ``startup`` is below one.
    """

    def __init__(
        self, search_space: Mapping[str, BaseDistribution], *, seed: int | None, startup: int
    ) -> None:
        at_least_one(startup=startup)
        self._space = dict(sorted(search_space.items()))
        self._seed = secrets.randbits(64) if seed is None else seed
        self._startup = startup
        self._lock = threading.Lock()

    @abstractmethod
    def _propose(
        self,
        study: Study,
        trial: FrozenTrial,
        history: Sequence[FrozenTrial],
        space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Genes for ``trial``, from a history of at least ``startup`` trials."""

    def reseed_rng(self) -> None:
        """Take a fresh seed, as Optuna asks of samplers that are copied to parallel workers."""
        self._seed = secrets.randbits(64)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The constructor's space once there are trials to learn from, before that nothing.

        While there are none, independent draws with the distributions the objective really uses
        are the same thing, and no wrong guess about them can be made.
        """
        enough = len(completed(study, self._space)) >= self._startup
        return dict(self._space) if enough else {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """A proposal from what was learnt, or a random individual while that is too little."""
        if not search_space:
            return {}
        history = completed(study, search_space)
        if len(history) < self._startup:
            rng = self._rng(trial)
            return {name: draw(distribution, rng) for name, distribution in search_space.items()}
        with self._lock:
            return self._propose(study, trial, history, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Gene:
        """A uniform draw."""
        return draw(param_distribution, self._rng(trial, param_name))

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the lock, which stays in its process."""
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()

    def _stream(self, purpose: str) -> int:
        """Seed of the random numbers for one purpose, the same in every process."""
        return random.Random(f"{self._seed}/{purpose}").getrandbits(63)

    def _rng(self, trial: FrozenTrial, name: str = "") -> random.Random:
        return random.Random(f"{self._seed}/{trial.number}/{name}")


def completed(study: Study, space: Mapping[str, BaseDistribution]) -> list[FrozenTrial]:
    """Completed trials that carry genes of ``space``, in the order in which they were completed.

    None at all where the study uses one of the names for something else.
    """
    trials = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if not space.keys().isdisjoint(trial.params)
    ]
    for name, ours in space.items():
        # Optuna keeps the distributions of one name in one study compatible; one tells for all.
        theirs = next((t.distributions[name] for t in trials if name in t.distributions), ours)
        if not _compatible(ours, theirs):
            return []
    return sorted(trials, key=lambda trial: (trial.datetime_complete, trial.number))


def row(trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> Row:
    """The trial's genes in the order of ``space``."""
    return tuple(map(trial.params.get, space))


def proposed(study: Study, space: Mapping[str, BaseDistribution]) -> set[Row]:
    """Every combination of genes that was proposed before and has not failed."""
    dead = (TrialState.FAIL, TrialState.WAITING)
    trials = study.get_trials(deepcopy=False)
    return {row(trial, space) for trial in trials if trial.state not in dead}


def scores(trials: Sequence[FrozenTrial], study: Study) -> list[tuple[float, ...]]:
    """The objectives of each trial, turned so that more is better."""
    signs = [1 if side == StudyDirection.MAXIMIZE else -1 for side in study.directions]
    return [
        tuple(sign * value for sign, value in zip(signs, trial.values or (), strict=True))
        for trial in trials
    ]


def merits(trials: Sequence[FrozenTrial], study: Study) -> list[float]:
    """One number per trial, more is better, whatever the scale of the objectives.

    The normal scores of the ranks: half of the trials are above 0, one in six above 1. Equals
    share a rank. Several objectives are ranked by Pareto front, then by crowding.
    """
    values = scores(trials, study)
    if len(study.directions) > 1:
        places = order(values)
        keys: list[float] = [0.0] * len(places)
        for rank, place in enumerate(places):
            keys[place] = -rank
    else:
        keys = [score for (score,) in values]
    return _normal_scores(keys)


def _normal_scores(keys: Sequence[float]) -> list[float]:
    ranked = sorted(keys)
    first: dict[float, int] = {}
    last: dict[float, int] = {}
    for place, key in enumerate(ranked):
        first.setdefault(key, place)
        last[key] = place
    normal = statistics.NormalDist()
    of = {key: normal.inv_cdf(((first[key] + last[key]) / 2 + 0.5) / len(keys)) for key in first}
    return [of[key] for key in keys]


def _compatible(ours: BaseDistribution, theirs: BaseDistribution) -> bool:
    if ours is theirs or ours == theirs:
        return True
    try:
        check_distribution_compatibility(ours, theirs)
    except ValueError:
        return False
    return True


def at_least_one(**options: int) -> None:
    """Refuse counts below one, by name."""
    for name, value in options.items():
        if value < 1:
            raise InvalidInput(name, found=value, expected="at least 1")


def above_zero(**options: float) -> None:
    """Refuse sizes that are not positive, by name."""
    for name, value in options.items():
        if not value > 0:
            raise InvalidInput(name, found=value, expected="a number above 0")
