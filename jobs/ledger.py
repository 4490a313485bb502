"""The durable ledger of jobs: who wants what done, who is doing it, what came out.

**Delivery is at least once.** A worker that falls silent loses its lease, and the job is run again
by another; the silent one may still be at work for a moment. Its writes to the ledger are refused
(fencing token), so a job *finishes* once, but what it does elsewhere must bear repetition.

The database is any that SQLAlchemy speaks to; SQLite by default.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from atlas.errors import Conflict, InvalidInput
from jobs.job import Event, Events, Job, Jobs, Status
from jobs.kinds import KINDS
from jobs.leases import Leases
from jobs.rows import QUEUED, VISIBLE, as_job, held, insert_event
from jobs.tables import job as jobs
from jobs.tables import job_event

__all__ = ["Event", "Job", "Ledger", "Status", "default_url"]

MAX_ATTEMPTS = 3


class Ledger(Leases):
    """A ledger in the database at ``url``; tables are made where they are missing.

    Args:
        url: SQLAlchemy URL, for example ``sqlite:////var/lib/neuroweave/jobs.db``.
        kinds: kind of job → ``module:function``; other kinds are refused.
        clock: seconds since 1970. Leases compare the clocks of machines: keep them in step.

    Raises:
        Unavailable: the database cannot be opened.

    >>> ledger = Ledger("sqlite://")
    >>> job = ledger.submit("build", {"scenario": "audio-visual"}, by="ada")
    >>> mine = ledger.claim("worker-1", lease_s=30)
    >>> ledger.finish(mine.id, mine.fence, {"composition": "c1"}).status
    <Status.SUCCEEDED: 'succeeded'>
    """

    def __init__(
        self,
        url: str,
        *,
        kinds: Mapping[str, str] = KINDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(url, clock=clock)
        self.kinds = dict(kinds)

    @classmethod
    def at(cls, home: Path, *, kinds: Mapping[str, str] = KINDS) -> Ledger:
        """The default ledger of a data directory, ``<home>/jobs.db``."""
        return cls(default_url(home), kinds=kinds)

    def submit(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        by: str,
        idempotency_key: str | None = None,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> Job:
        """Put a job into the queue.

        The same ``by``, key, kind and payload again give the same job, however often.

        Raises:
            InvalidInput: unknown kind, a payload that is not JSON, or a key that was used for
                something else.
        """
        if kind not in self.kinds:
            raise InvalidInput("kind", found=kind, expected=f"one of {', '.join(self.kinds)}")
        if max_attempts < 1:
            raise InvalidInput("max_attempts", found=max_attempts, expected="at least 1")
        body, job_id = _digest(kind, payload), _new_id(self._clock())
        now = self._clock()
        row = {
            "id": job_id,
            "kind": kind,
            "payload": dict(payload),
            "by": by,
            "idempotency_key": idempotency_key,
            "body": body,
            "status": Status.QUEUED,
            "submitted_at": now,
            "not_before": now,
            "attempts": 0,
            "max_attempts": max_attempts,
            "cancel_requested": False,
            "fence": 0,
            "message": "",
            "fraction": 0.0,
            "last_event": 1,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(jobs).values(row))
                insert_event(connection, job_id, 1, now, "status", {"status": Status.QUEUED})
        except IntegrityError:
            return self._submitted_before(by, idempotency_key, body)
        return self.get(job_id)

    def list(
        self,
        *,
        status: str | None = None,
        kind: str | None = None,
        by: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> tuple[Jobs, str | None]:
        """Jobs, newest first, and the ``after`` of the next page (None at the end).

        Raises:
            InvalidInput: no such status.
        """
        if status is not None and status not in list(Status):
            raise InvalidInput("status", found=status, expected=f"one of {', '.join(Status)}")
        query = sa.select(*VISIBLE).order_by(jobs.c.id.desc()).limit(limit + 1)
        for column, value in ((jobs.c.status, status), (jobs.c.kind, kind)):
            query = query if value is None else query.where(column == value)
        query = query if by is None else query.where(jobs.c.by == by)
        query = query if after is None else query.where(jobs.c.id < after)
        with self._engine.connect() as connection:
            found = [as_job(row) for row in connection.execute(query)]
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def events(self, job_id: str, *, after: int = 0, limit: int = 1000) -> Events:
        """What happened to the job after event number ``after``, in order.

        Raises:
            NotFound: no such job.
        """
        query = (
            sa.select(job_event.c.id, job_event.c.at, job_event.c.kind, job_event.c.data)
            .where(job_event.c.job_id == job_id, job_event.c.id > after)
            .order_by(job_event.c.id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            found = [Event(*row) for row in connection.execute(query)]
        if not found:
            self.get(job_id)
        return found

    def cancel(self, job_id: str) -> Job:
        """Cancel a queued job at once, or ask the worker of a running one to stop it.

        Raises:
            NotFound: no such job. Conflict: it has already succeeded or failed.
        """
        while True:
            job = self.get(job_id)
            if job.status is Status.QUEUED:
                done = self._change(
                    job_id,
                    jobs.c.status == Status.QUEUED,
                    self._ending(Status.CANCELLED),
                    "status",
                    {"status": Status.CANCELLED},
                )
            elif job.status is Status.RUNNING and not job.cancel_requested:
                done = self._change(
                    job_id,
                    held(job.fence),
                    {"cancel_requested": True},
                    "cancel",
                    {},
                )
            elif job.status in (Status.RUNNING, Status.CANCELLED):
                return job
            else:
                raise Conflict("job", found=f"{job_id}, {job.status}", expected="queued or running")
            if done:
                return self.get(job_id)

    def retry(self, job_id: str) -> Job:
        """Queue a failed or cancelled job again, with fresh attempts and its last checkpoint.

        Raises:
            NotFound: no such job. Conflict: it has not failed and was not cancelled.
        """
        fresh = {**QUEUED, "attempts": 0, "not_before": self._clock(), "finished_at": None}
        done = self._change(
            job_id,
            jobs.c.status.in_([Status.FAILED, Status.CANCELLED]),
            fresh,
            "status",
            {"status": Status.QUEUED},
        )
        job = self.get(job_id)
        if not done:
            raise Conflict("job", found=f"{job_id}, {job.status}", expected="failed or cancelled")
        return job

    def _submitted_before(self, by: str, key: str | None, body: str) -> Job:
        same = sa.and_(jobs.c.by == by, jobs.c.idempotency_key == key)
        with self._engine.connect() as connection:
            former = connection.execute(sa.select(jobs.c.body).where(same)).scalar_one()
        if former != body:
            raise InvalidInput(
                "idempotency_key",
                found=f"{key}, used before for another request",
                expected="a key of its own for each request",
            )
        return self._one(same, str(key))


def default_url(home: Path) -> str:
    """The URL of the SQLite ledger of a data directory."""
    return sa.URL.create("sqlite", database=str(home / "jobs.db")).render_as_string()


def _digest(kind: str, payload: Mapping[str, Any]) -> str:
    try:
        text = json.dumps([kind, payload], sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput("payload", found=str(error), expected="plain JSON") from error
    return hashlib.sha256(text.encode()).hexdigest()


def _new_id(now: float) -> str:
    """Sorts by time of submission (to the microsecond) and cannot be guessed."""
    return f"{int(now * 1e6):014x}{secrets.token_hex(6)}"
