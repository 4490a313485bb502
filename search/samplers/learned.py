"""What samplers with a model share: it learns from the study alone, and at fixed sizes of it."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Generic, TypeVar

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from search.samplers.base import StudySampler, proposed
from search.samplers.genes import Coding, draw

Model = TypeVar("Model")

Idea = tuple[tuple[int, ...], Mapping[str, float]]
"""Tokens of an individual, and the system attributes of the trial that proposes it."""


class LearnedSampler(StudySampler, Generic[Model]):
    """A sampler with a model; the first of its ideas that the study lacks is proposed.

    Where every idea is known already, an individual is drawn at random. The model is what the
    completed trials make of it, lesson by lesson; where the study does not begin with what the
    model has learnt, it is made anew.

    It works on one thread and with deterministic kernels. Several threads are no faster for
    networks this small, and on a busy machine they wait for each other a hundred times longer
    than they work.
    """

    _learnt: _Learnt[Model] | None = None

    @abstractmethod
    def _lessons(self, results: int) -> Iterable[int]:
        """Numbers of results, rising, at which the model learns."""

    @abstractmethod
    def _taught(
        self, model: Model | None, coding: Coding, history: Sequence[FrozenTrial], study: Study
    ) -> Model:
        """The model after one more lesson; a new one where there is none."""

    @abstractmethod
    def _ideas(
        self,
        model: Model,
        coding: Coding,
        history: Sequence[FrozenTrial],
        study: Study,
        rng: Random,
    ) -> Iterable[Idea]:
        """What to propose, the most promising first."""

    def __getstate__(self) -> dict[str, Any]:
        """Without the model, which is worked out again from the study."""
        return {**super().__getstate__(), "_learnt": None}

    def _propose(
        self,
        study: Study,
        trial: FrozenTrial,
        history: Sequence[FrozenTrial],
        space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        from training.fit import reproducible

        rng, known = self._rng(trial), proposed(study, space)
        with reproducible():
            model, coding = self._ready(study, history, space)
            for tokens, attributes in self._ideas(model, coding, history, study, rng):
                child = coding.decode(tokens, rng)
                if tuple(child.values()) not in known:
                    for name, value in attributes.items():
                        study._storage.set_trial_system_attr(trial._trial_id, name, value)
                    return child
        return {name: draw(distribution, rng) for name, distribution in space.items()}

    def _ready(
        self, study: Study, history: Sequence[FrozenTrial], space: dict[str, BaseDistribution]
    ) -> tuple[Model, Coding]:
        """The model after every lesson that ``history`` is long enough for."""
        results = [(trial.number, trial.datetime_complete) for trial in history]
        learnt = self._learnt
        if learnt is None or not learnt.from_the(self._seed, space, results):
            learnt = self._learnt = _Learnt(self._seed, Coding(space))
        for size in self._lessons(len(history)):
            if size > len(learnt.results):
                learnt.model = self._taught(learnt.model, learnt.coding, history[:size], study)
                learnt.results = results[:size]
        assert learnt.model is not None
        return learnt.model, learnt.coding


@dataclass(slots=True)
class _Learnt(Generic[Model]):
    """A model, and the results that it has learnt from (number of trial, when it ended)."""

    seed: int
    coding: Coding
    model: Model | None = None
    results: list[tuple[int, Any]] = field(default_factory=list)

    def from_the(
        self, seed: int, space: Mapping[str, BaseDistribution], results: Sequence[tuple[int, Any]]
    ) -> bool:
        """Whether all that was learnt is the beginning of these results."""
        beginning = list(results[: len(self.results)])
        return (seed, space, beginning) == (self.seed, self.coding.space, self.results)


def lessons(results: int, first: int, growth: float = 1.3) -> list[int]:
    """Sizes of history at which a model learns: ``first``, and each time three tenths more.

    A model that learns at these sizes costs little over a study, and is the same whether the
    study was interrupted or not.

    >>> lessons(22, 10)
    [10, 13, 16, 20]
    """
    sizes = [first]
    while (following := max(sizes[-1] + 1, math.floor(sizes[-1] * growth))) <= results:
        sizes.append(following)
    return sizes
