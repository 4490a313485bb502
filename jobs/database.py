"""Opening the ledger's database: SQLite or PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.schema import CreateColumn

from atlas.errors import InvalidInput, Unavailable
from jobs.tables import metadata

BUSY_S = 20.0
"""How long to wait for another writer (SQLite) or for the server's answer (PostgreSQL)."""

PASSING = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE that may pass by themselves: connection, conflict, resources, shutdown."""


def connect(url: str) -> sa.Engine:
    """An engine with the tables in place.

    Raises:
        InvalidInput: not a database URL, or its driver is not installed.
        Unavailable: the database cannot be opened or written.
    """
    address = _address(url)
    engine = _engine(address)
    try:
        if engine.dialect.name == "sqlite" and address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        _create_tables(engine)
    except (OSError, DBAPIError) as error:
        engine.dispose()
        raise Unavailable(
            "jobs",
            found=_said(error),
            expected="a ledger that can be opened and written",
            hint=address.render_as_string(hide_password=True),
        ) from error
    return engine


@contextmanager
def answering() -> Iterator[None]:
    """Turn what may pass by itself into ``Unavailable``: busy, full, shut down, out of reach."""
    try:
        yield
    except DBAPIError as error:
        if not _passing(error):
            raise
        found = _said(error)
        raise Unavailable("jobs", found=found, expected="a ledger that answers") from error
    except OSError as error:
        raise Unavailable("jobs", found=str(error), expected="a ledger that answers") from error


def _passing(error: DBAPIError) -> bool:
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
        return True
    return _reported(error).get("C", "").startswith(PASSING)


def _reported(error: DBAPIError) -> dict[str, str]:
    """The fields of a PostgreSQL server's error; empty for others."""
    args = getattr(error.orig, "args", ())
    return args[0] if args and isinstance(args[0], dict) else {}


def _said(error: OSError | DBAPIError) -> str:
    if isinstance(error, OSError):
        return str(error)
    return _reported(error).get("M") or str(error.orig)


def _address(url: str) -> sa.URL:
    """The URL with its driver: ``postgresql://`` means pg8000, which is pure Python."""
    try:
        address = sa.make_url(url)
    except ArgumentError as error:
        raise _not_a_url(error) from error
    if address.drivername.partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
        raise _not_a_url(address.drivername)
    if address.drivername in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+pg8000")
    return address


def _engine(address: sa.URL) -> sa.Engine:
    try:
        if address.get_backend_name() == "sqlite":
            engine = sa.create_engine(address, connect_args={"timeout": BUSY_S})
            sa.event.listen(engine, "connect", _prepare_sqlite)
            sa.event.listen(engine, "begin", _begin_sqlite)
            return engine
        # Connections are tried before use, so that a restarted server is not an error.
        timeout = {"timeout": BUSY_S} if address.drivername.endswith("pg8000") else {}
        return sa.create_engine(address, connect_args=timeout, pool_pre_ping=True)
    except ImportError as error:
        raise InvalidInput(
            "jobs.url",
            found=f"{address.drivername}, whose driver is not installed ({error})",
            expected="an installed driver",
            hint="pip install 'neuroweave[postgresql]'",
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise _not_a_url(error) from error


def _not_a_url(found: object) -> InvalidInput:
    return InvalidInput(
        "jobs.url", found=str(found), expected="sqlite:///… or postgresql://user@host/database"
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  (DBAPI object)
    """Readers beside one writer, and a commit that survives a power cut."""
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    """Writers queue up at the start: SQLite refuses to turn a stale reader into a writer."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _create_tables(engine: sa.Engine) -> None:
    """Make what is missing. Processes may start together, so the loser of a race looks again."""
    for attempt in range(10):
        try:
            seen = sa.inspect(engine)
            there = set(seen.get_table_names())
            missing = [table for table in metadata.sorted_tables if table.name not in there]
            metadata.create_all(engine, tables=missing, checkfirst=False)
            return _add_missing(engine, seen, there)
        except (OperationalError, sa.exc.ProgrammingError, sa.exc.IntegrityError):
            if attempt == 9:
                raise
            time.sleep(0.05 * (attempt + 1))
    return None


def _add_missing(engine: sa.Engine, seen: sa.Inspector, tables: set[str]) -> None:
    """Bring the tables of an older version up to date: columns and indexes are only ever added."""
    for table in metadata.tables.values():
        if table.name not in tables:
            continue
        columns = {column["name"] for column in seen.get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns:
                words = str(CreateColumn(column).compile(dialect=engine.dialect))
                with engine.execution_options(writes=True).begin() as connection:
                    connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {words}")
        indexes = {index["name"] for index in seen.get_indexes(table.name)} if table.indexes else ()
        for index in table.indexes:
            if index.name not in indexes:
                index.create(engine)
