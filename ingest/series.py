"""Region × time tables and event files (BIDS ``events.tsv``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from atlas.decode.series import Event, Series
from atlas.errors import InvalidInput
from ingest.text import cells_of, check_size, read_text, to_number

MAX_VALUES = 20_000_000
MAX_LINE = 1_000_000
_TIME = ("time", "t", "volume", "tr", "index", "")


def read_series(path: Path, tr: float) -> Series:
    """Read a table with a row a volume and a column a region, named in the header.

    Tabs, semicolons or commas separate the cells. A first column named ``time`` (or ``volume``,
    ``index``, or nothing) is left out.

    Args:
        path: the table.
        tr: repetition time, seconds between rows.

    Raises:
        InvalidInput: unreadable file, no rows, two columns of one name, a cell that is no finite
            number, rows of unequal length, too many values, an impossible ``tr``.
    """
    if not 0.01 <= tr <= 60:
        raise InvalidInput("tr", found=f"{tr:g}", expected="seconds, 0.01 to 60")
    header, rows = _table(path, "series")
    names = [name.strip() for name in header]
    first = 1 if names[0].casefold() in _TIME else 0
    names = names[first:]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        found = f"two columns named {min(twice)!r}"
        raise InvalidInput("series", found=found, expected="every name once")
    if len(rows) * len(names) > MAX_VALUES:
        found = f"{len(rows):,} rows of {len(names):,} values"
        raise InvalidInput("series", found=found, expected=f"at most {MAX_VALUES:,} values")
    return Series(tuple(names), np.array([_numbers(row[first:], i) for i, row in rows]), tr)


def read_events(path: Path) -> list[Event]:
    """Read ``onset``, ``duration`` (seconds) and ``trial_type`` of a BIDS events file.

    Raises:
        InvalidInput: unreadable file, missing column, times that are no numbers, no rows.
    """
    header, rows = _table(path, "events")
    columns = [name.strip().casefold() for name in header]
    missing = [c for c in ("onset", "duration", "trial_type") if c not in columns]
    if missing:
        raise InvalidInput(
            "events", found=f"columns {', '.join(header)}", expected=f"also {', '.join(missing)}"
        )
    at = {name: columns.index(name) for name in ("onset", "duration", "trial_type")}
    events = []
    for i, row in rows:
        onset, duration = (to_number(row[at[name]], decimal_comma=True) for name in list(at)[:2])
        if (
            onset is None
            or duration is None
            or not 0 <= duration < np.inf
            or not np.isfinite(onset)
        ):
            raise InvalidInput(
                f"events, row {i}",
                found=f"onset {row[at['onset']]!r}, duration {row[at['duration']]!r}",
                expected="seconds, the duration not negative",
            )
        events.append(Event(onset, duration, row[at["trial_type"]].strip()))
    return events


def _table(path: Path, field: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and numbered rows, all of one length."""
    text = read_text(path, field)
    check_size(text, field, line=MAX_LINE)
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        raise InvalidInput(field, found=f"{len(lines)} lines", expected="a header and rows")
    delimiter = next((d for d in "\t;," if d in lines[0]), ",")
    header, *rows = cells_of(lines, field, delimiter)
    for i, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise InvalidInput(
                f"{field}, row {i}",
                found=f"{len(row)} cells",
                expected=f"{len(header)}, as in the header",
                hint="decimal commas need another separator" if delimiter == "," else "",
            )
    return header, list(enumerate(rows, start=1))


def _numbers(row: list[str], i: int) -> list[float]:
    values = [to_number(cell, decimal_comma=True) for cell in row]
    for cell, value in zip(row, values, strict=True):
        if value is None or not np.isfinite(value):
            raise InvalidInput(f"series, row {i}", found=repr(cell), expected="a finite number")
    return [value for value in values if value is not None]
