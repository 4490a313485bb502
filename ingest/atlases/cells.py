"""Cells of tables, whatever their separator and decimal sign."""

from __future__ import annotations

import csv
import io
from collections import Counter

from atlas.errors import InvalidInput
from ingest.text import to_number


def split(text: str) -> list[list[str]] | None:
    r"""Cells of a separated table (tab, semicolon or comma), or None where lines do not agree.

    The separator is the first that cuts nine of ten lines into the same number of cells, at least
    two; so ``1;Precuneus;-4,5`` is cut at its semicolons.

    >>> split("id;name;x\n1;Precuneus;-4,5")
    [['id', 'name', 'x'], ['1', 'Precuneus', '-4,5']]
    >>> split("1 Left caudate\n2 Right caudate") is None
    True
    """
    for delimiter in "\t;,":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            rows = [[cell.strip() for cell in row] for row in reader]
        except csv.Error:
            continue
        rows = [row for row in rows if any(row) and not row[0].startswith("##")]
        if not rows:
            continue
        width, n = Counter(len(row) for row in rows).most_common(1)[0]
        if width > 1 and n >= 0.9 * len(rows):
            return rows
    return None


def number(text: str, field: str) -> float | None:
    """A number with a point or a comma for its decimals; None for an empty cell.

    Raises:
        InvalidInput: anything else.

    >>> number("-4,5", "x"), number("", "x"), number("n/a", "x")
    (-4.5, None, None)
    """
    if text.strip().lower() in {"", "n/a", "na", "nan", "none"}:
        return None
    value = to_number(text, decimal_comma=True)
    if value is None:
        raise InvalidInput(field, found=repr(text), expected="a number")
    return value
