"""Keyset pages and words to search for."""

from __future__ import annotations

import re
from itertools import islice

from atlas.errors import InvalidInput
from graph.store import Row

MAX_LIMIT = 10_000

_LONGEST, _MOST = 100, 100


def check_limit(limit: int) -> int:
    """The limit, if it makes sense.

    Raises:
        InvalidInput: not in 1..10,000.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput("limit", found=limit, expected=f"1 to {MAX_LIMIT}")
    return limit


def page(rows: list[Row], limit: int, key: str = "id") -> tuple[list[Row], str | None]:
    """Rows of a query that was asked for ``limit + 1``, and the key to go on after."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], str(rows[limit - 1][key])


def full_text(words: str) -> str | None:
    """A full-text query for names in which every word begins some word; None for no words.

    Nothing of the query language gets through: only letters and digits are kept. A word counts
    once and by its first 100 characters, and the first 100 words count: more than names have, and
    no more than both servers take.

    >>> full_text("vis* cortex")
    '+vis* +cortex*'
    """
    parts = dict.fromkeys(word.lower()[:_LONGEST] for word in re.findall(r"[^\W_]+", words))
    return " ".join(f"+{part}*" for part in islice(parts, _MOST)) or None
