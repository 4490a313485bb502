"""What a running job is given: where things lie, and how to say what it is doing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graph.config import StoreConfig
from jobs.job import Job
from jobs.ledger import Ledger

QUIET_S = 0.2
"""Progress of the same message is written no more often than this."""


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
        self._ledger.progress(self.job.id, self.job.fence, message, fraction)

    def checkpoint(self, data: Mapping[str, Any]) -> None:
        """Keep what the next attempt needs to go on from here, as plain JSON."""
        self._ledger.checkpoint(self.job.id, self.job.fence, data)
        self.last_checkpoint = dict(data)

    def cancelled(self) -> bool:
        """Whether to stop: somebody cancelled the job, or it is another worker's by now."""
        job = self._ledger.get(self.job.id)
        return job.cancel_requested or job.fence != self.job.fence or job.done
