"""Which job is next: priority, then whose turn it is, then age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import sqlalchemy as sa

from jobs.backoff import LONGEST_S
from jobs.job import Status
from jobs.tables import job as jobs
from jobs.tables import job_turn as turns

_LIMITS_LOCK = 0x6E777600
"""Key of the advisory lock (PostgreSQL) under which jobs of limited kinds are counted."""


def choose(
    connection: sa.Connection, now: float, limits: Mapping[str, int], kinds: Iterable[str] | None
) -> str | None:
    """Id of the queued job to run next, which nobody else can take in this transaction.

    PostgreSQL locks its row and passes over rows that others have locked; on SQLite the
    transaction must have been begun for writing.
    """
    # A pause is never longer than LONGEST_S, so one that seems so tells of a clock set back.
    due = sa.or_(jobs.c.not_before <= now, jobs.c.not_before > now + LONGEST_S)
    ready = [jobs.c.status == Status.QUEUED, due]
    if kinds is not None:
        ready.append(jobs.c.kind.in_(sorted(kinds)))
    if full := _full(connection, limits):
        ready.append(jobs.c.kind.not_in(full))
    query = (
        sa.select(jobs.c.id)
        .join(turns, turns.c.by == jobs.c.by, isouter=True)
        .where(*ready)
        .order_by(jobs.c.priority.desc(), sa.func.coalesce(turns.c.number, 0), jobs.c.id)
        .limit(1)
        .with_for_update(of=jobs, skip_locked=True)
    )
    chosen: str | None = connection.execute(query).scalar()
    return chosen


def took_turn(connection: sa.Connection, by: str) -> None:
    """Put a user at the end of the round."""
    latest = sa.select(sa.func.coalesce(sa.func.max(turns.c.number), 0) + 1).scalar_subquery()
    row = insert(connection, turns).values(by=by, number=latest)
    connection.execute(row.on_conflict_do_update(index_elements=["by"], set_={"number": latest}))


def insert(connection: sa.Connection, table: sa.Table) -> Any:  # noqa: ANN401  (of either dialect)
    """An INSERT that can say what to do with a row that is there already."""
    # By name: every process that runs a job comes by here, and the other dialect costs 0.1 s.
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def _full(connection: sa.Connection, limits: Mapping[str, int]) -> list[str]:
    """Kinds that may not run more jobs now."""
    if not limits:
        return []
    if connection.dialect.name == "postgresql":
        # Counting and claiming must be one step across workers; SQLite has one writer anyway.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LIMITS_LOCK)))
    running = (
        sa.select(jobs.c.kind, sa.func.count())
        .where(jobs.c.status == Status.RUNNING, jobs.c.kind.in_(sorted(limits)))
        .group_by(jobs.c.kind)
    )
    counts = {kind: count for kind, count in connection.execute(running)}
    return [kind for kind, most in limits.items() if counts.get(kind, 0) >= most]
