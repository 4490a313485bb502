"""Networks planned and built, and the jobs that do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack

from neuroweave.calls.decoding import Inputs, inputs, post
from neuroweave.calls.dialogue import (
    Answer,
    Ask,
    Dialogue,
    JobFailedError,
    Watch,
    address,
    given,
    one,
    table,
)

if TYPE_CHECKING:
    import pandas as pd

Progress: TypeAlias = Callable[[str, float], None]


def plan(
    *,
    dataset: str | None = None,
    max_parameters: int | None = None,
    max_memory_mb: float | None = None,
    max_latency_ms: float | None = None,
    **what: Unpack[Inputs],
) -> Dialogue[Answer]:
    """Plan the network of an activation, without training; takes what ``activate`` takes.

    Models that ``dataset`` cannot feed, or that cost more than the limits, are left out.
    """
    limits = given(
        max_parameters=max_parameters, max_memory_mb=max_memory_mb, max_latency_ms=max_latency_ms
    )
    return Answer((yield post("/plans", {**inputs(**what), **given(dataset=dataset), **limits})))


def build(
    *,
    dataset: str | None = None,
    trials: int | None = None,
    sampler: str | None = None,
    pruner: str | None = None,
    batch: int | None = None,
    seed: int | None = None,
    minimize: str | Sequence[str] | None = None,
    pick: int | None = None,
    sizes: Sequence[float] | None = None,
    optimizers: Sequence[str] | None = None,
    fresh: bool | None = None,
    max_parameters: int | None = None,
    max_memory_mb: float | None = None,
    max_latency_ms: float | None = None,
    wait: bool = True,
    progress: Progress | None = None,
    idempotency_key: str | None = None,
    **what: Unpack[Inputs],
) -> Dialogue[Answer]:
    """Build a network from an activation; takes what ``activate`` takes, and how to search.

    With ``wait`` it comes back with the result, and ``progress`` is called with a message and the
    fraction done; otherwise with the job, which goes on by itself. Submitting again under the same
    ``idempotency_key`` gives the same job.

    With ``minimize`` ("parameters", "latency_ms") the result has a ``front``: the networks that no
    other one beats, the most accurate first. ``pick`` keeps another one of them, counted from 1.

    ``sizes`` (multiples of a model's width) and ``optimizers`` ("adamw", "sgd") are those in which
    networks are trained; the search chooses between them.

    Raises:
        JobFailedError: the job that was waited for failed or was cancelled.
    """
    options = {"kind": "build", **inputs(**what)}
    options |= given(dataset=dataset, trials=trials, seed=seed, fresh=fresh)
    options |= given(sampler=sampler, pruner=pruner, batch=batch, pick=pick)
    several = given(minimize=minimize, sizes=sizes, optimizers=optimizers)
    options |= {key: [v] if isinstance(v, str) else list(v) for key, v in several.items()}
    options |= given(
        max_parameters=max_parameters, max_memory_mb=max_memory_mb, max_latency_ms=max_latency_ms
    )
    headers = given(**{"Idempotency-Key": idempotency_key})
    submitted = Answer((yield post("/jobs", options, headers)))
    return (yield from _finished(submitted, progress)) if wait else submitted


def compute_claims(
    atlas: str,
    data: str,
    *,
    spaces: str | None = None,
    terms: str | None = None,
    statistic: str | None = None,
    min_studies: int | None = None,
    min_function_studies: int | None = None,
    q: float | None = None,
    max_mm: float | None = None,
    talairach: str | None = None,
    wait: bool = True,
    progress: Progress | None = None,
) -> Dialogue[Answer]:
    """Compute the claims of an atlas from a peak database in the server's folder ``data``.

    Args:
        atlas: id of the atlas.
        data: folder of NeuroQuery version 1 there.
        spaces: folder of Neurosynth version 7 there, for the space of the studies.
        terms: matrix of ``functions``, ``psychology``, ``all`` or ``topics``.
        statistic: ``cmh`` (stratified by peaks per study) or ``chi2``.
        min_studies: studies that report both, at least.
        min_function_studies: studies of a function or word, at least.
        q: limit of the false discovery rate.
        max_mm: how far from a region a peak still counts.
        talairach: Talairach studies: ``convert``, ``exclude`` or ``as-is``.
        wait: come back with the result; otherwise with the job, which goes on by itself.
        progress: called with a message and the fraction done.

    Raises:
        JobFailedError: the job that was waited for failed or was cancelled.
    """
    options = given(atlas=atlas, data=data, spaces=spaces, terms=terms, statistic=statistic,
                    min_studies=min_studies, min_function_studies=min_function_studies, q=q,
                    max_mm=max_mm, talairach=talairach)  # fmt: skip
    submitted = Answer((yield Ask("POST", "/jobs", json={"kind": "claims", **options})))
    return (yield from _finished(submitted, progress)) if wait else submitted


def jobs(
    status: str | None = None, kind: str | None = None, limit: int | None = None
) -> Dialogue[pd.DataFrame]:
    """List jobs, newest first."""
    return (yield from table("/jobs", limit, {"status": status, "kind": kind}))


def job(id: str) -> Dialogue[Answer]:
    """Show one job."""
    return (yield from one("/jobs", id))


def cancel(id: str) -> Dialogue[Answer]:
    """Ask a job to stop."""
    return Answer((yield Ask("POST", address("/jobs", id) + "/cancel")))


def _finished(submitted: Answer, progress: Progress | None) -> Dialogue[Answer]:
    """Wait for a job and take its result."""
    yield Watch(submitted["id"], lambda event: _report(event, progress))
    done = yield Ask("GET", address("/jobs", submitted["id"]))
    if done["status"] != "succeeded":
        raise JobFailedError(done)
    return Answer(done["result"])


def retry(id: str) -> Dialogue[Answer]:
    """Run a failed or cancelled job again, from its last checkpoint."""
    return Answer((yield Ask("POST", address("/jobs", id) + "/retry")))


def _report(event: Mapping[str, Any], progress: Progress | None) -> None:
    if progress is not None and "fraction" in event:
        progress(str(event.get("message", "")), float(event["fraction"]))
