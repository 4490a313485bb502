"""The workers' half of the ledger: leases, fencing tokens and what became of an attempt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from atlas.errors import Conflict
from jobs.backoff import LONGEST_S
from jobs.job import Job, Status
from jobs.observed import Lease, Observed
from jobs.problem import LEASE_LOST
from jobs.queue import choose, took_turn
from jobs.rows import QUEUED, VISIBLE, Rows, as_job, held, insert_event
from jobs.tables import job as jobs


class Leases(Rows):
    """Claims and what their holders may write.

    A claim is a lease and a fencing token, the job's ``fence``, which grows with every claim. Each
    later call presents the token and is refused when it is not the running attempt's. A lease that
    is not renewed in its time is over; see :class:`jobs.observed.Observed` for whose time it is.
    """

    def __init__(
        self,
        url: str,
        *,
        limits: Mapping[str, int] | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(url, clock=clock)
        self.limits = dict(limits or {})
        self._observed = Observed(monotonic)

    def claim(
        self, worker: str, *, lease_s: float = 30.0, kinds: Iterable[str] | None = None
    ) -> Job | None:
        """The next job (of these kinds) that may run now, leased to ``worker``; None if none may.

        Highest priority first; within a priority the user whose turn was longest ago, and that
        user's oldest job. A kind of which as many jobs run as ``limits`` allows has to wait.
        The returned ``fence`` is the token of this attempt: every later call needs it.
        """
        self._collect_expired()
        now = self._clock()
        values = {
            "status": Status.RUNNING,
            "worker": worker,
            "fence": jobs.c.fence + 1,
            "attempts": jobs.c.attempts + 1,
            "lease_s": lease_s,
            "started_at": now,
            "last_event": jobs.c.last_event + 1,
        }
        with self._writing() as connection:
            chosen = choose(connection, now, self.limits, kinds)
            if chosen is None:
                return None
            update = sa.update(jobs).where(jobs.c.id == chosen).values(values)
            job = as_job(connection.execute(update.returning(*VISIBLE)).one())
            data = {"status": Status.RUNNING, "attempt": job.attempts}
            insert_event(connection, job.id, job.last_event, now, "status", data)
            took_turn(connection, job.by)
        self._observed.note(job.id, job.fence, job.beat)
        return job

    def renew(self, job_id: str, fence: int, *, lease_s: float = 30.0) -> Job:
        """Hold on to the job for another ``lease_s``; its ``cancel_requested`` comes back too.

        Raises:
            Conflict: the job is no longer held with this token.
        """
        values = {"lease_s": lease_s, "beat": jobs.c.beat + 1}
        update = sa.update(jobs).where(jobs.c.id == job_id, held(fence)).values(values)
        with self._writing() as connection:
            row = connection.execute(update.returning(*VISIBLE)).first()
        if row is None:
            raise self._lost(job_id, fence)
        self._observed.note(job_id, fence, row.beat)
        return as_job(row)

    def append_event(self, job_id: str, fence: int, kind: str, data: Mapping[str, Any]) -> None:
        """Add an event for those who watch.

        Raises:
            Conflict: the job is no longer held with this token.
        """
        self._holder_change(job_id, fence, {}, kind, data)

    def progress(self, job_id: str, fence: int, message: str, fraction: float) -> None:
        """Note how far the job is; ``fraction`` is clipped to 0..1.

        Raises:
            Conflict: the job is no longer held with this token.
        """
        # PostgreSQL takes no NUL in a text, and neither database half a surrogate pair.
        said = message.replace("\0", "").encode(errors="replace").decode()
        data = {"message": said, "fraction": min(max(float(fraction), 0.0), 1.0)}
        self._holder_change(job_id, fence, data, "progress", data)

    def checkpoint(self, job_id: str, fence: int, data: Mapping[str, Any]) -> None:
        """Keep what the next attempt needs in order to go on from here.

        Raises:
            Conflict: the job is no longer held with this token.
        """
        self._holder_change(job_id, fence, {"last_checkpoint": dict(data)}, "checkpoint", {})

    def finish(self, job_id: str, fence: int, result: Mapping[str, Any]) -> Job:
        """Record success.

        Raises:
            Conflict: the job is no longer held with this token.
        """
        values = {**self._ending(Status.SUCCEEDED), "result": dict(result), "fraction": 1.0}
        data = {"status": Status.SUCCEEDED}
        return self._holder_change(job_id, fence, values, "status", data)

    def fail(self, job_id: str, fence: int, problem: Mapping[str, Any]) -> Job:
        """Record a failure that another attempt would only repeat.

        Raises:
            Conflict: the job is no longer held with this token.
        """
        values = {**self._ending(Status.FAILED), "problem": dict(problem)}
        data = {"status": Status.FAILED, "problem": dict(problem)}
        return self._holder_change(job_id, fence, values, "status", data)

    def stopped(self, job_id: str, fence: int) -> Job:
        """Record that a running job was stopped because somebody cancelled it.

        Raises:
            Conflict: the job is no longer held with this token.
        """
        data = {"status": Status.CANCELLED}
        return self._holder_change(job_id, fence, self._ending(Status.CANCELLED), "status", data)

    def try_again(
        self, job_id: str, fence: int, problem: Mapping[str, Any], *, delay_s: float = 0.0
    ) -> Job:
        """Queue the job again after a failed attempt, or fail it if that was the last one.

        Raises:
            Conflict: the job is no longer held with this token.
        """
        job = self.get(job_id)
        if job.attempts >= job.max_attempts:
            return self.fail(job_id, fence, problem)
        values = {**QUEUED, "not_before": self._clock() + min(delay_s, LONGEST_S)}
        data = {"status": Status.QUEUED, "problem": dict(problem)}
        return self._holder_change(job_id, fence, values, "status", data)

    def release(self, job_id: str, fence: int) -> Job:
        """Hand an unfinished job back, as a worker does that shuts down; no attempt is counted.

        Raises:
            Conflict: the job is no longer held with this token.
        """
        values = {**QUEUED, "attempts": jobs.c.attempts - 1}
        return self._holder_change(job_id, fence, values, "status", {"status": Status.QUEUED})

    def _holder_change(
        self,
        job_id: str,
        fence: int,
        values: Mapping[str, Any],
        event: str,
        data: Mapping[str, Any],
    ) -> Job:
        job = self._change(job_id, held(fence), values, event, data)
        if job is None:
            raise self._lost(job_id, fence)
        return job

    def _lost(self, job_id: str, fence: int) -> Conflict:
        job = self.get(job_id)
        return Conflict(
            "fence",
            found=f"{fence} for job {job_id}, which is {job.status} with {job.fence}",
            expected="the token of the running attempt",
        )

    def _collect_expired(self) -> None:
        """Settle running jobs whose holders fell silent: queue, cancel or fail them."""
        columns = (jobs.c.id, jobs.c.fence, jobs.c.beat, jobs.c.lease_s)
        running = sa.select(*columns).where(jobs.c.status == Status.RUNNING)
        with self._reading() as connection:
            leases = [Lease(*row[:3], row[3] or 0.0) for row in connection.execute(running)]
        for lease in self._observed.expired(leases):
            job = self.get(lease.job)
            values: dict[str, Any] = QUEUED
            data: dict[str, Any] = {"status": Status.QUEUED, "lost": job.worker}
            if job.cancel_requested:
                values, data = self._ending(Status.CANCELLED), {"status": Status.CANCELLED}
            elif job.attempts >= job.max_attempts:
                values = {**self._ending(Status.FAILED), "problem": LEASE_LOST}
                data = {"status": Status.FAILED, "problem": LEASE_LOST}
            guard = sa.and_(held(lease.fence), jobs.c.beat == lease.beat)
            self._change(job.id, guard, values, "status", data)
