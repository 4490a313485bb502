"""BrainMap's taxonomy: behavioural domains (a tree) and paradigm classes (a flat list).

Fox et al. 2005, Hum Brain Mapp 25:185; Laird et al. 2009, Neuroinformatics 7:267.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from atlas.errors import InvalidInput
from atlas.model import FunctionTerm
from ingest.ontologies.terms import Ontology, Term

FILE = "brainmap_labels.tsv"
_COLUMNS = ("kind", "label")


def domain(label: str) -> str:
    """One spelling for a behavioural domain.

    >>> domain("Cognition.Social_Cognition ")
    'Cognition.Social Cognition'
    """
    parts = (" ".join(part.replace("_", " ").split()) for part in label.split("."))
    return ".".join(part for part in parts if part)


def paradigm(label: str) -> str:
    """One spelling for a paradigm class: dots and underscores are blanks, ``Task`` is implied.

    >>> paradigm("Subjective_Emotional.Picture_Discrimination")
    'subjective emotional picture discrimination'
    >>> paradigm("Theory_of_Mind_Task") == paradigm("Theory of Mind ")
    True
    """
    words = spelled(label).casefold().split()
    return " ".join(words[:-1] if words[-1:] == ["task"] else words)


def spelled(label: str) -> str:
    """A paradigm class with blanks between its words."""
    return " ".join(label.replace("_", " ").replace(".", " ").split())


DOMAINS = Ontology("brainmap-domain", "BrainMap behavioural domains", key=domain)
PARADIGMS = Ontology(
    "brainmap-paradigm",
    "BrainMap paradigm classes",
    FunctionTerm(
        "paradigm",
        "Paradigm classes",
        "What people did in the scanner. A task takes many functions and is none itself.",
        "BrainMap paradigm classes",
    ),
    paradigm,
)


def read(folder: Path) -> tuple[list[Term], list[Term]]:
    """The domains and the paradigm classes of ``brainmap_labels.tsv``.

    Raises:
        InvalidInput: no such file, other columns, or a kind that is neither of the two.
    """
    path = folder / FILE
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            "data", found=f"no readable {FILE} in {folder.name}/", expected="that table"
        ) from error
    reader = csv.DictReader(text.splitlines(), delimiter="\t")
    if missing := set(_COLUMNS) - set(reader.fieldnames or ()):
        raise InvalidInput(FILE, found=f"no column {min(missing)}", expected=", ".join(_COLUMNS))
    found: dict[str, list[str]] = {"behavioural_domain": [], "paradigm_class": []}
    for n, row in enumerate(reader, 2):
        if row["kind"] not in found:
            raise InvalidInput(
                f"{FILE} line {n}", found=repr(row["kind"]), expected=" or ".join(found)
            )
        found[row["kind"]].append(row["label"])
    domains, paradigms = found.values()
    return domain_terms(domains), paradigm_terms(paradigms)


def domain_terms(labels: Iterable[str]) -> list[Term]:
    """Domains as terms; all ancestors that the dots name count as parents, the nearest first."""
    return [
        Term(label, domain(label), tuple(_ancestors(domain(label))))
        for label in dict.fromkeys(labels)
    ]


def paradigm_terms(labels: Iterable[str]) -> list[Term]:
    """Paradigm classes as terms, spelled with blanks."""
    return [Term(label, spelled(label)) for label in dict.fromkeys(labels)]


def _ancestors(label: str) -> list[str]:
    parts = label.split(".")
    return [".".join(parts[:n]) for n in range(len(parts) - 1, 0, -1)]
