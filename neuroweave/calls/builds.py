"""Networks planned and built, and the jobs that do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def plan(**what: Unpack[Inputs]) -> Dialogue[Answer]:
    """Plan the network of an activation, without training; takes what ``activate`` takes."""
    return Answer((yield post("/plans", inputs(**what))))


def build(
    *,
    dataset: str | None = None,
    trials: int | None = None,
    sampler: str | None = None,
    seed: int | None = None,
    fresh: bool | None = None,
    wait: bool = True,
    progress: Progress | None = None,
    idempotency_key: str | None = None,
    **what: Unpack[Inputs],
) -> Dialogue[Answer]:
    """Build a network from an activation; takes what ``activate`` takes, and how to search.

    With ``wait`` it comes back with the result, and ``progress`` is called with a message and the
    fraction done; otherwise with the job, which goes on by itself. Submitting again under the same
    ``idempotency_key`` gives the same job.

    Raises:
        JobFailedError: the job that was waited for failed or was cancelled.
    """
    options = {"kind": "build", **inputs(**what)}
    options |= given(dataset=dataset, trials=trials, sampler=sampler, seed=seed, fresh=fresh)
    headers = given(**{"Idempotency-Key": idempotency_key})
    submitted = Answer((yield post("/jobs", options, headers)))
    if not wait:
        return submitted
    yield Watch(submitted["id"], lambda event: _report(event, progress))
    done = yield Ask("GET", address("/jobs", submitted["id"]))
    if done["status"] != "succeeded":
        raise JobFailedError(done)
    return Answer(done["result"])


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


def _report(event: Mapping[str, Any], progress: Progress | None) -> None:
    if progress is not None and "fraction" in event:
        progress(str(event.get("message", "")), float(event["fraction"]))
