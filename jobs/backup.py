"""The ledger's database as lines of JSON, the same from SQLite and PostgreSQL.

A line is a row: ``{"table": "job", "row": {…}}``. Every table that is registered beside the
ledger's comes along, the accounts' too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import IO

import sqlalchemy as sa

from atlas.errors import Conflict, InvalidInput
from jobs.database import answering, connect
from jobs.tables import metadata

BATCH = 500


def dump(url: str, file: IO[bytes]) -> dict[str, int]:
    """Write all rows as they are at one moment; nobody waits.

    Returns:
        Rows by table.

    Raises:
        Unavailable: the database does not answer.
    """
    engine = connect(url)
    if engine.dialect.name != "sqlite":  # whose transactions always see one moment
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    counts = {table.name: 0 for table in metadata.sorted_tables}
    try:
        with answering(), engine.begin() as connection:
            for table in metadata.sorted_tables:
                for row in connection.execute(sa.select(table)).mappings():
                    line = {"table": table.name, "row": dict(row)}
                    file.write(json.dumps(line, sort_keys=True).encode() + b"\n")
                    counts[table.name] += 1
    finally:
        engine.dispose()
    return counts


def checked(lines: Iterable[bytes]) -> dict[str, int]:
    """Read a dump without a database; rows by table.

    Raises:
        InvalidInput: a line that :func:`dump` would not write.
    """
    counts = {table.name: 0 for table in metadata.sorted_tables}
    for line in lines:
        counts[_parsed(line)[0]] += 1
    return counts


def restore(url: str, lines: Iterable[bytes], and_then: Callable[[], None]) -> None:
    """Read a dump into an empty database: all of it, if ``and_then`` succeeds, or nothing.

    Raises:
        Conflict: the database has jobs or accounts.
        InvalidInput: a line that :func:`dump` would not write.
        Unavailable: the database does not answer.
    """
    engine = connect(url)
    try:
        with answering(), engine.execution_options(writes=True).begin() as connection:
            for table in metadata.sorted_tables:
                if connection.execute(sa.select(table).limit(1)).first() is not None:
                    found = f"rows in its table {table.name}"
                    raise Conflict("job ledger", found=found, expected="an empty one")
            _insert(connection, lines)
            and_then()
    finally:
        engine.dispose()


def _insert(connection: sa.Connection, lines: Iterable[bytes]) -> None:
    name, waiting = "", list[dict[str, object]]()
    for line in lines:
        table, row = _parsed(line)
        if waiting and (table != name or len(waiting) == BATCH or row.keys() != waiting[0].keys()):
            connection.execute(sa.insert(metadata.tables[name]), waiting)
            waiting = []
        name = table
        waiting.append(row)
    if waiting:
        connection.execute(sa.insert(metadata.tables[name]), waiting)


def _parsed(line: bytes) -> tuple[str, dict[str, object]]:
    try:
        found = json.loads(line)
        name, row = found["table"], found["row"]
        known = row.keys() <= set(metadata.tables[name].columns.keys())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("backup", found="a line of no table", expected="rows") from error
    if not known:
        expected = f"columns of this version's table {name}"
        raise InvalidInput("backup", found=f"{', '.join(sorted(row))}", expected=expected)
    return name, row
