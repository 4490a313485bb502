"""The search itself: an Optuna study driven by ask and tell, by one process or by several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import optuna
from optuna.storages import BaseStorage
from optuna.study import StudyDirection

from atlas.errors import Conflict, InvalidInput
from atlas.progress import Progress
from search.book import Book
from search.evaluate import Evaluator, derive
from search.objectives import check_costs
from search.pruning import find_pruner, make_pruner
from search.relaxed import RELAXATION, RelaxedSampler
from search.run import Run, SearchResult
from search.samplers import SAMPLERS, make_sampler
from search.space import FusionSpace, digest
from search.workers import Worker

METHODS = tuple(sorted((*SAMPLERS, RELAXATION)))
"""Names of all ways to search."""


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
    alone: bool = False,
    minimize: Sequence[str] = (),
) -> SearchResult:
    """Evaluate the trivial fusions and ``trials`` different layered ones; return the best.

    The trivial fusions come first: every branch alone, then the sum of log-probabilities, late
    concatenation and stacking of the best branch of each slot. A network that was evaluated
    before is never trained again, so repeated proposals cost nothing and do not count; a space
    with fewer than ``trials`` networks is searched whole. Equal values go to the earlier, simpler
    network.

    With a ``storage`` (an Optuna storage or its URL) an interrupted search goes on where it
    stopped, and the trial that was cut off is finished first; so does one with more ``trials``. Of
    a study with more networks than that the first ones count, so the same call has the same answer.
    Several processes may search in one study at the same time; each takes over what another leaves
    undone when it ends. Each stops when there are enough networks, so that together they may try a
    few more than ``trials``. The study is named after space, data and seed unless ``name`` says
    otherwise.

    ``sampler`` is one of :data:`METHODS`. ``pruner`` ends the training of layered networks that lag
    behind (see ``search.pruning``); they teach the sampler nothing and cannot win. ``batch``
    proposals are asked for before the first of them is answered, and those of one shape are trained
    in one pass. ``alone`` says that no other process can be at the study, on no machine, so that
    whatever is under way there was cut off; without it, what a process on another machine was at
    is left to it.

    ``minimize`` names costs that are kept small while accuracy is maximised (see
    ``search.objectives``). The result then has a ``front``; ``evolution`` is NSGA-II there.

    Raises:
        InvalidInput: unknown sampler, pruner or cost, fewer than one trial, batches with a pruner,
            costs with a pruner or the relaxation.
        Conflict: the study of that name belongs to another space, other data or other objectives.
        Unavailable: training fails for ten candidates in a row.
    """
    check_search(sampler, trials=trials, pruner=pruner, batch=batch, minimize=minimize)
    costs = check_costs(minimize)
    own = derive(seed, "sampler")
    strategy = (
        RelaxedSampler(space, evaluator, seed=own)
        if sampler == RELAXATION
        else make_sampler(sampler, space.distributions, seed=own)
    )
    worker = Worker()
    try:
        with _quiet():
            study = _open(space, evaluator, strategy, storage, name, seed, costs)
            study.pruner = make_pruner(pruner, epochs=evaluator.epochs)
            book = Book(study, worker, costs, alone=alone)
            run = Run(book, space, evaluator, seed, progress, trials, batch)
            run.trivial_fusions()
            run.layered()
            return run.result()
    finally:
        worker.close()


def check_search(
    sampler: str,
    *,
    trials: int = 1,
    pruner: str = "none",
    batch: int = 1,
    minimize: Sequence[str] = (),
) -> None:
    """Refuse a search that is asked for wrongly.

    Raises:
        InvalidInput: as :func:`search` says.
    """
    if sampler not in METHODS:
        raise InvalidInput("sampler", found=repr(sampler), expected=f"one of {', '.join(METHODS)}")
    find_pruner(pruner)
    if trials < 1:
        raise InvalidInput("trials", found=trials, expected="at least 1")
    if batch < 1:
        raise InvalidInput("batch", found=batch, expected="at least 1")
    if batch > 1 and pruner != "none":
        raise InvalidInput(
            "batch",
            found=f"{batch} with the pruner {pruner}",
            expected="1 with a pruner",
            hint="networks that are trained in one pass cannot be ended one by one",
        )
    if check_costs(minimize) and (pruner != "none" or sampler == RELAXATION):
        raise InvalidInput(
            "minimize",
            found=f"{', '.join(minimize)} with {RELAXATION if pruner == 'none' else pruner}",
            expected=f"no pruner, and a sampler other than {RELAXATION}",
            hint="both know accuracy only",
        )


def _open(
    space: FusionSpace,
    evaluator: Evaluator,
    sampler: optuna.samplers.BaseSampler,
    storage: str | BaseStorage | None,
    name: str | None,
    seed: int,
    costs: Sequence[str],
) -> optuna.Study:
    basis = [space.fingerprint(), evaluator.fingerprint, seed]
    identity = digest([*basis, costs] if costs else basis)
    towards = [StudyDirection.MAXIMIZE, *(StudyDirection.MINIMIZE for _ in costs)]
    study = optuna.create_study(
        study_name=name or f"fusion-{identity[:16]}",
        storage=storage,
        sampler=sampler,
        directions=towards,
        load_if_exists=True,
    )
    fresh = not study.get_trials(deepcopy=False)  # before the attribute, which is older than trials
    found = study.user_attrs.get("identity")
    if found is None and fresh:
        study.set_user_attr("identity", identity)
    elif found != identity:
        raise Conflict(
            "study",
            found=f"{study.study_name} of another space, data set, seed or other objectives",
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
