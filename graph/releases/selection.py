"""Content without some of its sources: what rests on them goes too."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from atlas.errors import NotFound
from graph.content import NOUNS, Content, Noun
from graph.releases.licences import TERMS, terms_of
from graph.store import Row

Lost = dict[str, set[str]]


def left_out(sources: Iterable[Row], without: Collection[str]) -> list[str]:
    """Ids of the sources that ``without`` names, by id or by a term of their licences.

    Raises:
        NotFound: neither a source nor a term.
    """
    rows = list(sources)
    known = {row["id"] for row in rows}
    for word in without:
        if word not in known and word not in TERMS:
            expected = f"the id of a source, or one of {', '.join(TERMS)}"
            raise NotFound("without", found=repr(word), expected=expected)
    wanted = set(without)
    terms = wanted & set(TERMS)
    return sorted(
        row["id"] for row in rows if row["id"] in wanted or terms & terms_of(row["licence"] or "")
    )


def without(content: Content, sources: Collection[str]) -> Content:
    """The content without these sources and all that rests on them.

    Their claims, atlases with regions, matrices and connections go, and what is about those.
    Regions lose a parent, scenarios the regions, that are gone. Compositions whose plan names
    something that is gone go too: their answer was found with it.
    """
    if not sources:
        return content
    lost: Lost = {"source": set(sources)}
    kept: Content = {}
    for name, noun in NOUNS.items():
        rows = [row for row in content[name] if not _rests_on(noun, row, lost)]
        if name == "composition":
            gone = set().union(*lost.values())
            rows = [row for row in rows if gone.isdisjoint(_names(row))]
        if noun.label:
            remaining = {row["id"] for row in rows}
            lost.setdefault(name, set()).update(
                row["id"] for row in content[name] if row["id"] not in remaining
            )
        kept[name] = [_loosened(noun, row, lost) for row in rows]
    return kept


def _rests_on(noun: Noun, row: Row, lost: Lost) -> bool:
    if noun.label and row["id"] in lost.get(noun.name, ()):
        return True
    return any(
        id in lost.get(other, ())
        for column, other, id in noun.references(row)
        if column not in noun.loose
    )


def _loosened(noun: Noun, row: Row, lost: Lost) -> Row:
    gone = lost.get("region", set())
    if noun.name == "region" and row["parent"] in gone:
        return {**row, "parent": ""}
    if noun.name == "scenario":
        activates = {id: value for id, value in row["activates"].items() if id not in gone}
        regions = [id for id in row["regions"] or () if id not in gone]
        return {**row, "activates": activates, "regions": regions}
    return row


def _names(composition: Row) -> Iterator[str]:
    for column in ("request", "plan", "spec", "history"):
        yield from _texts(json.loads(composition[column] or "null"))


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
