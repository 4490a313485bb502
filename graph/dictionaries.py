"""Dictionaries of the model library: categories, optimizers and platforms, with what names them.

Models and checkpoints name a term as text, so that a word can be in use before it has a record.
Functions, areas and data sets are dictionaries with nouns of their own.
"""

from __future__ import annotations

from atlas.errors import NotFound
from graph.entries import DICTIONARIES
from graph.store import Row, Store


def list_dictionaries(store: Store) -> list[Row]:
    """The dictionaries in order of their names: id, terms (records), uses (by other records)."""
    terms = {name: list_terms(store, name) for name in DICTIONARIES}
    return [
        {
            "id": name,
            "terms": sum(row["recorded"] for row in rows),
            "uses": sum(row["uses"] for row in rows),
        }
        for name, rows in terms.items()
    ]


def list_terms(store: Store, dictionary: str, *, replaced: bool = False) -> list[Row]:
    """The terms of one dictionary in order of their names.

    Rows: id, name, definition, aliases, status (active or deprecated), replaced_by, uses (how
    many models or checkpoints name it), recorded (False: in use, but nobody has added it),
    digest. Those that others have replaced are listed with ``replaced`` only.

    Raises:
        NotFound: names the dictionaries there are.
    """
    if dictionary not in DICTIONARIES:
        raise NotFound("dictionary", found=dictionary, expected=f"one of {', '.join(DICTIONARIES)}")
    uses = {
        row["name"]: row["uses"]
        for row in store.read("term/uses")
        if row["dictionary"] == dictionary
    }
    rows = [row for row in store.read("term/list") if row["dictionary"] == dictionary]
    found = [
        {**row, "uses": uses.get(row["name"], 0), "recorded": True}
        for row in rows
        if replaced or not row["replaced_by"]
    ]
    known = {row["name"] for row in rows}
    found += [_unrecorded(dictionary, name, uses[name]) for name in uses if name not in known]
    return sorted(found, key=lambda row: str(row["name"]))


def _unrecorded(dictionary: str, name: str, uses: int) -> Row:
    about = {"id": f"{dictionary}:{name}", "dictionary": dictionary, "name": name}
    stated = {"definition": "", "aliases": [], "status": "active", "replaced_by": []}
    return {**about, **stated, "digest": None, "uses": uses, "recorded": False}
