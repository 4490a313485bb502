"""Guarded changes of rows: what both halves of the ledger are made of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from atlas.errors import NotFound
from jobs.database import answering, connect
from jobs.job import Job, Status
from jobs.tables import job as jobs
from jobs.tables import job_event

VISIBLE = [jobs.c[name] for name in Job.__dataclass_fields__]

QUEUED: dict[str, Any] = {
    "status": Status.QUEUED,
    "worker": None,
    "lease_s": None,
    "cancel_requested": False,
    "problem": None,
}
"""What a row looks like that goes back to the queue."""


class Rows:
    """The tables, and the one way to change a job: a compare and swap with its event.

    Every change is one guarded ``UPDATE`` and its event in one transaction. Whatever may pass by
    itself (the database is busy, full, restarted) is raised as ``Unavailable``, and then nothing
    was changed, or all of it.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        self.url = url
        self._clock = clock
        self._engine = connect(url)
        self._writer = self._engine.execution_options(writes=True)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def get(self, job_id: str) -> Job:
        """The job as it is now.

        Raises:
            NotFound: no such job.
        """
        return self._one(jobs.c.id == job_id, job_id)

    def _one(self, where: sa.ColumnElement[bool], name: str) -> Job:
        with self._reading() as connection:
            row = connection.execute(sa.select(*VISIBLE).where(where)).first()
        if row is None:
            raise NotFound("job", found=name, expected="the id of a job in the ledger")
        return as_job(row)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with answering(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with answering(), self._writer.begin() as connection:
            yield connection

    def _change(
        self,
        job_id: str,
        guard: sa.ColumnElement[bool],
        values: Mapping[str, Any],
        event: str,
        data: Mapping[str, Any],
    ) -> Job | None:
        """Change the row and add an event in one transaction; None if the guard does not hold."""
        changed = {**values, "last_event": jobs.c.last_event + 1}
        update = sa.update(jobs).where(jobs.c.id == job_id, guard).values(changed)
        with self._writing() as connection:
            row = connection.execute(update.returning(*VISIBLE)).first()
            if row is None:
                return None
            insert_event(connection, job_id, row.last_event, self._clock(), event, data)
        return as_job(row)

    def _ending(self, status: Status) -> dict[str, Any]:
        return {"status": status, "finished_at": self._clock(), "worker": None, "lease_s": None}


def held(fence: int) -> sa.ColumnElement[bool]:
    """Guard: the job is running and this is the token of its running attempt."""
    return sa.and_(jobs.c.status == Status.RUNNING, jobs.c.fence == fence)


def as_job(row: sa.Row[Any]) -> Job:
    """A row of :data:`VISIBLE` columns as a job."""
    values = row._asdict()
    return Job(**{**values, "status": Status(values["status"])})


def insert_event(
    connection: sa.Connection,
    job_id: str,
    number: int,
    at: float,
    kind: str,
    data: Mapping[str, Any],
) -> None:
    """Add an event; its number must be the one that the job's row was just given."""
    row = {"job_id": job_id, "id": number, "at": at, "kind": kind, "data": dict(data)}
    connection.execute(sa.insert(job_event).values(row))
