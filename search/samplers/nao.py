"""Neural architecture optimisation as an Optuna sampler: gradient steps in a learnt space.

Source of the method: Luo, Tian, Qin, Chen and Liu, "Neural architecture optimization",
NeurIPS 2018; that the decoder also learns from individuals nobody has tried is from Luo et al.,
"Semi-supervised neural architecture search", NeurIPS 2020.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from atlas.errors import InvalidInput
from search.samplers.base import LearnedSampler, lessons, merits, proposed, row
from search.samplers.genes import Coding, draw

if TYPE_CHECKING:
    from search.samplers.autoencoder import Optimiser


class NaoSampler(LearnedSampler):
    """Move the best individuals uphill in the space of an autoencoder and decode them.

    Encoder, predictor and decoder learn from all results each time there are three tenths more
    of them.
    Each proposal starts from one of the best ``elite`` individuals, follows the predictor's
    gradient and takes the first individual that decodes and that the study lacks. Where nothing
    new decodes the steps get longer; then every change of one gene is judged by the predictor;
    then an individual is drawn at random.

    Args:
        search_space: distribution of each gene.
        seed: same seed, same study, same proposals; None for a random one.
        startup: number of completed trials before the first gradient step.
        elite: number of individuals that a walk can start from.
        step: length of a step; the vectors that encode a gene have length 1.
        steps: number of steps; what each leads to is decoded.
        hidden: length of the vectors.
        lr: AdamW's learning rate.
        balance: share of the predictor's loss in training, in (0, 1).
        lessons: training steps at the first lesson; at later ones a third of it.

    Raises:
        InvalidInput: an option is out of its range.
    """

    def __init__(
        self,
        search_space: Mapping[str, BaseDistribution],
        *,
        seed: int | None = None,
        startup: int = 20,
        elite: int = 10,
        step: float = 0.5,
        steps: int = 5,
        hidden: int = 32,
        lr: float = 0.01,
        balance: float = 0.5,
        lessons: int = 100,
    ) -> None:
        super().__init__(search_space, seed=seed, startup=startup)
        counts = {"elite": elite, "steps": steps, "hidden": hidden, "lessons": lessons}
        for name, value in counts.items():
            if value < 1:
                raise InvalidInput(name, found=value, expected="at least 1")
        for name, size in (("step", step), ("lr", lr)):
            if not size > 0:
                raise InvalidInput(name, found=size, expected="a number above 0")
        if not 0 < balance < 1:
            raise InvalidInput("balance", found=balance, expected="a share in (0, 1)")
        self._elite, self._step, self._steps = elite, step, steps
        self._hidden, self._lr, self._balance, self._lessons = hidden, lr, balance, lessons
        self._state: _State | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the networks, which are trained again from the study."""
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
        known = proposed(study, space)
        ranks = merits(history, study)
        best = sorted(range(len(history)), key=lambda i: -ranks[i])[: self._elite]
        elite = [state.coding.encode(row(history[i], space)) for i in best]
        for tokens in self._candidates(state, rng.choice(elite)):
            child = state.coding.decode(tokens, rng)
            if tuple(child.values()) not in known:
                return child
        return {name: draw(distribution, rng) for name, distribution in space.items()}

    def _candidates(self, state: _State, start: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        for longer in (1, 2, 4):
            yield from state.optimiser.climb(start, step=self._step * longer, steps=self._steps)
        neighbours = [
            (*start[:gene], token, *start[gene + 1 :])
            for gene, size in enumerate(state.coding.sizes)
            for token in range(size)
        ]
        yield from state.optimiser.ranked(neighbours)

    def _learnt(
        self, study: Study, history: Sequence[FrozenTrial], space: dict[str, BaseDistribution]
    ) -> _State:
        """The networks after every lesson that ``history`` is long enough for."""
        names = [(trial.number, trial.datetime_complete) for trial in history]
        state = self._state
        if (
            state is None
            or state.seed != self._seed
            or state.coding.space != space
            or state.names != names[: len(state.names)]
        ):
            state = self._state = self._fresh(space)
        for size in lessons(len(history), self._startup):
            if size <= len(state.names):
                continue
            individuals = [state.coding.encode(row(trial, space)) for trial in history[:size]]
            steps = self._lessons if not state.names else max(1, self._lessons // 3)
            state.optimiser.learn(individuals, merits(history[:size], study), steps=steps)
            state.names = names[:size]
        return state

    def _fresh(self, space: dict[str, BaseDistribution]) -> _State:
        from search.samplers.autoencoder import Optimiser

        coding = Coding(space)
        optimiser = Optimiser(
            coding.sizes,
            hidden=self._hidden,
            lr=self._lr,
            balance=self._balance,
            seed=self._stream("autoencoder"),
        )
        return _State(self._seed, coding, optimiser)


class _State:
    """Networks, and the results that they have learnt from."""

    def __init__(self, seed: int, coding: Coding, optimiser: Optimiser) -> None:
        self.seed, self.coding, self.optimiser = seed, coding, optimiser
        self.names: list[tuple[int, Any]] = []
