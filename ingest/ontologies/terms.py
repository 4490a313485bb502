"""Terms of an ontology, and their place in or below the function tree.

A term that means exactly what a function of the tree means *is* that function. Any other term hangs
below the nearest of its ancestors that is one, else below the ontology's own root; see
``docs/decisions/0009-ontologies.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from atlas.errors import InvalidInput
from atlas.model import FunctionTerm, Source
from ingest import builtin
from ingest.tables import parse_table

MAP = "ontology_map.tsv"
_COLUMNS = ("ontology", "external_id", "label", "function", "relation", "note")


@dataclass(frozen=True, slots=True)
class Term:
    """One term: ``parents`` are external ids, the best first; ``relations`` (kind, external id)."""

    external_id: str
    label: str
    parents: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    definition: str = ""
    relations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ontology:
    """Where terms come from. Without ``root``, terms that have no place are left out.

    ``source`` stands behind the other names and relations that it has for its terms.
    """

    id: str
    name: str
    root: FunctionTerm | None = None
    key: Callable[[str], str] = str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """One reviewed line of the mapping table; ``function`` is empty where none is exact."""

    ontology: str
    external_id: str
    label: str
    function: str
    note: str


@dataclass(frozen=True, slots=True)
class Placement:
    """What became of an ontology's terms.

    ``ids``: function id of every term that has a place, by external id. ``fresh``: functions to
    create, parents first. ``unmapped``: terms that are no function of the tree, in the file's
    order; ``left_out`` those of them without any place.
    """

    ids: Mapping[str, str]
    fresh: tuple[FunctionTerm, ...]
    unmapped: tuple[Term, ...]
    left_out: tuple[Term, ...] = field(default=())


@lru_cache(maxsize=1)
def mapping() -> tuple[Mapped, ...]:
    """The shipped mapping table, checked against the function tree.

    Raises:
        InvalidInput: a line names no function of the tree, or says a relation other than exact
            (with a function) or none (without one).

    >>> next(line.function for line in mapping() if line.label == "Perception.Vision.Motion")
    'perception.vision.motion'
    """
    known = {term.id for term in builtin.functions()}
    lines = []
    for n, row in enumerate(parse_table(builtin.data(MAP), MAP, _COLUMNS)[1]):
        exact = row["relation"] == "exact"
        good = row["function"] in known if exact else (row["relation"], row["function"]) == (
            "none", "",
        )  # fmt: skip
        if not good:
            raise InvalidInput(
                f"{MAP}[{n}]",
                found=f"{row['function']!r} with relation {row['relation']!r}",
                expected="exact with a function of the tree, or none without",
            )
        fields = ("ontology", "external_id", "label", "function", "note")
        lines.append(Mapped(**{name: row[name] for name in fields}))
    return tuple(lines)


def place(ontology: Ontology, terms: Sequence[Term]) -> Placement:
    """Find every term's function, or its place below the tree."""
    lines = {
        ontology.key(line.external_id): line for line in mapping() if line.ontology == ontology.id
    }
    exact = {key: line.function for key, line in lines.items() if line.function}
    taken = {term.id for term in builtin.functions()}
    by_id = {ontology.key(term.external_id): term for term in terms}
    ids: dict[str, str] = {}
    fresh: dict[str, FunctionTerm] = {}
    unmapped, left_out = [], []
    for term in terms:
        key = ontology.key(term.external_id)
        if key in exact:
            ids[term.external_id] = exact[key]
            continue
        unmapped.append(term)
        above = _nearest(key, by_id, exact, ontology.key)
        if above is None and ontology.root is not None:
            above = ontology.root.id
            fresh.setdefault(above, ontology.root)
        if above is None:
            left_out.append(term)
            continue
        name, external_id = _own_part(term), term.external_id
        if key in lines:  # one spelling, whichever file the term was met in
            name, external_id = (
                _own_part(replace(term, label=lines[key].label)),
                lines[key].external_id,
            )
        id = f"{above}.{slug(name)}"
        if id in fresh or id in taken:
            id = f"{id}_{slug(external_id)}"
        ids[term.external_id] = id
        fresh[id] = FunctionTerm(id, name, term.definition, ontology.name, external_id)
    return Placement(ids, tuple(fresh.values()), tuple(unmapped), tuple(left_out))


def slug(text: str) -> str:
    """One step of a function id.

    >>> slug("Stroop-Color Word (Overt)")
    'stroop_color_word_overt'
    """
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _own_part(term: Term) -> str:
    """A dotted label names its ancestors too; they are in the id already."""
    return term.label.rpartition(".")[2].strip() if term.parents else term.label


def _nearest(
    key: str, terms: Mapping[str, Term], exact: Mapping[str, str], key_of: Callable[[str], str]
) -> str | None:
    """Function of the nearest ancestor that is one, breadth first."""
    seen, level = {key}, _parents(key, terms, key_of)
    while level:
        for one in level:
            if one in exact:
                return exact[one]
        seen.update(level)
        above = (up for one in level for up in _parents(one, terms, key_of))
        level = [up for up in dict.fromkeys(above) if up not in seen]
    return None


def _parents(
    key: str, terms: Mapping[str, Term], key_of: Callable[[str], str]
) -> Iterable[str] | list[str]:
    term = terms.get(key)
    return [] if term is None else [key_of(parent) for parent in term.parents]
