"""What an entry of the vocabulary holds: its id and what people state of it, checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from atlas.errors import InvalidInput
from graph.functions import parent_of
from graph.statements import text
from graph.store import Row

TREES = ("function", "area")
"""Nouns whose ids are paths: what is below an id moves with it."""

DICTIONARIES = ("category", "optimizer", "platform")
"""Dictionaries whose terms are named by models and checkpoints, as text."""

FIELDS: Mapping[str, Mapping[str, type]] = MappingProxyType(
    {
        "function": {
            "name": str,
            "definition": str,
            "ontology": str,
            "external_id": str,
            "aliases": list,
        },
        "area": {"name": str, "modality": str, "realizes": list},
        "dataset": {
            "name": str,
            "modalities": list,
            "labels": list,
            "licence": str,
            "citation": str,
            "content_sha256": str,
        },
        "term": {"definition": str, "aliases": list},
    }
)
"""What people state of each noun of the vocabulary, beside its id."""

_MAX_ID = 200
_PATH = re.compile(r"[^\s.|/]+(\.[^\s.|/]+)*")
_UNSAID: Row = {"status": None, "replaced_by": None, "edited_by": None}


def blank(noun: str, id: str) -> Row:
    """An entry of which nothing is stated yet; its name is the last part of the id.

    Raises:
        InvalidInput: an id that the noun cannot have.

    >>> blank("term", "optimizer:sgd")["name"], blank("area", "visual.form")["parent"]
    ('sgd', 'visual')
    """
    empty: Row = {field: [] if kind is list else "" for field, kind in FIELDS[noun].items()}
    if "aliases" in empty:
        empty["aliases"] = None
    row = placed(noun, {**empty, **_UNSAID}, id)
    return {**row, "name": row["name"] or id.rpartition(".")[2]}


def placed(noun: str, row: Row, id: str) -> Row:
    """The entry under another id.

    Raises:
        InvalidInput: an id that the noun cannot have.
    """
    if len(text("id", id)) > _MAX_ID or id != id.strip():
        raise InvalidInput("id", found=repr(id[:80]), expected=f"up to {_MAX_ID} characters")
    if noun in TREES:
        if not _PATH.fullmatch(id):
            raise InvalidInput("id", found=repr(id), expected="words with dots between them")
        return {**row, "id": id, "parent": parent_of(id)}
    if noun == "term":
        dictionary, _, name = id.partition(":")
        if dictionary not in DICTIONARIES or not name.strip():
            expected = f"<dictionary>:<name>, of {', '.join(DICTIONARIES)}"
            raise InvalidInput("id", found=repr(id), expected=expected)
        return {**row, "id": id, "dictionary": dictionary, "name": name}
    return {**row, "id": id, "name": row["name"] or id} if noun == "dataset" else {**row, "id": id}


def stated(noun: str, fields: Mapping[str, Any]) -> Row:
    """What somebody states, checked and in the form in which it is stored.

    Raises:
        InvalidInput: a field that the noun does not have, or another kind of value.
    """
    known = FIELDS[noun]
    found: Row = {}
    for field, value in fields.items():
        if field not in known:
            hint = "ids change by renaming" if field in ("id", "parent") else ""
            raise InvalidInput(
                field, found="a value", expected=f"one of {', '.join(known)}", hint=hint
            )
        if known[field] is list:
            found[field] = _listed(field, value)
        elif field == "name" or value:
            found[field] = text(field, value)
        else:
            found[field] = ""
    if "aliases" in found:
        found["aliases"] = found["aliases"] or None
    return found


def also_called(row: Row, names: Iterable[str]) -> Row:
    """The entry with further names, each once and none of them its own."""
    if "aliases" not in row:
        return row
    every = dict.fromkeys([*(row["aliases"] or ()), *names])
    return {**row, "aliases": [one for one in every if one and one != row["name"]] or None}


def _listed(field: str, value: Any) -> list[str]:  # noqa: ANN401 - as somebody stated it
    if isinstance(value, str) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(field, found=repr(value)[:80], expected="a list of words")
    listed = list(dict.fromkeys(text(field, item) for item in value))
    return sorted(listed) if field == "realizes" else listed
