"""Progressive search as an Optuna sampler: a surrogate guides a beam from short to long prefixes.

Sources of the method: Liu et al., "Progressive neural architecture search", ECCV 2018;
Pérez-Rúa et al., "MFAS: multimodal fusion architecture search", CVPR 2019; Perez-Rua, Baccouche
and Pateux, "Efficient progressive neural architecture search", BMVC 2018.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from atlas.errors import InvalidInput
from search.samplers.base import LearnedSampler, lessons, merits, proposed, row
from search.samplers.genes import Coding, draw

if TYPE_CHECKING:
    from search.samplers.surrogate import Surrogate


class ProgressiveSampler(LearnedSampler):
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
        for name, value in (("beam", beam), ("lessons", lessons)):
            if value < 1:
                raise InvalidInput(name, found=value, expected="at least 1")
        if not 0 < coolest <= hottest:
            raise InvalidInput(
                "coolest", found=coolest, expected=f"above 0, at most hottest ({hottest})"
            )
        self._beam, self._hottest, self._coolest = beam, hottest, coolest
        self._cooled, self._lessons = max(cooled, startup + 1), lessons
        self._model: tuple[object, Surrogate] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the surrogate, which is trained again from the study."""
        return {**super().__getstate__(), "_model": None}

    def _proposed(
        self,
        study: Study,
        trial: FrozenTrial,
        history: Sequence[FrozenTrial],
        space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        from search.samplers.surrogate import MEMBERS, grown

        rng = self._rng(trial)
        coding = Coding(space)
        model = self._fitted(study, history, coding)
        beam = grown(
            model,
            coding.sizes,
            beam=self._beam,
            temperature=self._temperature(len(history)),
            member=rng.randrange(MEMBERS),
            seed=rng.getrandbits(63),
        )
        known = proposed(study, space)
        for tokens in beam:
            child = coding.decode(tokens, rng)
            if tuple(child.values()) not in known:
                return child
        return {name: draw(distribution, rng) for name, distribution in space.items()}

    def _temperature(self, results: int) -> float:
        passed = min((results - self._startup) / (self._cooled - self._startup), 1.0)
        return float(self._hottest * (self._coolest / self._hottest) ** passed)

    def _fitted(self, study: Study, history: Sequence[FrozenTrial], coding: Coding) -> Surrogate:
        """The surrogate of the latest milestone, trained if it is not at hand."""
        from search.samplers.surrogate import fitted

        lesson = history[: lessons(len(history), self._startup)[-1]]
        key = (self._seed, coding.space, [(t.number, t.datetime_complete) for t in lesson])
        if self._model is None or self._model[0] != key:
            individuals = [coding.encode(row(trial, coding.space)) for trial in lesson]
            seed = self._stream(f"surrogate/{len(lesson)}")
            goals = merits(lesson, study)
            model = fitted(coding.sizes, individuals, goals, steps=self._lessons, seed=seed)
            self._model = key, model
        return self._model[1]
