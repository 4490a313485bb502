"""Peak tables: JSON lists and tables of x, y, z and, if there is one, a value."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from atlas.activation import Peak
from atlas.coordinates import check_coordinate
from atlas.errors import InvalidInput

MAX_PEAKS = 100_000
_COLUMNS = {"x": "x", "y": "y", "z": "z", "value": "value", "name": "name"} | {
    "statistic": "value", "stat": "value", "label": "name",
}  # fmt: skip


def read_peaks(path: Path) -> list[Peak]:
    """Read a peak table.

    ``.json``: a list of ``[x, y, z]``, ``[x, y, z, value]`` or objects with ``x``, ``y``, ``z``
    and optionally ``value`` and ``name``, or an object with such a list under ``peaks``. Other
    files: comma-, semicolon- or tab-separated with a header that names the columns, or three or
    four bare numbers a line. Lines that start with ``#`` are comments. Coordinates are in mm.

    Raises:
        InvalidInput: missing or unreadable file, missing column, coordinates that are text, NaN
            or outside the head, too many rows, no rows. The message names the row.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            "peaks",
            found=f"{path.name!r}, which cannot be read ({error})",
            expected="a text file with coordinates",
        ) from error
    if path.suffix.lower() == ".json":
        return peaks_of(_parse_json(text))
    return peaks_of(_parse_table(text))


def peaks_of(rows: object, field: str = "peaks") -> list[Peak]:
    """Check rows from JSON or a table and make peaks of them.

    >>> peaks_of([[1, 2, 3], {"x": 4, "y": 5, "z": 6, "value": 2.5}])[1].value
    2.5
    """
    if isinstance(rows, Mapping):
        rows = rows.get("peaks")
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise InvalidInput(field, found=type(rows).__name__, expected="a list of peaks")
    if not rows:
        raise InvalidInput(field, found="0 peaks", expected="at least one")
    if len(rows) > MAX_PEAKS:
        raise InvalidInput(field, found=f"{len(rows):,} peaks", expected=f"at most {MAX_PEAKS:,}")
    return [_peak(row, f"{field}[{i}]") for i, row in enumerate(rows)]


def _peak(row: object, field: str) -> Peak:
    if isinstance(row, Mapping):
        missing = [axis for axis in "xyz" if axis not in row]
        if missing:
            raise InvalidInput(field, found=f"no {', '.join(missing)}", expected="x, y and z")
        values = [row["x"], row["y"], row["z"]]
        value, name = row.get("value", 1.0), str(row.get("name") or "")
    elif isinstance(row, Sequence) and not isinstance(row, str) and len(row) in (3, 4):
        values, value, name = list(row[:3]), (row[3] if len(row) == 4 else 1.0), ""
    else:
        raise InvalidInput(field, found=repr(row)[:60], expected="x, y, z and perhaps a value")
    x, y, z = (check_coordinate(v, axis, field) for axis, v in enumerate(values))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InvalidInput(f"{field}.value", found=repr(value), expected="a finite number")
    return Peak(x, y, z, float(value), name)


def _parse_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput("peaks", found=f"broken JSON ({error})", expected="JSON") from error


def _parse_table(text: str) -> list[Any]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise InvalidInput("peaks", found="an empty table", expected="rows of x, y, z")
    delimiter = next((d for d in "\t;," if d in lines[0]), None)
    cells = [_split(line, delimiter) for line in lines]
    if all(_number(cell) is not None for cell in cells[0]):
        return [[_cell(cell) for cell in row] for row in cells]
    columns = [_COLUMNS.get(name.strip().lower(), "") for name in cells[0]]
    missing = [axis for axis in "xyz" if axis not in columns]
    if missing:
        raise InvalidInput(
            "peaks", found=f"columns {', '.join(cells[0])}", expected="columns x, y, z"
        )
    return [_labelled(columns, row) for row in cells[1:]]


def _labelled(columns: Iterable[str], row: Iterable[str]) -> dict[str, Any]:
    return {
        column: cell if column == "name" else _cell(cell)
        for column, cell in zip(columns, row, strict=False)
        if column
    }


def _split(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return line.split()
    return next(csv.reader([line], delimiter=delimiter))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _cell(text: str) -> float | str:
    """The number in a cell, or its text, which the checks then name."""
    number = _number(text)
    return text if number is None else number
