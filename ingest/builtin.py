"""What comes with the project: functions, functional areas, scenarios and computed evidence."""

from __future__ import annotations

import json
from importlib.resources import files

from atlas.activation import Scenario
from atlas.errors import InvalidInput
from atlas.matrix import EvidenceMatrix
from atlas.model import Area, Claim, FunctionTerm, Source
from ingest import evidence as evidence_table
from ingest import evidence_matrix
from ingest.peaks import peaks_of
from ingest.tables import parse_table

_FUNCTION_COLUMNS = ("id", "name", "brainmap", "definition", "terms")


def data(name: str) -> str:
    """Text of a file of ``ingest/data``."""
    return (files("ingest") / "data" / name).read_text("utf-8")


def functions() -> list[FunctionTerm]:
    """The function tree: dotted ids after BrainMap's domains, every parent before its children.

    >>> terms = functions()
    >>> terms[0].id, terms[0].parent
    ('action', None)
    """
    return [
        FunctionTerm(
            row["id"],
            row["name"],
            row["definition"],
            "BrainMap behavioural domains, extended",
            row["brainmap"],
        )
        for row in _function_rows()
    ]


def terms() -> dict[str, tuple[str, ...]]:
    """NeuroQuery words that stand for each function; empty for headings.

    Raises:
        InvalidInput: a word is on the stop list of contentless words.
    """
    stop = stop_words()
    found = {
        row["id"]: tuple(word for word in row["terms"].split(";") if word)
        for row in _function_rows()
    }
    for function, words in found.items():
        if contentless := stop.intersection(words):
            raise InvalidInput(
                f"functions.{function}.terms",
                found=", ".join(sorted(contentless)),
                expected="words that name a function",
            )
    return found


def stop_words() -> frozenset[str]:
    """Words of the vocabulary that name no function."""
    lines = data("stop_words.txt").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def areas() -> list[Area]:
    """The functional areas and their sub-areas, areas first.

    >>> [area.id for area in areas() if area.parent is None]
    ['visual', 'auditory', 'language', 'emotion']
    """
    return [
        Area(row["id"], row["name"], tuple(row["realizes"]), row["modality"])
        for row in json.loads(data("areas.json"))
    ]


def scenarios() -> list[Scenario]:
    """The stored scenarios: peaks from the literature with their citation."""
    return [
        Scenario(
            row["id"],
            row["name"],
            row["space"],
            peaks=tuple(peaks_of(row["peaks"], f"{row['id']}.peaks")),
            description=row["description"],
            citation=row["citation"],
            dataset=row["dataset"],
        )
        for row in json.loads(data("scenarios.json"))
    ]


def evidence() -> tuple[Source, list[Claim]]:
    """The claims that ``python -m ingest.build_evidence`` computed for both built-in atlases."""
    return evidence_table.claims(data("evidence.tsv"))


def matrices() -> list[EvidenceMatrix]:
    """All pairs with z and counts, one matrix per built-in atlas, computed with the claims."""
    content = (files("ingest") / "data" / "evidence_matrix.tsv.gz").read_bytes()
    return evidence_matrix.parse(content, evidence()[0].id)


def _function_rows() -> list[dict[str, str]]:
    return parse_table(data("functions.tsv"), "functions.tsv", _FUNCTION_COLUMNS)[1]
