"""Bringing an ontology into the graph: only terms that are no function of the tree are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from atlas.errors import InvalidInput
from graph import functions
from graph.changes import PutReport
from graph.store import Store
from ingest.ontologies import brainmap, cognitive_atlas
from ingest.ontologies.terms import Ontology, Placement, Term, place

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
    functions: PutReport


def load(
    store: Store, name: str, folder: Path, *, by: str = "import", dry_run: bool = False
) -> list[Loaded]:
    """Read an ontology from the user's copy and hang its terms below the tree.

    Raises:
        InvalidInput: an unknown ontology, or files that are missing or broken.
    """
    if name not in READERS:
        raise InvalidInput("ontology", found=repr(name), expected=" or ".join(READERS))
    placed = [
        (ontology.id, len(terms), place(ontology, terms))
        for ontology, terms in READERS[name](folder)
    ]
    return [
        Loaded(
            id,
            n,
            placement,
            PutReport()
            if dry_run
            else functions.put(store, placement.fresh, by=by, reason=f"ontology {id}"),
        )
        for id, n, placement in placed
    ]
