"""Two releases side by side: records added, gone and changed."""

from __future__ import annotations

from typing import Any

from graph.content import NOUNS, Content
from graph.store import Row


def diff(before: Content, after: Content) -> list[Row]:
    """What it takes to get from one content to the other.

    Returns:
        Rows noun, key (its parts joined by spaces), change (added, gone, changed), columns (of a
        changed record: ``{name: [before, after]}``), in order of nouns and keys.
    """
    rows: list[Row] = []
    for name, noun in NOUNS.items():
        old = {noun.key_of(row): row for row in before[name]}
        new = {noun.key_of(row): row for row in after[name]}
        for key in sorted(old.keys() | new.keys()):
            one, other = old.get(key), new.get(key)
            if one != other:
                change = "added" if one is None else "gone" if other is None else "changed"
                columns = _columns(one, other) if one and other else {}
                rows.append(
                    {"noun": name, "key": " ".join(key), "change": change, "columns": columns}
                )
    return rows


def summary(rows: list[Row]) -> dict[str, dict[str, int]]:
    """How many of each noun were added, are gone and changed."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        own = counts.setdefault(row["noun"], {"added": 0, "gone": 0, "changed": 0})
        own[row["change"]] += 1
    return counts


def _columns(before: Row, after: Row) -> dict[str, list[Any]]:
    names = sorted(before.keys() | after.keys())
    return {
        name: [before.get(name), after.get(name)]
        for name in names
        if before.get(name) != after.get(name)
    }
