"""The differentiable relaxation as an Optuna sampler, so that a search can take it by name."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from composer.spec import FusionSpec
from search.book import CANDIDATE, GAP
from search.evaluate import Evaluator, derive
from search.samplers.genes import Gene, draw
from search.space import FusionSpace, architecture

if TYPE_CHECKING:
    from search.differentiable import Relaxed

RELAXATION = "relaxation"
"""Name of the method."""

DRAWS = 32
"""Individuals drawn from the shares; the first that the study lacks is proposed."""


class RelaxedSampler(BaseSampler):
    """The strongest choices of a relaxation for each depth, then draws from its shares.

    It knows the features, not the study's results, but for which branch of each slot is best on
    its own: those are the ones that are fused. Results may come in any order, therefore, and
    another process or a later one proposes the same for the same trial.

    Args:
        space: of the networks.
        evaluator: whose features are relaxed over.
        seed: same seed, same proposals.
    """

    def __init__(self, space: FusionSpace, evaluator: Evaluator, *, seed: int) -> None:
        self._space, self._evaluator, self._seed = space, evaluator, seed
        self._relaxed: dict[tuple[int, tuple[str, ...]], Relaxed] = {}

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The space of the networks."""
        return self._space.distributions

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The strongest choices, or else a draw, that the study lacks."""
        trials = study.get_trials(deepcopy=False)
        known = {
            architecture(self._space.decode(other.params))
            for other in trials
            if other.state != TrialState.FAIL and search_space.keys() <= other.params.keys()
        }
        relaxed = self._relax(1 + trial.number % self._space.max_depth, self._best(trials))
        if architecture(relaxed.spec) not in known:
            study._storage.set_trial_user_attr(trial._trial_id, GAP, relaxed.gap)
            return self._space.encode(relaxed.spec)
        rng = random.Random(f"{self._seed}/{trial.number}")
        drawn = [self._drawn(relaxed, rng) for _ in range(DRAWS)]
        new = (spec for spec in drawn if architecture(spec) not in known)
        return self._space.encode(next(new, drawn[0]))

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Gene:
        """A uniform draw."""
        return draw(param_distribution, random.Random(f"{self._seed}/{trial.number}/{param_name}"))

    def _best(self, trials: list[FrozenTrial]) -> tuple[str, ...]:
        """The best branch of each slot; its first one where none was measured."""
        found = [trial.user_attrs[CANDIDATE] for trial in trials if CANDIDATE in trial.user_attrs]
        worth = {
            (one["spec"]["slots"][0], one["spec"]["checkpoints"][0]): one["value"]
            for one in found
            if one["kind"] == "single"
        }
        return tuple(
            max(
                (checkpoint for checkpoint, _ in options.candidates),
                key=lambda checkpoint: worth.get((options.slot, checkpoint), -1.0),
            )
            for options in self._space.slots
        )

    def _relax(self, depth: int, checkpoints: tuple[str, ...]) -> Relaxed:
        """The relaxation of that depth over these branches, learnt once."""
        if (depth, checkpoints) not in self._relaxed:
            seed = derive(self._seed, "relaxation", str(depth))
            found = self._evaluator.relax(self._space, checkpoints, depth=depth, seed=seed)
            self._relaxed[depth, checkpoints] = found
        return self._relaxed[depth, checkpoints]

    def _drawn(self, relaxed: Relaxed, rng: random.Random) -> FusionSpec:
        chosen = {
            decision: rng.choices([*shares], [*shares.values()])[0]
            for decision, shares in relaxed.choices.items()
        }
        spec = relaxed.network(chosen)
        return replace(
            spec, width=rng.choice(self._space.widths), tree=rng.choice(self._space.trees)
        )
