"""One process's part in a search: ask, train, tell."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import TrialState

from atlas.errors import Unavailable
from atlas.progress import Progress
from composer.spec import FusionSpec
from search.book import Book
from search.evaluate import FAULTS, Evaluator, Outcome, Watch, derive
from search.objectives import choice, front
from search.pruning import report
from search.space import TRIVIAL, FusionSpace, architecture

Asked = tuple[optuna.Trial, FusionSpec]

REPEATS = 30
"""Known proposals in a row before the search goes through the space in order."""

FAILURES = 10
"""Candidates that fail in a row before the search gives up."""

PAUSE_S = 0.1
"""Mean time until the next look whether another process has trained what is waited for."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    ``trials`` holds one ``{"architecture", "kind", "spec", "value", "epochs"}`` per different
    network, in the order of evaluation; values are validation accuracies, None where training
    failed (then with ``error``); ``pruned`` stands beside the last value of a training that was
    ended before its time, and ``gap`` where the relaxation proposed its strongest choices (what
    cutting it down to them lost). ``trivial`` and ``specs`` have the trivial fusions by name: one
    per slot (the slot's best branch alone), ``best_single``, ``sum_log_prob``, ``late_concat``,
    ``stacking``.

    Where costs were minimised they stand in ``trials`` by name, ``front`` holds the trials that no
    other one beats, the most accurate first, and ``best`` is the one that
    ``search.objectives.choice`` takes of them; else ``front`` is empty.
    """

    best: FusionSpec
    value: float
    trials: list[dict[str, Any]]
    trivial: dict[str, float]
    specs: dict[str, FusionSpec]
    front: list[dict[str, Any]] = field(default_factory=list)


class Run:
    """Trivial fusions, then layered ones, until enough of them are known."""

    def __init__(
        self,
        book: Book,
        space: FusionSpace,
        evaluator: Evaluator,
        seed: int,
        progress: Progress | None,
        trials: int,
        batch: int,
    ) -> None:
        self.book, self.study, self.known, self.costs = book, book.study, book.known, book.costs
        self.space = space
        self.evaluator = evaluator
        self.seed = seed
        self.progress = progress
        self.wanted = trials
        self.batch = batch
        self.specs: dict[str, FusionSpec] = {}
        self.unseen = space.specs()
        self.failures = 0

    def trivial_fusions(self) -> None:
        """Branches alone, then the fusions of each slot's best branch."""
        best: dict[str, FusionSpec] = {}
        for options in self.space.slots:
            alone = [
                FusionSpec((options.slot,), (checkpoint,), "single")
                for checkpoint, _ in options.candidates
            ]
            best[options.slot] = max(alone, key=self._trivial)
        self.specs = dict(best)
        self.specs["best_single"] = max(best.values(), key=self._trivial)
        checkpoints = tuple(best[slot].checkpoints[0] for slot in self.space.names)
        for kind in TRIVIAL:
            self.specs[kind] = FusionSpec(self.space.names, checkpoints, kind)
            self._trivial(self.specs[kind])

    def layered(self) -> None:
        """Ask, train, tell, until enough different networks were tried or none is left."""
        self._finish()
        repeats = 0
        while (left := self.wanted - self._tried()) > 0:
            if repeats >= REPEATS and not self._enqueue_unseen():
                break
            asked = [self._ask() for _ in range(min(self.batch, left))]
            repeats = 0 if self._settle(asked) else repeats + 1
        self._finish()

    def result(self) -> SearchResult:
        """The best of what so many trials have seen, even if the study has more by now."""
        layered = [one for one in self.known.values() if one["kind"] == "layers"]
        later = {one["architecture"] for one in layered[self.wanted :]}
        tried = [one for one in self.known.values() if one["architecture"] not in later]
        found = front(tried, self.costs)
        best = choice(found, self.costs, self.evaluator.samples) if self.costs else found[0]
        return SearchResult(
            FusionSpec.from_dict(best["spec"]),
            best["value"],
            tried,
            {name: self._trivial(spec) for name, spec in self.specs.items()},
            self.specs,
            found if self.costs else [],
        )

    def _tried(self) -> int:
        """How many layered networks are known, to us or to others."""
        self.book.read()
        return sum(candidate["kind"] == "layers" for candidate in self.known.values())

    def _trivial(self, spec: FusionSpec) -> float:
        """Value of a fusion without genes, which stands in the study as a trial."""
        network = architecture(spec)
        while network not in self.known:
            number = self.book.begin(network)
            if number is None:
                time.sleep(random.uniform(0, 2 * PAUSE_S))
            elif network not in self.known and self._train(spec) is None:
                raise Unavailable("search", found=f"{spec.kind} cannot be trained")
            else:
                self.book.settle(number, network)
        return float(self.known[network]["value"])

    def _finish(self) -> None:
        """Finish the trials that were cut off; those cut off while they were drawn are dropped."""
        asked = []
        for frozen in self.book.left():
            if frozen.params.keys() < self.space.distributions.keys():
                self.study.tell(frozen.number, state=TrialState.FAIL)
            else:
                trial = optuna.Trial(self.study, frozen._trial_id)
                asked.append((trial, self.space.decode(frozen.params)))
        self._settle(asked)

    def _ask(self) -> Asked:
        trial = self.study.ask(self.space.distributions)
        return trial, self.space.decode(trial.params)

    def _settle(self, asked: Sequence[Asked]) -> int:
        """Tell the study what proposals are worth, after training those that nobody has or is at.

        Returns how many were trained.
        """
        ours = []
        for trial, spec in asked:
            if self.book.claim(trial._trial_id, architecture(spec)):
                ours.append((trial, spec))
            else:
                self.study.tell(trial, state=TrialState.FAIL)
        specs = {architecture(spec): spec for _, spec in ours}
        new = [spec for network, spec in specs.items() if network not in self.known]
        if self.batch > 1 and len(new) > 1:
            self._train_many(new)
        for trial, spec in ours:
            if architecture(spec) not in self.known:
                self._train(spec, trial)
            self.book.settle(trial.number, architecture(spec))
        return len(new)

    def _train(self, spec: FusionSpec, trial: optuna.Trial | None = None) -> float | None:
        seen: list[float] = []
        watch = _watch(trial, seen) if trial and not self.costs else None  # nor has Optuna one
        outcome: Outcome
        try:
            outcome = self.evaluator.train(spec, seed=self._seed(spec), watch=watch)
        except optuna.TrialPruned:
            return self._keep(spec, max(seen), {"epochs": len(seen), "pruned": True})
        except FAULTS as error:
            outcome = error
        return self._learn(spec, outcome)

    def _train_many(self, specs: Sequence[FusionSpec]) -> None:
        """Train different networks together."""
        seeds = [self._seed(spec) for spec in specs]
        outcomes = self.evaluator.train_many(specs, seeds=seeds)
        for spec, outcome in zip(specs, outcomes, strict=True):
            self._learn(spec, outcome)

    def _seed(self, spec: FusionSpec) -> int:
        return derive(self.seed, "head", architecture(spec))

    def _learn(self, spec: FusionSpec, outcome: Outcome) -> float | None:
        if not isinstance(outcome, BaseException):
            self.failures = 0
            costs = self.evaluator.costs(outcome, self.costs)
            return self._keep(spec, outcome.validation, {"epochs": outcome.epochs, **costs})
        self.failures += 1
        if self.failures >= FAILURES:
            raise Unavailable(
                "search",
                found=f"{self.failures} candidates in a row failed",
                hint=str(outcome),
            ) from outcome
        error = f"{type(outcome).__name__}: {outcome}"[:500]
        return self._keep(spec, None, {"error": error})

    def _keep(self, spec: FusionSpec, value: float | None, more: dict[str, Any]) -> float | None:
        network, plain = architecture(spec), json.loads(json.dumps(spec.to_dict()))
        candidate = {"architecture": network, "kind": spec.kind, "spec": plain}
        self.known[network] = {**candidate, "value": value, **more}
        self._report()
        return value

    def _report(self) -> None:
        if self.progress is not None:
            values = [c["value"] for c in self.known.values() if c["value"] is not None]
            tried = sum(c["kind"] == "layers" for c in self.known.values())
            best = f", best {max(values):.3f}" if values else ""
            self.progress(f"candidate {tried} of {self.wanted}{best}", tried / self.wanted)

    def _enqueue_unseen(self) -> bool:
        """Queue the next network of the space that was never tried; false if there is none."""
        taken = self.known.keys() | self.book.taken()
        spec = next((spec for spec in self.unseen if architecture(spec) not in taken), None)
        if spec is None:
            return False
        self.study.enqueue_trial(self.space.encode(spec))
        return True


def _watch(trial: optuna.Trial, seen: list[float]) -> Watch:
    """Report the best accuracy so far, as that is what counts at the end."""

    def watch(epoch: int, value: float) -> None:
        seen.append(value)
        report(trial, max(seen), epoch)

    return watch
