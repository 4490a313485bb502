"""Progressive search as an Optuna sampler: a surrogate guides a beam from short to long prefixes.

Sources of the method: Liu et al., "Progressive neural architecture search", ECCV 2018;
Pérez-Rúa et al., "MFAS: multimodal fusion architecture search", CVPR 2019; Perez-Rua, Baccouche
and Pateux, "Efficient progressive neural architecture search", BMVC 2018.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from atlas.errors import InvalidInput
from search.samplers.base import at_least_one, merits, row
from search.samplers.genes import Coding
from search.samplers.learned import Idea, LearnedSampler, lessons

if TYPE_CHECKING:
    from search.samplers.surrogate import Surrogate


class ProgressiveSampler(LearnedSampler["Surrogate"]):
    """Grow individuals gene by gene, keeping the prefixes that a surrogate finds promising.

    The surrogate guesses the merit (rank among all results, as a normal score) of whole
    individuals and of prefixes. It is trained anew, on all results, each time there are three
    tenths more of them. Each proposal grows a beam of its own, judged by one member of the
    surrogate's ensemble; the temperature falls with the number of results, so that the first
    proposals explore and the last ones exploit. Where the whole beam is known to the study
    already, a random individual is proposed.

    Args:
        search_space: distribution of each gene.
        seed: same seed, same study, same proposals; None for a random one.
        startup: number of completed trials before the first guess.
        beam: number of prefixes that are kept at each gene.
        hottest: temperature at the first guess.
        coolest: temperature from result ``cooled`` on; in between it falls geometrically.
        cooled: see above.
        lessons: training steps each time that the surrogate is trained.

    Raises:
        InvalidInput: an option is out of its range.
    """

    def __init__(
        self,
        search_space: Mapping[str, BaseDistribution],
        *,
        seed: int | None = None,
        startup: int = 20,
        beam: int = 32,
        hottest: float = 0.5,
        coolest: float = 0.05,
        cooled: int = 100,
        lessons: int = 100,
    ) -> None:
        super().__init__(search_space, seed=seed, startup=startup)
        at_least_one(beam=beam, lessons=lessons)
        if not 0 < coolest <= hottest:
            raise InvalidInput(
                "coolest", found=coolest, expected=f"above 0, at most hottest ({hottest})"
            )
        self._beam, self._hottest, self._coolest = beam, hottest, coolest
        self._cooled, self._training = max(cooled, startup + 1), lessons

    def _lessons(self, results: int) -> list[int]:
        return lessons(results, self._startup)[-1:]

    def _taught(
        self, model: Surrogate | None, coding: Coding, history: Sequence[FrozenTrial], study: Study
    ) -> Surrogate:
        from search.samplers.surrogate import fitted

        individuals = [coding.encode(row(trial, coding.space)) for trial in history]
        seed, goals = self._stream(f"surrogate/{len(history)}"), merits(history, study)
        return fitted(coding.sizes, individuals, goals, steps=self._training, seed=seed)

    def _ideas(
        self,
        model: Surrogate,
        coding: Coding,
        history: Sequence[FrozenTrial],
        study: Study,
        rng: Random,
    ) -> list[Idea]:
        from search.samplers.surrogate import MEMBERS, grown

        beam = grown(
            model,
            coding.sizes,
            beam=self._beam,
            temperature=self._temperature(len(history)),
            member=rng.randrange(MEMBERS),
            seed=rng.getrandbits(63),
        )
        return [(tokens, {}) for tokens in beam]

    def _temperature(self, results: int) -> float:
        passed = min((results - self._startup) / (self._cooled - self._startup), 1.0)
        return float(self._hottest * (self._coolest / self._hottest) ** passed)
