"""Neural architecture optimisation as an Optuna sampler: gradient steps in a learnt space.

Source of the method: Luo, Tian, Qin, Chen and Liu, "Neural architecture optimization",
NeurIPS 2018; that the decoder also learns from individuals nobody has tried is from Luo et al.,
"Semi-supervised neural architecture search", NeurIPS 2020.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from atlas.errors import InvalidInput
from search.samplers.base import above_zero, at_least_one, merits, row
from search.samplers.genes import Coding
from search.samplers.learned import Idea, LearnedSampler, lessons

if TYPE_CHECKING:
    from search.samplers.autoencoder import Optimiser


class NaoSampler(LearnedSampler["Optimiser"]):
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
        at_least_one(elite=elite, steps=steps, hidden=hidden, lessons=lessons)
        above_zero(step=step, lr=lr)
        if not 0 < balance < 1:
            raise InvalidInput("balance", found=balance, expected="a share in (0, 1)")
        self._elite, self._step, self._steps = elite, step, steps
        self._hidden, self._lr, self._balance, self._training = hidden, lr, balance, lessons

    def _lessons(self, results: int) -> list[int]:
        return lessons(results, self._startup)

    def _taught(
        self, model: Optimiser | None, coding: Coding, history: Sequence[FrozenTrial], study: Study
    ) -> Optimiser:
        from search.samplers.autoencoder import Optimiser

        steps = max(1, self._training // 3) if model else self._training
        model = model or Optimiser(
            coding.sizes,
            hidden=self._hidden,
            lr=self._lr,
            balance=self._balance,
            seed=self._stream("autoencoder"),
        )
        individuals = [coding.encode(row(trial, coding.space)) for trial in history]
        model.learn(individuals, merits(history, study), steps=steps)
        return model

    def _ideas(
        self,
        model: Optimiser,
        coding: Coding,
        history: Sequence[FrozenTrial],
        study: Study,
        rng: Random,
    ) -> Iterator[Idea]:
        ranks = merits(history, study)
        best = sorted(range(len(history)), key=lambda i: -ranks[i])[: self._elite]
        start = coding.encode(row(history[rng.choice(best)], coding.space))
        for longer in (1, 2, 4):
            path = model.climb(start, step=self._step * longer, steps=self._steps)
            yield from ((tokens, {}) for tokens in path)
        neighbours = [
            (*start[:gene], token, *start[gene + 1 :])
            for gene, size in enumerate(coding.sizes)
            for token in range(size)
        ]
        yield from ((tokens, {}) for tokens in model.ranked(neighbours))
