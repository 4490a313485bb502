"""Terms of other ontologies: exact, below the tree, or left out; never forced."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.errors import InvalidInput
from graph import functions
from graph.sources import list_sources
from graph.store import Store
from ingest import builtin
from ingest.ontologies import brainmap, cognitive_atlas
from ingest.ontologies.load import load
from ingest.ontologies.terms import Placement, Term, mapping, place
from tests.conftest import empty
from tests.data_dir import BRAIN, needs_brain

FUNCTIONS = BRAIN / "functions"


def tree_holds(placement: Placement) -> None:
    """Every fresh function has its parent in the tree or before it, and hides none of the tree."""
    known = {term.id for term in builtin.functions()}
    for term in placement.fresh:
        assert term.id not in known
        assert term.parent is None or term.parent in known, term.id
        known.add(term.id)
    assert set(placement.ids.values()) <= known


def test_the_mapping_agrees_with_the_function_table() -> None:
    exact = {line.external_id: line.function for line in mapping() if line.function}
    named = {term.external_id: term.id for term in builtin.functions() if term.external_id}
    assert {label: exact.get(label) for label in named} == named
    keys = [(line.ontology, line.external_id) for line in mapping()]
    assert len(set(keys)) == len(keys)
    assert all(line.note for line in mapping() if not line.function)
    assert not [x for x in mapping() if x.ontology == "brainmap-paradigm" and x.function]


def test_a_term_hangs_at_its_nearest_exact_ancestor_and_hides_nothing() -> None:
    labels = ["Perception.Vision.Motion.Biological", "Perception.Vision.Face", "Odd.One"]
    found = place(brainmap.DOMAINS, brainmap.domain_terms(labels))
    assert found.ids[labels[0]] == "perception.vision.motion.biological"
    assert found.ids[labels[1]] == "perception.vision.face_perception_vision_face"
    assert [term.external_id for term in found.left_out] == ["Odd.One"]
    tree_holds(found)


def test_a_circle_of_relations_ends() -> None:
    terms = [Term("a", "A", ("b",)), Term("b", "B", ("a",))]
    found = place(cognitive_atlas.ONTOLOGY, terms)
    assert [term.id for term in found.fresh] == ["concept", "concept.a", "concept.b"]


@pytest.mark.parametrize("read", [brainmap.read, cognitive_atlas.read])
def test_a_folder_without_the_files(read: object, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no readable"):
        read(tmp_path)  # type: ignore[operator]


@needs_brain
def test_brainmap_as_published() -> None:
    domains, paradigms = brainmap.read(FUNCTIONS / "brainmap_taxonomy")
    assert (len(domains), len(paradigms)) == (55, 101)
    found = place(brainmap.DOMAINS, domains)
    assert {term.id for term in found.fresh} == {
        "cognition.soma",
        "interoception.air_hunger",
        "interoception.thermoregulation",
        "interoception.thirst",
    }
    assert {term.label for term in found.left_out} == {
        "Not Defined",
        "Pharmacology.Alcohol",
        "Pharmacology.Caffeine",
    }
    tree_holds(found)
    flat = place(brainmap.PARADIGMS, paradigms)
    assert len(flat.unmapped) == 101
    tree_holds(flat)


@needs_brain
def test_the_cognitive_atlas_as_published() -> None:
    terms = cognitive_atlas.read(FUNCTIONS / "cognitive_atlas")
    by_id = {term.external_id: term for term in terms}
    assert len(by_id) == 886
    relations = [kind for term in terms for kind, _ in term.relations]
    assert (relations.count("isKindOf"), relations.count("isPartOf")) == (386, 234)
    assert "mentalizing" in by_id["trm_4a3fd79d0b392"].aliases
    listed = {line.external_id: line for line in mapping() if line.ontology == "cognitive-atlas"}
    assert {id: by_id[id].label for id in listed} == {id: x.label for id, x in listed.items()}
    found = place(cognitive_atlas.ONTOLOGY, terms)
    assert found.ids["trm_4a3fd79d0b5a7"] == "cognition.memory.working"
    assert found.ids["trm_4a3fd79d096be"] == "cognition.reasoning.abductive_reasoning"
    assert len(found.unmapped) + sum(bool(x.function) for x in listed.values()) == 886
    tree_holds(found)


def _copy_of_the_cognitive_atlas(folder: Path) -> None:
    concepts = [
        "id\tname\talias\tdefinition",
        "trm_1\tpondering\tmusing, rumination\tturning over",
        "trm_2\tslow pondering\t\t",
        "trm_3\tdoubt\t\t",
    ]
    relations = [
        "input,output,rel_type",
        "trm_2,trm_1,isKindOf",
        "trm_1,trm_2,hasKind",
        "trm_3,trm_1,isPartOf",
        "trm_3,trm_3,isSelf",
        "trm_3,tsk_9,measuredBy",
    ]
    aliases = ["id,name,alias", "trm_3,doubt,Uncertainty"]
    for name, lines in (
        (cognitive_atlas.CONCEPTS, concepts),
        (cognitive_atlas.RELATIONS, relations),
        (cognitive_atlas.ALIASES, aliases),
    ):
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")


@pytest.mark.server
def test_other_names_and_relations_are_stored_beside_the_tree(
    embedded_store: Store, tmp_path: Path
) -> None:
    empty(embedded_store)
    functions.put(embedded_store, builtin.functions())
    _copy_of_the_cognitive_atlas(tmp_path)
    (first,) = load(embedded_store, "cognitive-atlas", tmp_path)
    assert (first.aliases.written, first.relations.created) == (2, 2)
    found, _ = functions.list_functions(embedded_store, q="rumin")
    assert [row["id"] for row in found] == ["concept.pondering"]
    assert found[0]["aliases"] == ["musing", "rumination"]
    doubt = functions.get(embedded_store, "concept.doubt")
    assert doubt["parent"] == "concept"
    assert [(r["kind"], r["function"], r["outgoing"]) for r in doubt["relations"]] == [
        ("isPartOf", "concept.pondering", True)
    ]
    (origin,) = [s for s in list_sources(embedded_store) if s["id"] == "cognitive-atlas"]
    assert origin["licence"].startswith("CC BY-SA")
    functions.put(embedded_store, builtin.functions())
    (again,) = load(embedded_store, "cognitive-atlas", tmp_path)
    assert again.functions.written + again.aliases.written + again.relations.written == 0
    (tmp_path / cognitive_atlas.RELATIONS).write_text("input,output,rel_type\n", "utf-8")
    load(embedded_store, "cognitive-atlas", tmp_path)
    assert functions.get(embedded_store, "concept.doubt")["relations"] == []
