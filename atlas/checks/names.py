"""Does every region have a name of its own?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from atlas.checks.facts import Facts, title
from atlas.checks.report import Finding, found
from atlas.hemispheres import hemisphere_of

_PLACEHOLDERS = {"none", "nan", "null", "n/a", "na", "nil", "<na>", "-", "?", "???"}


def check_names(facts: Facts) -> Iterator[Finding]:
    """Empty names, words that stand for no name, and names that several regions carry."""
    names = [row.name.strip() for row in facts.rows]
    empty = [f"id {row.id}" for row, name in zip(facts.rows, names, strict=True) if not name]
    yield from found("error", "EMPTY_NAMES", empty, "name the regions, or leave their rows out")
    literal = [
        title(row)
        for row, name in zip(facts.rows, names, strict=True)
        if name.lower() in _PLACEHOLDERS
    ]
    hint = "a program wrote its word for nothing into the table; the names are lost"
    yield from found("error", "PLACEHOLDER_NAMES", literal, hint)
    # One name for both sides is usual where a column tells them apart.
    keys = Counter(
        (name, hemisphere_of(name, row.hemisphere))
        for row, name in zip(facts.rows, names, strict=True)
        if name and name.lower() not in _PLACEHOLDERS
    )
    twice = [f"{name} ({n} times)" for (name, _), n in keys.items() if n > 1]
    hint = "regions are matched by name (connectivity, searches): make the names differ"
    yield from found("warning", "DUPLICATE_NAMES", twice, hint)
