"""The worker: claims a job, has it run in a process of its own, and answers for it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Literal

from atlas.errors import Conflict, NotFound, Unavailable
from graph.config import StoreConfig
from jobs.backoff import pause_s
from jobs.executor import Assignment, LocalProcess
from jobs.job import Job, Status
from jobs.ledger import Ledger
from jobs.problem import death

log = logging.getLogger(__name__)

LAST_BREATH_S = 1.0
CLEAN_EVERY_S = 3600.0
COMPLAIN_EVERY_S = 30.0

Verdict = Literal["ended", "cancelled", "stopping", "lost"]


class Worker:
    """Runs jobs of a ledger, one at a time; start as many workers as there is room for.

    Args:
        ledger: where jobs come from; its ``kinds`` say what runs them.
        home: data directory, handed to the jobs.
        store_config: where the graph lives, handed to the jobs.
        name: for the ledger; unique by default.
        lease_s: how long a silent worker keeps its job. Renewed at a third of it.
        poll_s: how often to look for jobs, cancellations and the process's end.
        grace_s: how long a cancelled job may take to end by itself.
        backoff_s: about how long to wait before the second attempt (see :mod:`jobs.backoff`).
        keep_s: how long the ledger keeps jobs that have ended; None for ever.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        home: Path,
        store_config: StoreConfig,
        name: str | None = None,
        lease_s: float = 30.0,
        poll_s: float = 0.25,
        grace_s: float = 5.0,
        backoff_s: float = 2.0,
        keep_s: float | None = None,
    ) -> None:
        self.ledger = ledger
        self.home = home
        self.store_config = store_config
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{threading.get_ident():x}"
        self.lease_s = lease_s
        self.poll_s = poll_s
        self.grace_s = grace_s
        self.backoff_s = backoff_s
        self.keep_s = keep_s
        self._clean_at = self._complain_at = time.monotonic()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ask the worker to end; its job goes back to the queue. May be called from anywhere."""
        self._stopping.set()

    def run(self, *, stop_at_stdin_end: bool = False) -> None:
        """Work until :meth:`stop`, SIGTERM or Ctrl-C (in the main thread).

        With ``stop_at_stdin_end`` also until stdin closes, that is, until the parent is gone.
        """
        if stop_at_stdin_end:
            threading.Thread(target=self._await_stdin_end, daemon=True).start()
        with self._signals():
            while not self._stopping.is_set():
                if self._quietly_run_one() is None:
                    self._stopping.wait(self.poll_s)

    def run_one(self) -> Job | None:
        """Run the next job to its end and return it; None if there is nothing to do."""
        self._clean()
        job = self.ledger.claim(self.name, lease_s=self.lease_s, kinds=self.ledger.kinds)
        if job is None:
            return None
        deadline = time.monotonic() + self.lease_s
        log.info("job %s (%s), attempt %d", job.id, job.kind, job.attempts)
        process = LocalProcess(self._assignment(job))
        try:
            verdict = self._supervise(job, process, deadline)
            if verdict == "lost":
                # Perhaps it has just reported its own end and is closing files.
                process.wait(LAST_BREATH_S)
                process.kill()
            elif verdict != "ended":
                process.stop(self.grace_s)
            self._account(job, process, verdict)
        finally:
            process.kill()
            process.close()
        return self.ledger.get(job.id)

    def _quietly_run_one(self) -> Job | None:
        try:
            return self.run_one()
        except Unavailable as error:
            # Busy, full or away: the ledger may come back, and a lease runs out by itself.
            self._complain(error)
            return None

    def _complain(self, error: Unavailable) -> None:
        """Say that the ledger is away, not more often than people read."""
        if time.monotonic() >= self._complain_at:
            self._complain_at = time.monotonic() + COMPLAIN_EVERY_S
            log.warning("%s", error)

    def _clean(self) -> None:
        """Forget old jobs, once in a while."""
        if self.keep_s is not None and time.monotonic() >= self._clean_at:
            self._clean_at = time.monotonic() + CLEAN_EVERY_S
            if forgotten := self.ledger.purge(self.keep_s):
                log.info("forgot %d jobs that ended long ago", forgotten)

    def _assignment(self, job: Job) -> Assignment:
        return Assignment(
            self.ledger.url,
            job.id,
            job.fence,
            self.ledger.kinds[job.kind],
            self.home,
            self.store_config,
            self.backoff_s,
        )

    def _supervise(self, job: Job, process: LocalProcess, deadline: float) -> Verdict:
        """Watch until the process ends or must be ended; the lease is renewed meanwhile."""
        renew_at = time.monotonic() + self.lease_s / 3
        while process.wait(self.poll_s) is None:
            if self._stopping.is_set():
                return "stopping"
            try:
                if time.monotonic() >= renew_at:
                    asked = time.monotonic()
                    current = self.ledger.renew(job.id, job.fence, lease_s=self.lease_s)
                    renew_at, deadline = asked + self.lease_s / 3, asked + self.lease_s
                else:
                    current = self.ledger.get(job.id)
            except (Conflict, NotFound):
                return "lost"
            except Unavailable as error:
                self._complain(error)
                if time.monotonic() >= deadline:
                    return "lost"
                continue
            if current.fence != job.fence or current.status is not Status.RUNNING:
                return "lost"
            if current.cancel_requested:
                return "cancelled"
        return "ended"

    def _account(self, job: Job, process: LocalProcess, verdict: Verdict) -> None:
        """Write down what the process could not. It may have finished just before its end."""
        current = self.ledger.get(job.id)
        if verdict == "lost" or current.status is not Status.RUNNING or current.fence != job.fence:
            return
        try:
            if verdict == "cancelled" or current.cancel_requested:
                self.ledger.stopped(job.id, job.fence)
            elif verdict == "stopping":
                self.ledger.release(job.id, job.fence)
            else:
                code = process.wait(0)
                problem = death(-signal.SIGKILL if code is None else code, process.tail())
                log.warning("job %s: %s", job.id, problem["detail"])
                delay_s = pause_s(job.attempts, self.backoff_s)
                self.ledger.try_again(job.id, job.fence, problem, delay_s=delay_s)
        except Conflict:
            log.info("job %s belongs to another worker by now", job.id)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Turn SIGTERM and Ctrl-C into :meth:`stop`; only the main thread may."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handler(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        before = {number: signal.signal(number, handler) for number in _STOPPING_SIGNALS}
        try:
            yield
        finally:
            for number, former in before.items():
                signal.signal(number, former)

    def _await_stdin_end(self) -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        self.stop()


_STOPPING_SIGNALS = (signal.SIGTERM, signal.SIGINT)
