"""The Cognitive Atlas' concepts with definitions, aliases and relations.

Poldrack et al. 2011, Front Neuroinform 5:17. Its content is CC BY-SA 3.0: definitions and relations
are read from the user's copy, only ids and labels of the reviewed mapping come with the project.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from html import unescape
from pathlib import Path

from atlas.errors import InvalidInput
from atlas.model import FunctionTerm, Source
from ingest.ontologies.terms import Ontology, Term

CONCEPTS, RELATIONS, ALIASES = "cogat_concepts.tsv", "cogat_relationships.csv", "cogat_aliases.csv"
UPWARDS = "isKindOf"
"""The relation that leads to a parent: a sub-function is a kind of the one above, not a part."""

ONTOLOGY = Ontology(
    "cognitive-atlas",
    "Cognitive Atlas",
    FunctionTerm(
        "concept",
        "Concepts",
        "Concepts of the Cognitive Atlas that no function of the tree stands above.",
        "Cognitive Atlas",
    ),
    source=Source(
        "cognitive-atlas",
        "Cognitive Atlas",
        licence="CC BY-SA 3.0",
        citation="Poldrack et al. 2011, Front Neuroinform 5:17, doi:10.3389/fninf.2011.00017",
        url="https://www.cognitiveatlas.org",
    ),
)


def read(folder: Path) -> list[Term]:
    """The concepts in the file's order; relations among concepts only, without ``isSelf``.

    Raises:
        InvalidInput: a file is missing or lacks a column, or two concepts share an id.
    """
    rows = _rows(folder, CONCEPTS, ("id", "name", "alias", "definition"), "\t")
    names = {row["id"]: row["name"].strip() for row in rows}
    if len(names) != len(rows):
        raise InvalidInput(CONCEPTS, found="two concepts with one id", expected="unique ids")
    relations: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in _rows(folder, RELATIONS, ("input", "output", "rel_type"), ","):
        one, other, kind = row["input"], row["output"], row["rel_type"]
        if one in names and other in names and kind != "isSelf":
            relations[one].append((kind, other))
    aliases: dict[str, list[str]] = defaultdict(list)
    for row in _rows(folder, ALIASES, ("id", "name", "alias"), ","):
        aliases[row["id"]].append(row["alias"])
    return [
        Term(
            row["id"],
            names[row["id"]],
            tuple(dict.fromkeys(o for kind, o in relations[row["id"]] if kind == UPWARDS)),
            _aliases(names[row["id"]], [*row["alias"].split(","), *aliases[row["id"]]]),
            unescape(row["definition"]).strip(),
            tuple(dict.fromkeys(relations[row["id"]])),
        )
        for row in rows
    ]


def _aliases(name: str, found: list[str]) -> tuple[str, ...]:
    """Other names, each once, whatever its capitals."""
    own = {name.casefold(): name}
    for alias in found:
        own.setdefault(alias.strip().casefold(), alias.strip())
    return tuple(alias for key, alias in own.items() if key and key != name.casefold())


def _rows(folder: Path, name: str, columns: tuple[str, ...], by: str) -> list[dict[str, str]]:
    try:
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=by, restval="")
            if missing := [column for column in columns if column not in (reader.fieldnames or ())]:
                raise InvalidInput(name, found=f"no column {missing[0]}", expected=str(columns))
            return list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            "data", found=f"no readable {name} in {folder.name}/", expected="that table"
        ) from error
