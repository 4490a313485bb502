"""The columns that a statement returns, read from its text.

The embedded engine names them only beside a first row; an empty table has columns all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph.tokens import Token, tokens

_AFTER = frozenset(("ORDER", "SKIP", "OFFSET", "LIMIT", "UNION"))


def returned(query: str) -> list[str]:
    """Names of the columns in their order; none where the text does not tell (``RETURN *``).

    >>> returned("MATCH (n) RETURN DISTINCT n.id AS id, count(*) ORDER BY id")
    ['id', 'count(*)']
    """
    found = tokens(query)
    start = _last_return(found)
    if start is None:
        return []
    items = list(_items(found, start))
    names = [_name(query, found, first, last) for first, last in items]
    return [] if "*" in names else names


def _last_return(found: Sequence[Token]) -> int | None:
    """Position behind the outermost RETURN, or behind the YIELD of a bare CALL."""
    depth, start = 0, None
    for position, token in enumerate(found):
        depth += _step(token)
        if depth == 0 and token.word in {"RETURN", "YIELD"}:
            start = position + 1
    if start is not None and start < len(found) and found[start].word == "DISTINCT":
        start += 1
    return start


def _items(found: Sequence[Token], start: int) -> Iterator[tuple[int, int]]:
    """First and last position of every item of the list that begins at ``start``."""
    depth, first = 0, start
    for position in range(start, len(found)):
        depth += _step(found[position])
        if depth == 0 and found[position].word in _AFTER:
            yield first, position - 1
            return
        if depth == 0 and found[position].text == ",":
            yield first, position - 1
            first = position + 1
    yield first, len(found) - 1


def _name(query: str, found: Sequence[Token], first: int, last: int) -> str:
    if last - first >= 2 and found[last - 1].word == "AS":
        name = found[last].text
        return name[1:-1].replace("``", "`") if found[last].kind == "quoted" else name
    end = found[last].start + len(found[last].text)
    return query[found[first].start : end]


def _step(token: Token) -> int:
    if token.text in {"(", "[", "{"}:
        return 1
    return -1 if token.text in {")", "]", "}"} else 0
