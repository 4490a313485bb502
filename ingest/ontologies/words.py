"""What an ontology says of its terms once they have a place: other names and relations."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.ontologies.terms import Placement, Term

KINDS = ("isKindOf", "isPartOf")
"""Relations that are stored; ``hasKind`` and ``hasPart`` say the same the other way round."""


def other_names(terms: Sequence[Term], placement: Placement) -> dict[str, tuple[str, ...]]:
    """Aliases of every function that has some, each once, by function id.

    >>> other_names([Term("a", "A", aliases=("B",))], Placement({"a": "concept.a"}, (), ()))
    {'concept.a': ('B',)}
    """
    found: dict[str, tuple[str, ...]] = {}
    for term in terms:
        if term.aliases and (id := placement.ids.get(term.external_id)):
            found[id] = tuple(dict.fromkeys((*found.get(id, ()), *term.aliases)))
    return found


def relations_among(terms: Sequence[Term], placement: Placement) -> list[tuple[str, str, str]]:
    """(function, kind, other function) in the source's words, without what the tree says already.

    >>> terms = [Term("a", "A", relations=(("isPartOf", "b"), ("hasKind", "b"))), Term("b", "B")]
    >>> relations_among(terms, Placement({"a": "concept.a", "b": "concept.b"}, (), ()))
    [('concept.a', 'isPartOf', 'concept.b')]
    """
    found: dict[tuple[str, str, str], None] = {}
    for term in terms:
        one = placement.ids.get(term.external_id)
        for kind, external_id in term.relations:
            other = placement.ids.get(external_id)
            if one is None or other is None or one == other or kind not in KINDS:
                continue
            if kind == "isKindOf" and one.startswith(f"{other}."):
                continue
            found[one, kind, other] = None
    return list(found)
