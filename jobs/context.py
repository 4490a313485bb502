"""What a running job is given: where things lie, and how to say what it is doing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from atlas.errors import Unavailable
from graph.config import StoreConfig
from jobs.job import Job
from jobs.ledger import Ledger

QUIET_S = 0.2
"""Progress of the same message is written no more often than this."""

PATIENCE_S = 60.0
AGAIN_S = 0.25

T = TypeVar("T")


def patiently(
    call: Callable[[], T],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Call until the ledger answers, for a minute at most: its server may be restarting.

    A worker that cannot renew its lease meanwhile ends this process sooner. If a call took effect
    and only its answer was lost, the second one may be refused (``Conflict``), which is right: what
    it says has been said.
    """
    end = clock() + PATIENCE_S
    while True:
        try:
            return call()
        except Unavailable as error:
            if error.field != "jobs" or clock() >= end:
                raise
            sleep(AGAIN_S)


class JobContext:
    """The job's view of the world; all of it can be used from one thread.

    Every call that writes raises ``Conflict`` once the job belongs to another worker. A job must
    not catch it: it is how a process that was given up on learns so.

    Attributes:
        home: data directory.
        store_config: where the graph lives.
        job: the job as it was claimed, with its ``attempts``.
        last_checkpoint: what the attempt before noted last, or None.
    """

    def __init__(
        self,
        ledger: Ledger,
        job: Job,
        *,
        home: Path,
        store_config: StoreConfig,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.home = home
        self.store_config = store_config
        self.job = job
        self.last_checkpoint = job.last_checkpoint
        self._ledger = ledger
        self._clock = clock
        self._said = ("", 0.0)

    def progress(self, message: str, fraction: float) -> None:
        """Say what is being done and how far the whole is, from 0 to 1."""
        now = self._clock()
        before, at = self._said
        if message == before and fraction < 1.0 and now - at < QUIET_S:
            return
        self._said = (message, now)
        patiently(lambda: self._ledger.progress(self.job.id, self.job.fence, message, fraction))

    def checkpoint(self, data: Mapping[str, Any]) -> None:
        """Keep what the next attempt needs to go on from here, as plain JSON."""
        patiently(lambda: self._ledger.checkpoint(self.job.id, self.job.fence, data))
        self.last_checkpoint = dict(data)

    def cancelled(self) -> bool:
        """Whether to stop: somebody cancelled the job, or it is another worker's by now."""
        job = patiently(lambda: self._ledger.get(self.job.id))
        return job.cancel_requested or job.fence != self.job.fence or job.done
