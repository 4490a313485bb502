"""The durable ledger of jobs: who wants what done, who is doing it, what came out.

**Delivery is at least once.** A worker that falls silent loses its lease, and the job is run again
by another; the silent one may still be at work for a moment. Its writes to the ledger are refused
(fencing token), so a job *finishes* once, but what it does elsewhere must bear repetition.

The database is SQLite (by default) or PostgreSQL.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from atlas.errors import Conflict, InvalidInput
from jobs.job import Event, Events, Job, Jobs, Status
from jobs.kinds import KINDS
from jobs.leases import Leases
from jobs.queue import insert
from jobs.rows import QUEUED, VISIBLE, as_job, held, insert_event
from jobs.tables import job as jobs
from jobs.tables import job_event

__all__ = ["Event", "Job", "Ledger", "Status", "default_url"]

MAX_ATTEMPTS = 5
MAX_PRIORITY = 100
MAX_TEXT = 200
"""Characters of a user's name and of an idempotency key."""

_DONE = [status for status in Status if status.done]


class Ledger(Leases):
    """A ledger in the database at ``url``; tables are made where they are missing.

    Args:
        url: ``sqlite:////var/lib/neuroweave/jobs.db`` or ``postgresql://user@host/database``.
        kinds: kind of job → ``module:function``; other kinds are refused.
        limits: kind → how many jobs of it may run at a time, over all workers that say the same.
        clock: seconds since 1970, for people and for pauses.
        monotonic: seconds that no clock setting touches, for leases.

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
        limits: Mapping[str, int] | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(url, limits=limits, clock=clock, monotonic=monotonic)
        self.kinds = dict(kinds)
        self._arriving: set[tuple[str, str]] = set()
        self._door = threading.Lock()
        if unknown := sorted(set(self.limits) - set(self.kinds)):
            expected = f"one of {', '.join(self.kinds)}"
            raise InvalidInput("jobs.limits", found=unknown[0], expected=expected)

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
        priority: int = 0,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> Job:
        """Put a job into the queue.

        The same ``by``, key, kind, payload and priority again give the same job, however often,
        for as long as the ledger keeps it.

        Raises:
            InvalidInput: unknown kind, a payload that is not JSON, a priority or a text beyond its
                bounds, or a key that was used for something else.
        """
        if kind not in self.kinds:
            raise InvalidInput("kind", found=kind, expected=f"one of {', '.join(self.kinds)}")
        if max_attempts < 1:
            raise InvalidInput("max_attempts", found=max_attempts, expected="at least 1")
        if abs(priority) > MAX_PRIORITY:
            expected = f"from {-MAX_PRIORITY} to {MAX_PRIORITY}"
            raise InvalidInput("priority", found=priority, expected=expected)
        for name, text in (("by", by), ("idempotency_key", idempotency_key)):
            if text is not None and (len(text) > MAX_TEXT or "\0" in text):
                expected = f"at most {MAX_TEXT} characters, none of them NUL"
                raise InvalidInput(name, found=f"{len(text)} characters", expected=expected)
        now = self._clock()
        body, job_id = _digest(kind, payload, priority), _new_id(now)
        row = {
            "id": job_id,
            "kind": kind,
            "payload": dict(payload),
            "by": by,
            "idempotency_key": idempotency_key,
            "body": body,
            "status": Status.QUEUED,
            "priority": priority,
            "submitted_at": now,
            "not_before": 0.0,
            "attempts": 0,
            "max_attempts": max_attempts,
            "cancel_requested": False,
            "fence": 0,
            "message": "",
            "fraction": 0.0,
            "beat": 0,
            "last_event": 1,
        }
        with self._writing() as connection:
            new = insert(connection, jobs).values(row).on_conflict_do_nothing().returning(*VISIBLE)
            found = connection.execute(new).first()
            if found is not None:
                insert_event(connection, job_id, 1, now, "status", {"status": Status.QUEUED})
                return as_job(found)
        return self._submitted_before(by, idempotency_key, body)

    @contextmanager
    def submitting(self, by: str, idempotency_key: str | None) -> Iterator[None]:
        """Hold a key while its request is still being checked, here in this process.

        Raises:
            Conflict: another request with this key of this user is being checked.
        """
        if idempotency_key is None:
            yield
            return
        mine = (by, idempotency_key)
        with self._door:
            if mine in self._arriving:
                raise Conflict(
                    "idempotency_key",
                    found=f"{idempotency_key}, whose first request is still being checked",
                    expected="the answer to the first request",
                    hint="send it again in a moment",
                )
            self._arriving.add(mine)
        try:
            yield
        finally:
            with self._door:
                self._arriving.discard(mine)

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
        with self._reading() as connection:
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
        with self._reading() as connection:
            found = [Event(*row) for row in connection.execute(query)]
        if not found:
            self.get(job_id)
        return found

    def standing(self) -> tuple[dict[tuple[str, str], int], float | None]:
        """How many jobs there are by kind and status, and when the oldest queued one was submitted.

        >>> Ledger("sqlite://").standing()
        ({}, None)
        """
        groups = sa.select(jobs.c.kind, jobs.c.status, sa.func.count())
        oldest = sa.select(sa.func.min(jobs.c.submitted_at)).where(jobs.c.status == Status.QUEUED)
        with self._reading() as connection:
            counted = connection.execute(groups.group_by(jobs.c.kind, jobs.c.status))
            counts = {(kind, str(status)): count for kind, status, count in counted}
            return counts, connection.execute(oldest).scalar_one()

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
                return done

    def retry(self, job_id: str) -> Job:
        """Queue a failed or cancelled job again, with fresh attempts and its last checkpoint.

        Raises:
            NotFound: no such job. Conflict: it has not failed and was not cancelled.
        """
        fresh = {**QUEUED, "attempts": 0, "not_before": 0.0, "finished_at": None}
        ended = jobs.c.status.in_([Status.FAILED, Status.CANCELLED])
        job = self._change(job_id, ended, fresh, "status", {"status": Status.QUEUED})
        if job is None:
            found = f"{job_id}, {self.get(job_id).status}"
            raise Conflict("job", found=found, expected="failed or cancelled")
        return job

    def purge(self, older_than_s: float) -> int:
        """Forget jobs that ended more than ``older_than_s`` seconds ago, with their events.

        Their idempotency keys are forgotten too.

        Returns:
            How many.

        Raises:
            InvalidInput: a negative age.
        """
        if older_than_s < 0:
            raise InvalidInput("older_than", found=older_than_s, expected="at least 0")
        old = sa.and_(jobs.c.status.in_(_DONE), jobs.c.finished_at < self._clock() - older_than_s)
        with self._writing() as connection:
            return connection.execute(sa.delete(jobs).where(old)).rowcount

    def _submitted_before(self, by: str, key: str | None, body: str) -> Job:
        same = sa.and_(jobs.c.by == by, jobs.c.idempotency_key == key)
        with self._reading() as connection:
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


def _digest(kind: str, payload: Mapping[str, Any], priority: int) -> str:
    body = [kind, payload, priority] if priority else [kind, payload]
    try:
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput("payload", found=str(error), expected="plain JSON") from error
    return hashlib.sha256(text.encode()).hexdigest()


def _new_id(now: float) -> str:
    """Sorts by time of submission (to the microsecond) and cannot be guessed."""
    return f"{int(now * 1e6):014x}{secrets.token_hex(6)}"
