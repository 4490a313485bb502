"""Bringing an ontology into the graph: only terms that are no function of the tree are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from atlas.errors import InvalidInput
from graph import functions, relations
from graph.changes import PutReport
from graph.store import Store
from ingest.ontologies import brainmap, cognitive_atlas
from ingest.ontologies.terms import Ontology, Placement, Term, place
from ingest.ontologies.words import other_names, relations_among

Terms = tuple[Ontology, list[Term]]


def _brainmap(folder: Path) -> list[Terms]:
    domains, paradigms = brainmap.read(folder)
    return [(brainmap.DOMAINS, domains), (brainmap.PARADIGMS, paradigms)]


def _cognitive_atlas(folder: Path) -> list[Terms]:
    return [(cognitive_atlas.ONTOLOGY, cognitive_atlas.read(folder))]


READERS: Mapping[str, Callable[[Path], list[Terms]]] = {
    "brainmap": _brainmap,
    "cognitive-atlas": _cognitive_atlas,
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """One ontology: its number of terms, where they went, and what was written."""

    ontology: str
    terms: int
    placement: Placement
    functions: PutReport = field(default_factory=PutReport)
    aliases: PutReport = field(default_factory=PutReport)
    relations: PutReport = field(default_factory=PutReport)


def load(
    store: Store, name: str, folder: Path, *, by: str = "import", dry_run: bool = False
) -> list[Loaded]:
    """Read an ontology from the user's copy and hang its terms below the tree.

    Other names and relations of its terms are stored beside the tree, under its source.

    Raises:
        InvalidInput: an unknown ontology, or files that are missing or broken.
    """
    if name not in READERS:
        raise InvalidInput("ontology", found=repr(name), expected=" or ".join(READERS))
    read = [(ontology, terms, place(ontology, terms)) for ontology, terms in READERS[name](folder)]
    if dry_run:
        return [Loaded(ontology.id, len(terms), placement) for ontology, terms, placement in read]
    return [_write(store, *one, by) for one in read]


def _write(
    store: Store, ontology: Ontology, terms: list[Term], placement: Placement, by: str
) -> Loaded:
    reason = f"ontology {ontology.id}"
    written = functions.put(store, placement.fresh, by=by, reason=reason)
    if ontology.source is None:
        return Loaded(ontology.id, len(terms), placement, written)
    named, related = relations.put(
        store,
        ontology.source,
        other_names(terms, placement),
        relations_among(terms, placement),
        by=by,
        reason=reason,
    )
    return Loaded(ontology.id, len(terms), placement, written, named, related)
