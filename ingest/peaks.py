"""Peaks from files: tables, JSON lists, Sleuth text, NIMADS and NiMARE data sets."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from atlas.activation import Peak
from atlas.coordinates import PUBLISHED_MARGIN_MM, check_coordinate
from atlas.errors import InvalidInput
from atlas.spaces import require_space
from ingest import nimads, peak_tables, sleuth
from ingest.text import read_text

MAX_PEAKS = 100_000


@dataclass(frozen=True, slots=True)
class PeakTable:
    """Peaks as a file gives them; ``space`` is empty where the file does not say."""

    peaks: tuple[Peak, ...]
    space: str = ""

    def space_or(self, asked: str | None) -> str | None:
        """The file's space, else the one that was asked for.

        Raises:
            InvalidInput: the two contradict each other.
        """
        if not self.space or asked is None or require_space(asked) == self.space:
            return self.space or asked
        raise InvalidInput(
            "space",
            found=repr(asked),
            expected=f"{self.space}, as the file itself says",
            hint="leave the space out, or correct the file",
        )


def read_peaks(path: Path) -> PeakTable:
    """Read peaks in any of the forms that people exchange; coordinates are in mm.

    ``.json``: a list of ``[x, y, z]``, ``[x, y, z, value]`` or objects with ``x``, ``y``, ``z``
    and optionally ``value``, ``name`` and ``experiment``, an object with such a list under
    ``peaks`` (and its ``space``), a NIMADS studyset or a NiMARE data set (:mod:`ingest.nimads`).
    Text that starts with ``//``: Sleuth (:mod:`ingest.sleuth`). Other text: a table
    (:mod:`ingest.peak_tables`).

    Raises:
        InvalidInput: missing or unreadable file, missing column, coordinates that are text, NaN
            or outside the head, too many rows, no rows, a table of another tool whose columns are
            no coordinates in mm. The message names the row.
    """
    text = read_text(path, "peaks")
    if path.suffix.lower() == ".json":
        return _from_json(text)
    if sleuth.is_sleuth(text):
        space, rows = sleuth.parse(text)
    else:
        space, rows = peak_tables.parse(text, path.name)
    return PeakTable(tuple(peaks_of(rows)), space)


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


def _from_json(text: str) -> PeakTable:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("peaks", found=f"broken JSON ({error})", expected="JSON") from error
    if nimads.is_studyset(data):
        space, rows = nimads.from_studyset(data)
    elif nimads.is_nimare(data):
        space, rows = nimads.from_nimare(data)
    else:
        said = data.get("space") if isinstance(data, Mapping) else None
        space, rows = require_space(said) if isinstance(said, str) else "", data
    return PeakTable(tuple(peaks_of(rows)), space)


def _peak(row: object, field: str) -> Peak:
    if isinstance(row, Mapping):
        missing = [axis for axis in "xyz" if axis not in row]
        if missing:
            raise InvalidInput(field, found=f"no {', '.join(missing)}", expected="x, y and z")
        values = [row["x"], row["y"], row["z"]]
        value, name = row.get("value", 1.0), str(row.get("name") or "")
        experiment = str(row.get("experiment") or "")
    elif isinstance(row, Sequence) and not isinstance(row, str) and len(row) in (3, 4):
        values, value, name = list(row[:3]), (row[3] if len(row) == 4 else 1.0), ""
        experiment = ""
    else:
        raise InvalidInput(field, found=repr(row)[:60], expected="x, y, z and perhaps a value")
    margin = PUBLISHED_MARGIN_MM if experiment else 0.0
    x, y, z = (check_coordinate(v, axis, field, margin) for axis, v in enumerate(values))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InvalidInput(f"{field}.value", found=repr(value), expected="a finite number")
    return Peak(x, y, z, float(value), name, experiment)
