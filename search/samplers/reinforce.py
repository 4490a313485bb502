"""Reinforcement learning as an Optuna sampler: a controller that is rewarded for its proposals.

Source of the method: Zoph and Le, "Neural architecture search with reinforcement learning",
ICLR 2017, without its synchronous batches: every result is learnt from when it arrives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from atlas.errors import InvalidInput
from search.samplers.base import above_zero, at_least_one, merits, row
from search.samplers.genes import Coding
from search.samplers.learned import Idea, LearnedSampler

if TYPE_CHECKING:
    from search.samplers.controller import Learner

PROPOSED_AT = "reinforce:log_probability"
"""System attribute of a trial: how probable its proposer found it."""

PACE = 2
"""Results per step of the controller."""

DRAWS = 16
"""Individuals drawn at once; the first that the study lacks is proposed."""


class ReinforceSampler(LearnedSampler["Learner"]):
    """An LSTM controller proposes, the result is its reward.

    For every second result, in the order of completion, the controller makes one step on the
    latest ``batch`` of them. The advantage is the merit (rank among all results so far, as a normal
    score) less a moving baseline. Results that come late, or were proposed by another sampler,
    count by a clipped importance ratio; where the proposer's probability is unknown it is taken
    as uniform. After an interruption the controller learns the study anew, result by result.

    Args:
        search_space: distribution of each gene.
        seed: same seed, same study, same proposals; None for a random one.
        startup: number of completed trials before the controller proposes.
        groups: names of genes by controller, for several controllers with one reward (one per
            modality, say); genes that no group names share one more. None: one controller.
        hidden: units of each controller's LSTM.
        lr: Adam's learning rate.
        entropy: weight of the entropy bonus, which keeps the controller curious.
        clip: how far an importance ratio may leave 1.
        baseline: how much of the moving baseline stays at each result, in [0, 1).
        batch: number of the latest results in each step.

    Raises:
        InvalidInput: an option is out of its range, or a group names an unknown gene or one twice.
    """

    def __init__(
        self,
        search_space: Mapping[str, BaseDistribution],
        *,
        seed: int | None = None,
        startup: int = 10,
        groups: Sequence[Sequence[str]] | None = None,
        hidden: int = 32,
        lr: float = 0.01,
        entropy: float = 0.01,
        clip: float = 0.5,
        baseline: float = 0.9,
        batch: int = 32,
    ) -> None:
        super().__init__(search_space, seed=seed, startup=startup)
        at_least_one(hidden=hidden, batch=batch)
        above_zero(lr=lr, clip=clip)
        if entropy < 0:
            raise InvalidInput("entropy", found=entropy, expected="0 or more")
        if not 0 <= baseline < 1:
            raise InvalidInput("baseline", found=baseline, expected="a share in [0, 1)")
        self._groups = _checked(groups or (), search_space)
        self._hidden, self._lr, self._entropy = hidden, lr, entropy
        self._clip, self._decay, self._batch = clip, baseline, batch

    def _lessons(self, results: int) -> range:
        return range(PACE, results + 1, PACE)

    def _taught(
        self, model: Learner | None, coding: Coding, history: Sequence[FrozenTrial], study: Study
    ) -> Learner:
        model = model or self._fresh(coding)
        rewards = merits(history, study)
        latest = history[-self._batch :]
        for reward in rewards[-PACE:]:
            model.baseline += (1 - self._decay) * (reward - model.baseline)
        uniform = -sum(math.log(size) for size in coding.sizes)
        model.learn(
            [coding.encode(row(trial, coding.space)) for trial in latest],
            [reward - model.baseline for reward in rewards[-self._batch :]],
            [trial.system_attrs.get(PROPOSED_AT, uniform) for trial in latest],
            entropy=self._entropy,
            clip=self._clip,
        )
        return model

    def _fresh(self, coding: Coding) -> Learner:
        from search.samplers.controller import Learner

        names = list(coding.space)
        named = [[names.index(n) for n in group if n in coding.space] for group in self._groups]
        rest = [i for i in range(len(names)) if not any(i in part for part in named)]
        parts = [part for part in [*named, rest] if part]
        seed = self._stream("controllers")
        return Learner(parts, coding.sizes, hidden=self._hidden, lr=self._lr, seed=seed)

    def _ideas(
        self,
        model: Learner,
        coding: Coding,
        history: Sequence[FrozenTrial],
        study: Study,
        rng: Random,
    ) -> list[Idea]:
        drawn, logs = model.sample(DRAWS, rng.getrandbits(63))
        return [(tokens, {PROPOSED_AT: log}) for tokens, log in zip(drawn, logs, strict=True)]


def _checked(
    groups: Sequence[Sequence[str]], space: Mapping[str, BaseDistribution]
) -> list[list[str]]:
    names = [name for group in groups for name in group]
    if len(set(names)) < len(names) or not set(names) <= set(space):
        raise InvalidInput(
            "groups", found=", ".join(names), expected=f"each once, out of {', '.join(space)}"
        )
    return [list(group) for group in groups]
