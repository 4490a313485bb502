"""Reinforcement learning as an Optuna sampler: a controller that is rewarded for its proposals.

Source of the method: Zoph and Le, "Neural architecture search with reinforcement learning",
ICLR 2017, without its synchronous batches: every result is learnt from when it arrives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from atlas.errors import InvalidInput
from search.samplers.base import LearnedSampler, merits, proposed, row
from search.samplers.genes import Coding

if TYPE_CHECKING:
    from search.samplers.controller import Learner

PROPOSED_AT = "reinforce:log_probability"
"""System attribute of a trial: how probable its proposer found it."""

PACE = 2
"""Results per step of the controller."""

DRAWS = 16
"""Individuals drawn at once; the first that the study lacks is proposed."""


class ReinforceSampler(LearnedSampler):
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
        for name, value in (("hidden", hidden), ("batch", batch)):
            if value < 1:
                raise InvalidInput(name, found=value, expected="at least 1")
        for name, share in (("lr", lr), ("clip", clip)):
            if not share > 0:
                raise InvalidInput(name, found=share, expected="a number above 0")
        if entropy < 0:
            raise InvalidInput("entropy", found=entropy, expected="0 or more")
        if not 0 <= baseline < 1:
            raise InvalidInput("baseline", found=baseline, expected="a share in [0, 1)")
        self._groups = _checked(groups or (), search_space)
        self._hidden, self._lr, self._entropy = hidden, lr, entropy
        self._clip, self._decay, self._batch = clip, baseline, batch
        self._state: _State | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the controller, which is worked out again from the study."""
        return {**super().__getstate__(), "_state": None}

    def _proposed(
        self,
        study: Study,
        trial: FrozenTrial,
        history: Sequence[FrozenTrial],
        space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        state = self._learnt(study, history, space)
        rng = self._rng(trial)
        drawn, logs = state.learner.sample(DRAWS, rng.getrandbits(63))
        known = proposed(study, space)
        children = [state.coding.decode(tokens, rng) for tokens in drawn]
        new = (i for i, child in enumerate(children) if tuple(child.values()) not in known)
        chosen = next(new, 0)
        study._storage.set_trial_system_attr(trial._trial_id, PROPOSED_AT, logs[chosen])
        return children[chosen]

    def _learnt(
        self, study: Study, history: Sequence[FrozenTrial], space: dict[str, BaseDistribution]
    ) -> _State:
        """The controllers after every result of ``history``."""
        state = self._state
        names = [(trial.number, trial.datetime_complete) for trial in history]
        if (
            state is None
            or state.seed != self._seed
            or state.coding.space != space
            or state.names != names[: len(state.names)]
        ):
            state = self._state = self._fresh(space)
        while (seen := len(state.names) + PACE) <= len(history):
            self._reward(state, history[:seen], study)
            state.names = names[:seen]
        return state

    def _fresh(self, space: dict[str, BaseDistribution]) -> _State:
        from search.samplers.controller import Learner

        coding = Coding(space)
        names = list(space)
        named = [[names.index(name) for name in group if name in space] for group in self._groups]
        rest = [i for i in range(len(names)) if not any(i in part for part in named)]
        parts = [part for part in [*named, rest] if part]
        seed = self._stream("controllers")
        learner = Learner(parts, coding.sizes, hidden=self._hidden, lr=self._lr, seed=seed)
        return _State(self._seed, coding, learner)

    def _reward(self, state: _State, history: Sequence[FrozenTrial], study: Study) -> None:
        rewards = merits(history, study)
        for reward in rewards[-PACE:]:
            state.baseline += (1 - self._decay) * (reward - state.baseline)
        latest = history[-self._batch :]
        uniform = -sum(math.log(size) for size in state.coding.sizes)
        state.learner.learn(
            [state.coding.encode(row(trial, state.coding.space)) for trial in latest],
            [reward - state.baseline for reward in rewards[-self._batch :]],
            [trial.system_attrs.get(PROPOSED_AT, uniform) for trial in latest],
            entropy=self._entropy,
            clip=self._clip,
        )


class _State:
    """Controllers, and the results that they have learnt from."""

    def __init__(self, seed: int, coding: Coding, learner: Learner) -> None:
        self.seed, self.coding, self.learner = seed, coding, learner
        self.names: list[tuple[int, Any]] = []
        self.baseline = 0.0


def _checked(
    groups: Sequence[Sequence[str]], space: Mapping[str, BaseDistribution]
) -> list[list[str]]:
    names = [name for group in groups for name in group]
    if len(set(names)) < len(names) or not set(names) <= set(space):
        raise InvalidInput(
            "groups", found=", ".join(names), expected=f"each once, out of {', '.join(space)}"
        )
    return [list(group) for group in groups]
