"""The search itself: an Optuna study driven by ask and tell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from atlas.errors import Conflict, InvalidInput, Unavailable
from composer.spec import FusionSpec
from search.evaluate import FAULTS, Evaluator, Outcome, Watch, derive
from search.pruning import make_pruner, report
from search.samplers import make_sampler
from search.space import TRIVIAL, FusionSpace, architecture, digest

Progress = Callable[[str, float], None]

REPEATS = 30
"""Known proposals in a row before the search goes through the space in order."""

FAILURES = 10
"""Candidates that fail in a row before the search gives up."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    ``trials`` holds one ``{"architecture", "kind", "spec", "value", "epochs"}`` per different
    network, in the order of evaluation; values are validation accuracies, None where training
    failed (then with ``error``); ``pruned`` stands beside the last value of a training that was
    ended before its time. ``trivial`` and ``specs`` have the trivial fusions by name: one per
    slot (the slot's best branch alone), ``best_single``, ``sum_log_prob``, ``late_concat``,
    ``stacking``.
    """

    best: FusionSpec
    value: float
    trials: list[dict[str, Any]]
    trivial: dict[str, float]
    specs: dict[str, FusionSpec]


def search(
    space: FusionSpace,
    evaluator: Evaluator,
    *,
    sampler: str = "evolution",
    trials: int = 20,
    seed: int = 0,
    storage: str | BaseStorage | None = None,
    name: str | None = None,
    progress: Progress | None = None,
    pruner: str = "none",
    batch: int = 1,
) -> SearchResult:
    """Evaluate the trivial fusions and ``trials`` different layered ones; return the best.

    The trivial fusions come first: every branch alone, then the sum of log-probabilities, late
    concatenation and stacking of the best branch of each slot. A network that was evaluated
    before is never trained again, so repeated proposals cost nothing and do not count; a space
    with fewer than ``trials`` networks is searched whole. Equal values go to the earlier, simpler
    network.

    With a ``storage`` (an Optuna storage or its URL) an interrupted search goes on where it
    stopped, and the trial that was cut off is finished first. One process drives a study at a
    time. The study is named after space, data and seed unless ``name`` says otherwise.

    ``pruner`` ends the training of layered networks that lag behind (see ``search.pruning``);
    they teach the sampler nothing and cannot win. ``batch`` proposals are asked for before the
    first of them is answered, and those of one shape are trained in one pass.

    Raises:
        InvalidInput: unknown sampler or pruner, fewer than one trial, batches with a pruner.
        Conflict: the study of that name belongs to another space or other data.
        Unavailable: training fails for ten candidates in a row.
    """
    if trials < 1:
        raise InvalidInput("trials", found=trials, expected="at least 1")
    if batch < 1 or (batch > 1 and pruner != "none"):
        raise InvalidInput("batch", found=batch, expected="at least 1, and 1 with a pruner")
    strategy = make_sampler(sampler, space.distributions, seed=derive(seed, "sampler"))
    with _quiet():
        study = _open(space, evaluator, strategy, storage, name, seed)
        study.pruner = make_pruner(pruner, epochs=evaluator.epochs)
        run = _Run(study, space, evaluator, seed, progress, trials, batch)
        run.trivial_fusions()
        run.layered()
        return run.result()


class _Run:
    def __init__(
        self,
        study: optuna.Study,
        space: FusionSpace,
        evaluator: Evaluator,
        seed: int,
        progress: Progress | None,
        trials: int,
        batch: int,
    ) -> None:
        self.batch = batch
        self.study = study
        self.space = space
        self.evaluator = evaluator
        self.seed = seed
        self.progress = progress
        self.wanted = trials
        self.known: dict[str, dict[str, Any]] = {}
        self.specs: dict[str, FusionSpec] = {}
        self.unseen = space.specs()
        self.failures = 0
        for trial in study.get_trials(deepcopy=False):
            if trial.state.is_finished() and "candidate" in trial.user_attrs:
                candidate = trial.user_attrs["candidate"]
                self.known.setdefault(candidate["architecture"], candidate)

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
        for frozen in self.study.get_trials(states=(TrialState.RUNNING,)):
            self._resume(frozen)
        repeats = 0
        while (left := self.wanted - self._tried()) > 0:
            if repeats >= REPEATS and not self._enqueue_unseen():
                return
            asked = [self._ask() for _ in range(min(self.batch, left))]
            news = sum(architecture(spec) not in self.known for _, spec in asked)
            repeats = 0 if news else repeats + 1
            if news > 1:
                self._train_many([spec for _, spec in asked])
            for trial, spec in asked:
                self._settle(trial, spec)

    def result(self) -> SearchResult:
        """The best of everything tried."""
        tried = list(self.known.values())
        whole = [c for c in tried if c["value"] is not None and "pruned" not in c]
        best = max(whole, key=lambda c: float(c["value"]))
        return SearchResult(
            FusionSpec.from_dict(best["spec"]),
            best["value"],
            tried,
            {name: self._trivial(spec) for name, spec in self.specs.items()},
            self.specs,
        )

    def _tried(self) -> int:
        return sum(candidate["kind"] == "layers" for candidate in self.known.values())

    def _trivial(self, spec: FusionSpec) -> float:
        """Value of a fusion without genes, put into the study as a finished trial."""
        name = architecture(spec)
        if name not in self.known:
            value = self._train(spec)
            if value is None:
                raise Unavailable("search", found=f"{spec.kind} cannot be trained")
            attributes = {"candidate": self.known[name]}
            self.study.add_trial(optuna.create_trial(value=value, user_attrs=attributes))
        return float(self.known[name]["value"])

    def _resume(self, frozen: FrozenTrial) -> None:
        """Finish a trial that was cut off; one cut off while it was drawn is dropped."""
        if frozen.params.keys() < self.space.distributions.keys():
            self.study.tell(frozen.number, state=TrialState.FAIL)
            return
        trial = optuna.Trial(self.study, frozen._trial_id)
        self._settle(trial, self.space.decode(frozen.params))

    def _ask(self) -> tuple[optuna.Trial, FusionSpec]:
        trial = self.study.ask(self.space.distributions)
        return trial, self.space.decode(trial.params)

    def _settle(self, trial: optuna.Trial, spec: FusionSpec) -> None:
        """Tell the study what a proposal is worth, after training it unless it is known."""
        name = architecture(spec)
        if name not in self.known:
            self._train(spec, trial)
        candidate = self.known[name]
        trial.set_user_attr("candidate", candidate)
        if candidate["value"] is None:
            self.study.tell(trial, state=TrialState.FAIL)
        elif "pruned" in candidate:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            self.study.tell(trial, candidate["value"])

    def _train(self, spec: FusionSpec, trial: optuna.Trial | None = None) -> float | None:
        seen: list[float] = []
        outcome: Outcome
        try:
            outcome = self.evaluator.train(
                spec, seed=self._seed(spec), watch=_watch(trial, seen) if trial else None
            )
        except optuna.TrialPruned:
            return self._keep(spec, max(seen), {"epochs": len(seen), "pruned": True})
        except FAULTS as error:
            outcome = error
        return self._learn(spec, outcome)

    def _train_many(self, specs: list[FusionSpec]) -> None:
        """Train the networks among these that are new, each once, together."""
        new = {architecture(s): s for s in specs if architecture(s) not in self.known}
        seeds = [self._seed(spec) for spec in new.values()]
        outcomes = self.evaluator.train_many(list(new.values()), seeds=seeds)
        for spec, outcome in zip(new.values(), outcomes, strict=True):
            self._learn(spec, outcome)

    def _seed(self, spec: FusionSpec) -> int:
        return derive(self.seed, "head", architecture(spec))

    def _learn(self, spec: FusionSpec, outcome: Outcome) -> float | None:
        if not isinstance(outcome, BaseException):
            self.failures = 0
            return self._keep(spec, outcome.validation, {"epochs": outcome.epochs})
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
        name, plain = architecture(spec), json.loads(json.dumps(spec.to_dict()))
        candidate = {"architecture": name, "kind": spec.kind, "spec": plain}
        self.known[name] = {**candidate, "value": value, **more}
        self._report()
        return value

    def _report(self) -> None:
        if self.progress is not None:
            values = [c["value"] for c in self.known.values() if c["value"] is not None]
            tried = self._tried()
            best = f", best {max(values):.3f}" if values else ""
            self.progress(f"candidate {tried} of {self.wanted}{best}", tried / self.wanted)

    def _enqueue_unseen(self) -> bool:
        """Queue the next network of the space that was never tried; false if there is none."""
        spec = next((spec for spec in self.unseen if architecture(spec) not in self.known), None)
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


def _open(
    space: FusionSpace,
    evaluator: Evaluator,
    sampler: optuna.samplers.BaseSampler,
    storage: str | BaseStorage | None,
    name: str | None,
    seed: int,
) -> optuna.Study:
    identity = digest([space.fingerprint(), evaluator.fingerprint, seed])
    study = optuna.create_study(
        study_name=name or f"fusion-{identity[:16]}",
        storage=storage,
        sampler=sampler,
        direction="maximize",
        load_if_exists=True,
    )
    found = study.user_attrs.get("identity")
    if found is None and not study.get_trials(deepcopy=False):
        study.set_user_attr("identity", identity)
    elif found != identity:
        raise Conflict(
            "study",
            found=f"{study.study_name} of another space, data set or seed",
            expected="a study of this one",
            hint="choose another name or storage",
        )
    return study


@contextmanager
def _quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
