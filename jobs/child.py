"""The process that runs one job: ``python -P -m jobs.child``, its assignment on stdin."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from atlas.errors import Conflict, Unavailable
from jobs.backoff import pause_s
from jobs.context import JobContext, patiently
from jobs.executor import Assignment
from jobs.job import Status
from jobs.ledger import Ledger
from jobs.problem import problem_of

REPORTED = 0
LEASE_LOST = 3


def main() -> int:
    """Run the assigned job and write what came of it to the ledger.

    Returns:
        0 when the outcome is in the ledger, 3 when the job is another worker's by now. Any other
        end is a death, and the worker accounts for it.
    """
    signal.signal(signal.SIGTERM, _end)
    assignment = Assignment.from_json(_first_line())
    threading.Thread(target=_watch_worker, daemon=True).start()
    ledger = Ledger(assignment.ledger_url)
    try:
        return _run(ledger, assignment)
    finally:
        ledger.close()


def _run(ledger: Ledger, assignment: Assignment) -> int:
    job = ledger.get(assignment.job_id)
    held = job.status is Status.RUNNING and job.fence == assignment.fence
    if not held:
        return LEASE_LOST
    context = JobContext(ledger, job, home=assignment.home, store_config=assignment.store_config)
    try:
        result = resolve(assignment.target)(context, job.payload)
        patiently(lambda: ledger.finish(job.id, assignment.fence, result))
    except Exception as error:
        return _report(ledger, assignment, error, job.attempts)
    return REPORTED


def _report(ledger: Ledger, assignment: Assignment, error: Exception, attempt: int) -> int:
    """Write down why the job failed; only what may pass by itself is tried again."""
    traceback.print_exc()
    job_id, fence, problem = assignment.job_id, assignment.fence, problem_of(error)
    try:
        if isinstance(error, Unavailable):
            delay_s = pause_s(attempt, assignment.backoff_s)
            patiently(lambda: ledger.try_again(job_id, fence, problem, delay_s=delay_s))
        else:
            patiently(lambda: ledger.fail(job_id, fence, problem))
    except Conflict:
        return LEASE_LOST
    return REPORTED


def resolve(target: str) -> Callable[[JobContext, dict[str, Any]], dict[str, Any]]:
    """The function that ``module:function`` names."""
    module, _, name = target.partition(":")
    function: Callable[[JobContext, dict[str, Any]], dict[str, Any]]
    function = getattr(importlib.import_module(module), name)
    return function


def _first_line() -> str:
    """Read byte by byte: a buffered reader would hold a lock that the watching thread needs."""
    line = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return line.decode()


def _watch_worker() -> None:
    """End the whole group when the worker is gone and with it the other end of stdin."""
    while os.read(0, 4096):
        pass
    if os.name == "posix" and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
