"""The job ledger against a bare table: jobs claimed and finished, events appended, per second.

Run ``python -m bench.jobs [--json]``. The baseline is what a first version would be: the standard
``sqlite3`` module, one table, ``BEGIN IMMEDIATE; SELECT … LIMIT 1; UPDATE``, flushed to disk at
each commit like ours, but without leases, events, turns, limits or priorities. PostgreSQL is
measured where its programs are installed.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench._report import Results, case, main
from jobs.ledger import Ledger, default_url

JOBS, EVENTS, USERS = 300, 500, 5

Rates = tuple[float, float]
"""Jobs claimed and finished, and events, per second."""


def per_second(n: int, work: Callable[[], None]) -> float:
    """How often a second, of ``n`` times."""
    start = time.perf_counter()
    work()
    return n / (time.perf_counter() - start)


def ours(url: str) -> Rates:
    """Claims with their end, and progress events, per second."""
    ledger = Ledger(url)
    for number in range(JOBS + 1):
        ledger.submit("build", {"n": number}, by=f"user {number % USERS}")

    def drain() -> None:
        for _ in range(JOBS):
            job = ledger.claim("bench")
            assert job is not None
            ledger.finish(job.id, job.fence, {})

    def tell() -> None:
        job = ledger.claim("bench")
        assert job is not None
        for number in range(EVENTS):
            ledger.progress(job.id, job.fence, "on", number / EVENTS)

    rates = per_second(JOBS, drain), per_second(EVENTS, tell)
    ledger.close()
    return rates


def bare(path: Path) -> Rates:
    """The same on a table without promises."""
    with sqlite3.connect(path, isolation_level=None) as table:
        table.execute("PRAGMA journal_mode = WAL")
        table.execute("PRAGMA synchronous = FULL")
        table.execute("CREATE TABLE job (id INTEGER PRIMARY KEY, payload TEXT, status TEXT)")
        table.execute("CREATE TABLE event (job INTEGER, data TEXT)")
        rows = [(json.dumps({"n": number}), "queued") for number in range(JOBS)]
        table.executemany("INSERT INTO job (payload, status) VALUES (?, ?)", rows)

        def drain() -> None:
            for _ in range(JOBS):
                table.execute("BEGIN IMMEDIATE")
                query = "SELECT id FROM job WHERE status = 'queued' ORDER BY id LIMIT 1"
                (job,) = table.execute(query).fetchone()
                table.execute("UPDATE job SET status = 'running' WHERE id = ?", (job,))
                table.execute("COMMIT")
                table.execute("UPDATE job SET status = 'done' WHERE id = ?", (job,))

        def tell() -> None:
            for number in range(EVENTS):
                data = json.dumps({"message": "on", "fraction": number / EVENTS})
                table.execute("INSERT INTO event VALUES (1, ?)", (data,))

        return per_second(JOBS, drain), per_second(EVENTS, tell)


def better(one: Rates, other: Rates) -> Rates:
    """The higher of each."""
    return max(one[0], other[0]), max(one[1], other[1])


def run() -> Results:
    """Ours on SQLite, and on PostgreSQL where there is one, beside the bare table; best of 3."""
    base = found = (0.0, 0.0)
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            base = better(bare(home / "bare.db"), base)
            found = better(ours(default_url(home)), found)
    rates = {"SQLite": found, **on_postgres()}
    results: Results = {}
    for name, (claims, events) in rates.items():
        results[f"{name}: a job claimed and finished"] = case(1e3 / claims, 1e3 / base[0], "ms")
        results[f"{name}: an event"] = case(1e3 / events, 1e3 / base[1], "ms")
    return results


def on_postgres() -> dict[str, Rates]:
    """Ours on a PostgreSQL that flushes its commits; nothing where there is none."""
    from tests.servers import postgres

    try:
        with postgres.running(fsync=True) as server:
            return {"PostgreSQL": max(ours(server.new_database()) for _ in range(3))}
    except postgres.MissingError as error:
        print(f"PostgreSQL is not measured: {error}", file=sys.stderr)
        return {}


if __name__ == "__main__":
    main(run, __doc__)
