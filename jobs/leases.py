"""The workers' half of the ledger: leases, fencing tokens and what became of an attempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from atlas.errors import Conflict
from jobs.job import Job, Status
from jobs.problem import LEASE_LOST
from jobs.rows import QUEUED, VISIBLE, Rows, as_job, held
from jobs.tables import job as jobs


class Leases(Rows):
    """Claims and what their holders may write.

    A claim is a lease for a time and a fencing token, the job's ``fence``, which grows with every
    claim. Each later call presents the token and is refused when it is not the running attempt's.
    """

    def claim(
        self, worker: str, *, lease_s: float = 30.0, kinds: Iterable[str] | None = None
    ) -> Job | None:
        """The oldest job (of these kinds) that may run now, leased to ``worker``; None if none may.

        The returned ``fence`` is the token of this attempt: every later call needs it.
        """
        self._collect_expired()
        wanted = [] if kinds is None else [jobs.c.kind.in_(sorted(kinds))]
        while True:
            now = self._clock()
            ready = (
                sa.select(jobs.c.id, jobs.c.fence, jobs.c.attempts)
                .where(jobs.c.status == Status.QUEUED, jobs.c.not_before <= now, *wanted)
                .order_by(jobs.c.id)
                .limit(1)
            )
            with self._engine.connect() as connection:
                row = connection.execute(ready).first()
            if row is None:
                return None
            values = {
                "status": Status.RUNNING,
                "worker": worker,
                "fence": jobs.c.fence + 1,
                "attempts": jobs.c.attempts + 1,
                "lease_until": now + lease_s,
                "started_at": now,
            }
            data = {"status": Status.RUNNING, "attempt": row.attempts + 1}
            guard = sa.and_(jobs.c.status == Status.QUEUED, jobs.c.fence == row.fence)
            if self._change(row.id, guard, values, "status", data):
                return self.get(row.id)

    def renew(self, job_id: str, fence: int, *, lease_s: float = 30.0) -> Job:
        """Hold on to the job for another ``lease_s``; its ``cancel_requested`` comes back too.

        Raises:
            Conflict: the job is no longer held with this token.
        """
        values = {"lease_until": self._clock() + lease_s}
        update = sa.update(jobs).where(jobs.c.id == job_id, held(fence)).values(values)
        with self._engine.begin() as connection:
            renewed = connection.execute(update).rowcount == 1
        if not renewed:
            raise self._lost(job_id, fence)
        return self.get(job_id)

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
        data = {"message": message, "fraction": min(max(float(fraction), 0.0), 1.0)}
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
        values = {**QUEUED, "not_before": self._clock() + delay_s}
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
        if not self._change(job_id, held(fence), values, event, data):
            raise self._lost(job_id, fence)
        return self.get(job_id)

    def _lost(self, job_id: str, fence: int) -> Conflict:
        job = self.get(job_id)
        return Conflict(
            "fence",
            found=f"{fence} for job {job_id}, which is {job.status} with {job.fence}",
            expected="the token of the running attempt",
        )

    def _collect_expired(self) -> None:
        """Settle running jobs whose lease is over: queue, cancel or fail them."""
        now = self._clock()
        expired = sa.select(*VISIBLE).where(
            jobs.c.status == Status.RUNNING, jobs.c.lease_until < now
        )
        with self._engine.connect() as connection:
            found = [as_job(row) for row in connection.execute(expired)]
        for job in found:
            values: dict[str, Any] = QUEUED
            data: dict[str, Any] = {"status": Status.QUEUED, "lost": job.worker}
            if job.cancel_requested:
                values, data = self._ending(Status.CANCELLED), {"status": Status.CANCELLED}
            elif job.attempts >= job.max_attempts:
                values = {**self._ending(Status.FAILED), "problem": LEASE_LOST}
                data = {"status": Status.FAILED, "problem": LEASE_LOST}
            guard = sa.and_(held(job.fence), jobs.c.lease_until < now)
            self._change(job.id, guard, values, "status", data)
