"""Opening the ledger's database."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from atlas.errors import InvalidInput, Unavailable
from jobs.tables import metadata

BUSY_S = 20.0
"""How long a writer waits for another one before it gives up (SQLite)."""


def connect(url: str) -> sa.Engine:
    """An engine with the tables in place.

    Raises:
        InvalidInput: not a database URL. Unavailable: the database cannot be opened or written.
    """
    try:
        address = sa.make_url(url)
        sqlite = address.get_backend_name() == "sqlite"
        engine = sa.create_engine(address, connect_args={"timeout": BUSY_S} if sqlite else {})
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise InvalidInput(
            "jobs.url", found=str(error), expected="sqlite:///… or postgresql://…"
        ) from error
    if sqlite:
        sa.event.listen(engine, "connect", _prepare_sqlite)
    try:
        if sqlite and address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        _create_tables(engine)
    except (OSError, DBAPIError) as error:
        engine.dispose()
        raise Unavailable(
            "jobs",
            found=str(getattr(error, "orig", error)),
            expected="a ledger that can be opened and written",
            hint=address.render_as_string(hide_password=True),
        ) from error
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  (DBAPI object)
    """Readers beside one writer, and a commit that survives a power cut."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _create_tables(engine: sa.Engine) -> None:
    """Make what is missing. Processes may start together, so the loser of a race looks again."""
    for attempt in range(10):
        try:
            return metadata.create_all(engine)
        except (OperationalError, sa.exc.ProgrammingError, sa.exc.IntegrityError):
            if attempt == 9:
                raise
            time.sleep(0.05 * (attempt + 1))
    return None
