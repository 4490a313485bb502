"""Functions, areas and dictionaries are edited apart from models; what named them follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from atlas.errors import Conflict, InvalidInput, NotFound
from atlas.model import Area, FunctionTerm
from graph import (
    areas,
    changes,
    checkpoints,
    claims,
    content,
    datasets,
    dictionaries,
    edits,
    functions,
    history,
    links,
    models,
    records,
    regions,
    relations,
    revisions,
    scenarios,
    selection,
    vocabulary,
)
from graph.checkpoints import CheckpointRecord
from graph.datasets import DatasetRecord
from graph.edits import Edit
from graph.history import Stale
from graph.merging import merge, split
from graph.models import ModelRecord
from graph.store import Row, Store
from graph.vocabulary import Request, deprecate, rename
from tests.graph import whole
from tests.graph.small import AREAS, CLAIMS, FUNCTIONS, OTHER, SOURCE, claim

ANN = Request(by="ann")
PLAN = Request(by="ann", dry_run=True)


def _functions_of(store: Store) -> dict[str, str]:
    return {row["id"]: row["function"] for row in claims.list_claims(store, status=None)[0]}


def _ids(store: Store) -> list[str]:
    return [row["id"] for row in functions.list_functions(store)[0]]


def _undone(store: Store, before: str) -> None:
    """The last revision undone is the former content; done again it is the later one."""
    after = content.digest(store)
    (last,), _ = revisions.list_revisions(store, limit=1)
    undone = history.undo(store, last["seq"], by="bob")
    assert content.digest(store) == before
    assert claims.recompute(store) == 0
    history.undo(store, undone, by="bob")
    assert content.digest(store) == after
    assert claims.recompute(store) == 0


def test_renaming_a_function_moves_what_is_below_and_what_names_it(store: Store) -> None:
    whole.fill(store)
    models.put(store, [ModelRecord("m1", "LeNet", "lenet5", functions=("vision.motion",))], by="t")
    before, revision = content.digest(store), revisions.list_revisions(store)[0][0]["seq"]
    planned = rename(store, "function", "vision", "sight", PLAN)
    assert content.digest(store) == before
    assert planned.becomes == {
        "vision": ["sight"],
        "vision.colour": ["sight.colour"],
        "vision.motion": ["sight.motion"],
    }
    assert planned.follow == {"area": 2, "claim": 5, "model": 1, "relation": 1}
    assert not planned.problems

    done = rename(store, "function", "vision", "sight", ANN, name="sight")
    assert (done.seq, done.follow) == (revision + 1, planned.follow)
    assert _ids(store) == ["hearing", "sight", "sight.colour", "sight.motion"]
    assert _functions_of(store)["c1"] == "sight.motion"
    table = {row["id"]: row["realizes"] for row in areas.list_areas(store)}
    assert table["visual"] == ["sight"]
    assert models.get(store, "m1")["functions"] == ["sight.motion"]
    new = functions.get(store, "sight")
    assert new["children"] == ["sight.colour", "sight.motion"]
    assert (new["name"], new["aliases"]) == ("sight", ["sight", "seeing", "vision"][1:])
    assert [(one["kind"], one["function"]) for one in new["relations"]] == [("isKindOf", "hearing")]
    linked = {(row["region"], row["function"]) for row in links.list_links(store)[0]}
    assert ("a:1", "sight.motion") in linked
    assert not any(function.startswith("vision") for _, function in linked)
    assert claims.recompute(store) == 0
    _undone(store, before)


def test_old_ids_say_what_they_are_now(store: Store) -> None:
    whole.fill(store)
    rename(store, "function", "vision", "sight", ANN)
    old = functions.get(store, "vision")
    assert (old["status"], old["replaced_by"], old["children"]) == ("deprecated", ["sight"], [])
    assert "vision" in [row["id"] for row in functions.list_functions(store, replaced=True)[0]]
    found = [row["region"] for row in functions.regions(store, "vision")[0]]
    assert found == [row["region"] for row in functions.regions(store, "sight")[0]] != []
    for asked in (links.list_links, claims.list_claims, regions.search):
        rows, after = asked(store, function="vision.motion", limit=1)
        assert rows == asked(store, function="sight.motion", limit=1)[0] != []
        rest, _ = asked(store, function="vision.motion", after=after)
        assert rows + rest == asked(store, function="sight.motion")[0]
    near, _ = regions.search(store, function="vision", near=(0, 0, 0))
    assert near == regions.search(store, function="sight", near=(0, 0, 0))[0] != []
    rows = selection.function_regions(store, "a", ["vision.motion"])
    assert {row["function"] for row in rows} == {"sight.motion"}
    with pytest.raises(Conflict, match="it is sight now"):
        rename(store, "function", "vision", "other", ANN)
    # Back to the former id, and on from there.
    rename(store, "function", "sight", "vision", ANN)
    assert functions.get(store, "sight")["replaced_by"] == ["vision"]
    assert functions.get(store, "vision.motion")["status"] == "active"
    assert "sight" not in _ids(store)


def test_an_import_after_a_rename_neither_resurrects_nor_fails(store: Store) -> None:
    whole.fill(store)
    rename(store, "function", "vision", "sight", ANN)
    vocabulary.edit(store, "function", "hearing", {"definition": "by ear"}, ANN)
    deprecate(store, "area", "auditory", ANN)
    before = content.digest(store)
    functions.put(store, FUNCTIONS, by="import")
    areas.put(store, AREAS, by="import")
    report = claims.put(store, SOURCE, CLAIMS, by="import")
    assert (report.written, report.unchanged, report.resolved) == (0, 3, 2)
    assert claims.check(store, SOURCE, CLAIMS).resolved == 2
    names = {"vision": ["sight", "seeing"]}
    relations.put(store, whole.FREE, names, [("vision", "isKindOf", "hearing")], by="import")
    assert content.digest(store) == before
    # What is new below the old id comes below the new one.
    functions.put(store, [FunctionTerm("vision.depth", "depth")], by="import")
    assert functions.get(store, "sight.depth")["parent"] == "sight"
    claims.put(store, OTHER, [claim("n1", "a:1", "vision.motion", 0.5, OTHER)], by="import")
    assert _functions_of(store)["n1"] == "sight.motion"
    newest = revisions.list_revisions(store, limit=1)[0][0]
    assert newest["detail"]["resolved"] == {"vision.motion": "sight.motion"}
    areas.put(store, [Area("form", "Form", ("vision.colour",))], by="import")
    assert areas.list_areas(store)[1]["realizes"] == ["sight.colour"]


def test_merging_keeps_every_claim(store: Store) -> None:
    whole.fill(store)
    claims.put(store, OTHER, [claim("n1", "a:1", "vision.colour", 0.25, OTHER)], by="test")
    claims.put(store, SOURCE, [*CLAIMS, claim("n2", "a:1", "vision.colour", 0.75)], by="test")
    before = content.digest(store)
    merge(store, "function", ["vision.motion", "vision.colour"], "vision.look", ANN, name="look")
    found = _functions_of(store)
    assert {found[id] for id in ("c1", "c2", "n1", "n2")} == {"vision.look"}
    (link,) = [
        row for row in links.list_links(store, region="a:1")[0] if row["function"] == "vision.look"
    ]
    # Both claims of s1 are there; its weight is the stronger one's, by the rule of links.
    assert link["weight"] == 0.75
    assert {one["source"]: one["weight"] for one in link["sources"]} == {"s1": 0.75, "s2": 0.25}
    assert functions.get(store, "vision.look")["aliases"] == ["visual motion", "colour vision"]
    assert areas.list_areas(store)[2]["realizes"] == ["vision.look"]
    _undone(store, before)


def test_merging_into_one_that_is_there(store: Store) -> None:
    whole.fill(store)
    before = content.digest(store)
    merge(store, "function", ["vision"], "hearing", ANN)
    assert _ids(store) == ["hearing", "hearing.colour", "hearing.motion"]
    table = {row["id"]: row["realizes"] for row in areas.list_areas(store)}
    assert table["visual"] == table["auditory"] == ["hearing"]
    # A relation between the two is one of a function with itself, and gone.
    assert functions.get(store, "hearing")["relations"] == []
    _undone(store, before)
    with pytest.raises(InvalidInput, match="two that are there"):
        merge(store, "function", ["hearing"], "sound", ANN)
    functions.put(store, [FunctionTerm("smell", "smell"), FunctionTerm("smell.motion", "m")])
    planned = merge(store, "function", ["smell"], "hearing", PLAN)
    assert "hearing.motion, which is there" in str(planned.problems[0])
    with pytest.raises(Conflict, match="merge the two first"):
        merge(store, "function", ["smell"], "hearing", ANN)


def test_splitting_by_a_table(store: Store) -> None:
    whole.fill(store)
    before = content.digest(store)
    parts = {"vision.speed": "speed", "vision.direction": "direction"}
    planned = split(store, "function", "vision.motion", parts, PLAN)
    assert "nothing on claim:c1, claim:c5, claim:c7" in str(planned.problems[0])
    with pytest.raises(Conflict, match="a part for each"):
        split(store, "function", "vision.motion", parts, ANN, table={"c1": "vision.speed"})
    with pytest.raises(NotFound, match="nobody"):
        split(store, "function", "vision.motion", parts, ANN, table={"nobody": "vision.speed"},
              default="vision.speed")  # fmt: skip
    assert content.digest(store) == before
    split(
        store,
        "function",
        "vision.motion",
        parts,
        ANN,
        table={"c1": "vision.speed"},
        default="vision.direction",
    )
    found = _functions_of(store)
    assert (found["c1"], found["c5"]) == ("vision.speed", "vision.direction")
    assert areas.list_areas(store)[2]["realizes"] == ["vision.direction", "vision.speed"]
    _paged_as_whole(store, "vision.motion", parts)
    assert functions.get(store, "vision.motion")["replaced_by"] == list(parts)
    # A claim that is known stays with its part; a new one has to name one.
    assert claims.put(store, SOURCE, CLAIMS, by="import").written == 0
    with pytest.raises(Conflict, match=r"one of vision\.speed, vision\.direction"):
        claims.put(store, OTHER, [claim("n1", "a:2", "vision.motion", 0.5, OTHER)], by="import")
    _undone(store, before)


def _paged_as_whole(store: Store, old: str, parts: Iterable[str]) -> None:
    """What names a function that was split lists what its parts have, page by page."""
    for asked in (claims.list_claims, links.list_links, regions.search):
        every = [row for part in parts for row in asked(store, function=part)[0]]
        found: list[Row] = []
        after: str | None = None
        while after is not None or not found:
            rows, after = asked(store, function=old, limit=1, after=after)
            found += rows
        assert found == asked(store, function=old)[0]
        ids = [(row.get("id"), row.get("region"), row.get("function")) for row in found]
        assert len(ids) == len(set(ids))
        assert all(row in found for row in every)
    proposed = links.list_links(store, function=old, include_proposed=True)[0]
    assert len(proposed) > len(links.list_links(store, function=old)[0])
    assert {row["function"] for row in proposed} == set(parts)


def test_splitting_off_leaves_the_rest(store: Store) -> None:
    whole.fill(store)
    before = content.digest(store)
    parts = {"vision": "", "seeing": "seeing"}
    table = {"vision.motion": "seeing", "visual": "seeing"}
    split(store, "function", "vision", parts, ANN, table=table)
    assert _ids(store) == ["hearing", "seeing", "seeing.motion", "vision", "vision.colour"]
    assert _functions_of(store)["c6"] == "vision"
    assert areas.list_areas(store)[1]["realizes"] == ["seeing"]
    assert functions.get(store, "vision")["status"] == "active"
    _undone(store, before)


def test_areas_are_edited_the_same_way(store: Store) -> None:
    whole.fill(store)
    before = content.digest(store)
    rename(store, "area", "visual", "sight", ANN)
    table = {row["id"]: row for row in areas.list_areas(store)}
    assert table.keys() == {"auditory", "sight", "sight.motion"}
    assert table["sight.motion"]["parent"] == "sight"
    assert models.get(store, "m1")["areas"] == ["sight"]
    areas.put(store, AREAS, by="import")
    assert len(areas.list_areas(store)) == 3
    _undone(store, before)
    named = content.digest(store)
    split(store, "area", "sight", {"form": "Form", "flow": "Flow"}, ANN, default="flow",
          table={"m1": "form", "vision": "form"})  # fmt: skip
    assert models.get(store, "m1")["areas"] == ["form"]
    realized = {row["id"]: row["realizes"] for row in areas.list_areas(store)}
    assert realized["form"] == ["vision"]
    assert realized["flow"] == []
    assert realized["flow.motion"] == ["vision.motion"]
    _undone(store, named)
    merge(store, "area", ["form", "auditory"], "senses", ANN, name="Senses")
    realized = {row["id"]: row["realizes"] for row in areas.list_areas(store)}
    assert realized["senses"] == ["hearing", "vision"]
    assert models.get(store, "m2")["areas"] == ["senses"]


def test_data_sets_and_terms_follow_in_models_and_checkpoints(store: Store) -> None:
    whole.fill(store)
    scene = replace(scenarios.get(store, "z"), dataset="d1")
    scenarios.put(store, scene, {"a:1": 1.0}, by="test")
    before = content.digest(store)
    done = rename(store, "dataset", "d1", "digits", ANN)
    assert done.follow == {"checkpoint": 2, "scenario": 1}
    assert checkpoints.get(store, whole.WEIGHTS)["dataset"] == "digits"
    assert scenarios.get(store, "z").dataset == "digits"
    again = DatasetRecord("d1", "Digits", ("image",), ("0", "1"), "BSD")
    assert datasets.put(store, again, by="import").written == 0
    assert [row["id"] for row in datasets.list_datasets(store)] == ["digits"]
    _undone(store, before)
    with pytest.raises(NotFound, match=r"optimizer:SGD, .*add it first, if records use the word"):
        rename(store, "term", "optimizer:SGD", "optimizer:plain", ANN)
    vocabulary.add(store, "term", "optimizer:SGD", {}, ANN)
    rows = dictionaries.list_terms(store, "optimizer")
    assert [(row["name"], row["uses"]) for row in rows] == [("SGD", 0), ("sgd", 2)]
    (platform,) = dictionaries.list_terms(store, "platform")
    assert (platform["name"], platform["uses"], platform["recorded"]) == ("torch", 2, False)
    before = content.digest(store)
    merge(store, "term", ["optimizer:sgd"], "optimizer:SGD", ANN)
    assert checkpoints.get(store, whole.WEIGHTS)["optimizer"] == "SGD"
    assert [row["name"] for row in dictionaries.list_terms(store, "optimizer")] == ["SGD"]
    checkpoint = CheckpointRecord(whole.WEIGHTS, "m1", "d1", "sgd", "torch", "accuracy", 0.75, 4096)
    assert checkpoints.put(store, checkpoint, by="import").unchanged == 1
    _undone(store, before)
    with pytest.raises(InvalidInput, match="same dictionary"):
        rename(store, "term", "optimizer:SGD", "platform:SGD", ANN)


def test_what_is_deprecated_counts_and_takes_nothing_new(store: Store) -> None:
    whole.fill(store)
    before, linked = content.digest(store), links.list_links(store)[0]
    deprecate(store, "function", "hearing", ANN)
    assert functions.get(store, "hearing")["status"] == "deprecated"
    assert links.list_links(store)[0] == linked
    new = Edit(
        "add_claim", region="a:1", function="hearing", weight=0.5,
        rationale="Seen.", citation="PMID:21706013",
    )  # fmt: skip
    with pytest.raises(Conflict, match="deprecated"):
        edits.apply(store, [new], by="ann")
    rename(store, "function", "vision", "sight", ANN)
    with pytest.raises(Conflict, match=r"it is sight\.motion now"):
        edits.apply(store, [replace(new, function="vision.motion")], by="ann")
    rename(store, "function", "sight", "vision", ANN)
    assert vocabulary.deprecate(store, "function", "hearing", ANN, deprecated=False).seq
    assert functions.get(store, "hearing")["status"] == "active"
    assert vocabulary.deprecate(store, "function", "hearing", ANN, deprecated=False).seq is None
    assert before != content.digest(store), "the former ids remain as records"


def test_editing_names_the_state_that_was_read(store: Store) -> None:
    whole.fill(store)
    before = content.digest(store)
    digest = records.get(store, "function", "hearing")["digest"]
    read = replace(ANN, expected=digest)
    vocabulary.edit(store, "function", "hearing", {"aliases": ["audition", "audition"]}, read)
    assert [row["id"] for row in functions.list_functions(store, q="audit")[0]] == ["hearing"]
    with pytest.raises(Stale) as stale:
        vocabulary.edit(store, "function", "hearing", {"definition": "by ear"}, read)
    assert stale.value.current is not None
    assert stale.value.current["aliases"] == ["audition"]
    with pytest.raises(Stale):
        rename(store, "function", "hearing", "sound", read)
    with pytest.raises(Stale):
        deprecate(store, "function", "hearing", read)
    with pytest.raises(Stale):
        merge(store, "function", ["hearing", "vision"], "senses", read)
    history.undo(store, revisions.list_revisions(store)[0][0]["seq"], by="bob")
    assert content.digest(store) == before


def test_what_cannot_be_stated(store: Store) -> None:
    functions.put(store, FUNCTIONS, by="test")
    wrong: list[tuple[Row, str]] = [
        ({"parent": "vision"}, "renaming"),
        ({"name": " "}, "name"),
        ({"aliases": "one"}, "list"),
    ]
    for fields, said in wrong:
        with pytest.raises(InvalidInput, match=said):
            vocabulary.edit(store, "function", "hearing", fields, ANN)


def test_adding_asks_for_a_place(store: Store) -> None:
    functions.put(store, FUNCTIONS, by="test")
    areas.put(store, AREAS, by="test")
    vocabulary.add(store, "function", "vision.depth", {"name": "depth", "aliases": ["3d"]}, ANN)
    assert functions.get(store, "vision.depth")["parent"] == "vision"
    vocabulary.add(store, "area", "visual.depth", {"realizes": ["vision.depth"]}, ANN)
    with pytest.raises(Conflict, match="which is there"):
        vocabulary.add(store, "function", "vision.depth", {}, ANN)
    with pytest.raises(NotFound, match="its parent"):
        vocabulary.add(store, "function", "taste.sweet", {}, ANN)
    with pytest.raises(NotFound, match="realizes"):
        vocabulary.add(store, "area", "taste", {"realizes": ["taste"]}, ANN)
    for id in ("", "a b", ".a", "a..b", "a" * 300):
        with pytest.raises(InvalidInput):
            vocabulary.add(store, "function", id, {}, ANN)
    with pytest.raises(InvalidInput, match="category, optimizer, platform"):
        vocabulary.add(store, "term", "colour:red", {}, ANN)
    stored = store.read("function/digests", ids=["vision.depth"])
    row = records.get(store, "function", "vision.depth")
    assert stored[0]["digest"] == row.pop("digest") == changes.digest_of(row)
