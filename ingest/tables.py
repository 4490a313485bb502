"""Small tables with a header of comments, as the built-in data are kept."""

from __future__ import annotations

import csv

from atlas.errors import InvalidInput


def parse_table(
    text: str, name: str, columns: tuple[str, ...]
) -> tuple[list[str], list[dict[str, str]]]:
    """Split a tab-separated table with comment lines on top.

    Returns:
        The comment lines without their ``#``, and one dict per row.

    Raises:
        InvalidInput: the columns are not the expected ones.
    """
    lines = text.splitlines()
    comments = [line[1:].strip() for line in lines if line.startswith("#")]
    body = [line for line in lines if line and not line.startswith("#")]
    reader = csv.DictReader(body, delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(reader.fieldnames or ()) != columns:
        raise InvalidInput(
            name,
            found=f"columns {', '.join(reader.fieldnames or ())}",
            expected=", ".join(columns),
        )
    return comments, list(reader)
