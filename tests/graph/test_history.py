"""What records were, and taking revisions back, on both servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from atlas.errors import Conflict, InvalidInput, NotFound
from atlas.model import Area, FunctionTerm, Source
from graph import (
    areas,
    atlases,
    changes,
    checkpoints,
    claims,
    compositions,
    connections,
    content,
    datasets,
    edits,
    functions,
    history,
    links,
    matrices,
    model_links,
    records,
    revisions,
    scenarios,
    stats,
)
from graph.edits import Edit
from graph.models import ModelRecord
from graph.models import put as put_models
from graph.store import Store
from tests.graph import whole
from tests.graph.small import AREAS, ATLAS, CLAIMS, FUNCTIONS, OTHER, SOURCE, claim, fill

# fill() leaves revisions 1 (atlas), 2 (functions), 3 (areas), 4 (claims).
REJECT = Edit("reject", id="c1")
REFUSE = Edit("reject", "model_link", "a:1|m1", comment="No.")


def test_every_record_reads_back_as_it_was_put(store: Store) -> None:
    whole.fill(store)
    snapshot = content.snapshot(store)
    for noun in records.LABELS.values():
        ids = [row["id"] for row in snapshot[noun]]
        assert ids, noun
        stored = {row["id"]: row["digest"] for row in store.read(f"{noun}/digests", ids=ids)}
        rows = store.reading(lambda tx, noun=noun, ids=ids: content.read(tx, noun, ids))  # type: ignore[misc]
        assert {row["id"]: changes.digest_of(row) for row in rows} == stored


def test_changes_of_every_kind_are_taken_back_and_made_again(store: Store) -> None:
    whole.fill(store)
    another = {"id": "else"}
    scene, uses = whole.SCENE, whole.COMPOSITION.uses[:1]
    link = replace(whole.LINK, model="m2", comment="Indeed.")
    steps: list[Callable[[], object]] = [
        *(
            lambda new=new: datasets.put(store, new, by="test")  # type: ignore[misc]
            for new in (replace(whole.DATASET, name="Figures"), replace(whole.DATASET, **another))
        ),
        *(
            lambda new=new: checkpoints.put(store, new, by="test")  # type: ignore[misc]
            for new in (
                replace(whole.CHECKPOINT, value=0.5),
                replace(whole.CHECKPOINT, sha256="ef" * 32),
            )
        ),
        *(
            lambda new=new: scenarios.put(store, new, {"a:2": 0.25}, by="test")  # type: ignore[misc]
            for new in (scene, replace(scene, **another))
        ),
        *(
            lambda new=new: compositions.put(store, new, by="test")  # type: ignore[misc]
            for new in (
                replace(whole.COMPOSITION, uses=uses, scenario=None),
                replace(whole.COMPOSITION, **another),
            )
        ),
        lambda: matrices.put(store, replace(whole.matrix(), n_studies=11), whole.ALIKE, by="test"),
        lambda: edits.apply(store, [link], by="ann", allow_self_review=True),
        lambda: edits.apply(store, [REFUSE], by="bob"),
    ]
    before = content.digest(store)
    for step in steps:
        step()
        after = content.digest(store)
        assert after != before
        back = history.undo(store, _last(store), by="test")
        assert content.digest(store) == before
        history.undo(store, back, by="test")
        assert content.digest(store) == after
        before = after
    assert model_links.recompute(store) == 0


def test_names_and_relations_of_functions_outlast_edits_and_undo(store: Store) -> None:
    whole.fill(store)
    known = functions.get(store, "vision")
    assert known["aliases"]
    assert known["relations"]
    before = content.digest(store)
    functions.put(store, [FunctionTerm("vision", "vision", "seeing, in a word")], by="test")
    edited = functions.get(store, "vision")
    assert edited["definition"] == "seeing, in a word"
    assert (edited["aliases"], edited["relations"]) == (known["aliases"], known["relations"])
    history.undo(store, _last(store), by="test")
    assert functions.get(store, "vision") == known
    assert content.digest(store) == before


def test_the_order_of_what_a_composition_uses_does_not_matter(store: Store) -> None:
    whole.fill(store)
    before = (content.digest(store), _last(store))
    turned = replace(whole.COMPOSITION, uses=whole.COMPOSITION.uses[::-1])
    assert compositions.put(store, turned, by="test").unchanged == 1
    assert (content.digest(store), _last(store)) == before


def _last(store: Store) -> int:
    return int(revisions.list_revisions(store, limit=1)[0][0]["seq"])


def test_undoing_restores_the_digest_and_undoing_that_too(store: Store) -> None:
    fill(store)
    before = content.digest(store)
    done = edits.apply(store, [REJECT], by="ann")
    after = content.digest(store)
    assert done.seq == 5
    assert history.undo(store, 5, by="bob", reason="a mistake") == 6
    assert content.digest(store) == before
    assert claims.recompute(store) == 0
    history.undo(store, 6, by="ann")
    assert content.digest(store) == after
    newest = revisions.list_revisions(store, limit=2)[0][1]
    assert (newest["action"], newest["by"], newest["reason"]) == ("undo", "bob", "a mistake")
    assert newest["detail"] == {"undo": 5}


def test_whole_imports_can_be_taken_back_in_turn(store: Store) -> None:
    digests = [content.digest(store)]
    atlases.put(store, ATLAS, by="test")
    digests.append(content.digest(store))
    functions.put(store, FUNCTIONS, by="test")
    digests.append(content.digest(store))
    areas.put(store, AREAS, by="test")
    digests.append(content.digest(store))
    claims.put(store, SOURCE, CLAIMS, by="test")
    full = content.digest(store)
    for seq in (4, 3, 2, 1):
        history.undo(store, seq, by="test")
        assert content.digest(store) == digests[seq - 1]
    assert set(stats.counts(store)["nodes"]) == {"Revision"}
    assert links.list_links(store)[0] == []
    for seq in (8, 7, 6, 5):
        history.undo(store, seq, by="test")
    assert content.digest(store) == full
    assert claims.recompute(store) == 0
    assert len(links.list_links(store)[0]) == 3
    assert "Withdrawn" not in {row["label"] for row in store.read("stats/nodes")}


def test_changed_relations_come_back(store: Store) -> None:
    fill(store)
    before = content.digest(store)
    areas.put(store, [Area("visual", "Seeing", ("hearing",), "audio")], by="test")
    claims.put(store, OTHER, [replace(CLAIMS[0], function="hearing", source="s2")], by="test")
    history.undo(store, 6, by="test")
    history.undo(store, 5, by="test")
    assert content.digest(store) == before
    (row,) = [row for row in areas.list_areas(store) if row["id"] == "visual"]
    assert (row["name"], row["realizes"]) == ("Visual", ["vision"])
    assert claims.recompute(store) == 0


def test_what_was_withdrawn_comes_back_by_import_with_its_history(store: Store) -> None:
    fill(store)
    history.undo(store, 4, by="test")
    claims.put(store, SOURCE, CLAIMS, by="test")
    steps, _ = history.of(store, record=("claim", "c1"))
    assert [step["seq"] for step in steps] == [6, 5, 4]
    states = [history.state_at(store, "claim", "c1", seq) for seq in (3, 4, 5, 6)]
    assert [state is not None for state in states] == [False, True, False, True]
    assert stats.counts(store)["nodes"]["Claim"] == 3


def test_a_later_change_is_in_the_way_and_named(store: Store) -> None:
    fill(store)
    edits.apply(store, [REJECT], by="ann")
    edits.apply(store, [Edit("restore", id="c1")], by="bob")
    before = content.digest(store)
    with pytest.raises(Conflict, match="changed again by revision 6: claim:c1"):
        history.undo(store, 5, by="ann")
    # Something that hangs on what the revision created is in the way as well.
    with pytest.raises(Conflict, match="referred to by revision 3, 4, 6: Claim c3 ABOUT_FUNCTION"):
        history.undo(store, 2, by="ann")
    assert content.digest(store) == before
    assert len(revisions.list_revisions(store)[0]) == 6


def test_a_record_that_is_again_what_it_was_can_be_undone(store: Store) -> None:
    fill(store)
    before = content.digest(store)
    edits.apply(store, [REJECT], by="ann")
    edits.apply(store, [Edit("restore", id="c1")], by="bob")
    history.undo(store, 6, by="ann")
    history.undo(store, 5, by="ann")
    assert content.digest(store) == before


def test_what_would_come_back_needs_what_it_refers_to(store: Store) -> None:
    fill(store)
    functions.put(store, [FunctionTerm("smell", "smell")], by="test")
    claims.put(store, OTHER, [claim("o1", "a:1", "smell", 0.5, OTHER)], by="test")
    history.undo(store, 6, by="test")
    history.undo(store, 5, by="test")
    with pytest.raises(Conflict, match="refers to function:smell"):
        history.undo(store, 7, by="test")


def test_sets_without_records_are_refused_plainly(store: Store) -> None:
    fill(store)
    pairs = [("a:1", "a:2", 0.5)]
    connections.put(store, "a", Source("net", "A matrix"), "functional", pairs, by="test")
    newest = revisions.list_revisions(store, limit=1)[0][0]["seq"]
    with pytest.raises(Conflict, match="connections between regions"):
        history.undo(store, newest, by="test")
    with pytest.raises(NotFound, match="found 99, expected 1 to"):
        history.undo(store, 99, by="test")


def test_two_revisions_compared(store: Store) -> None:
    fill(store)
    edits.apply(store, [REJECT, Edit("edit", id="c2", weight=0.5, rationale="Less.")], by="ann")
    history.undo(store, 5, by="ann")
    rows = history.diff(store, 4, 5)
    assert [(row["id"], row["change"]) for row in rows] == [("c1", "changed"), ("c2", "changed")]
    assert rows[0]["fields"] == {"reviewed_by": [None, "ann"], "status": ["accepted", "rejected"]}
    assert history.diff(store, 5, 4)[0]["fields"]["status"] == ["rejected", "accepted"]
    assert history.diff(store, 4, 6) == []
    assert {row["change"] for row in history.diff(store, 0, 4)} == {"created"}
    with pytest.raises(NotFound, match="found 9, expected 0 to 6"):
        history.diff(store, 4, 9)


def test_history_by_region_function_person_and_time(store: Store) -> None:
    fill(store)
    edits.apply(store, [REJECT], by="ann")
    edits.apply(store, [Edit("reject", id="c3")], by="bob")

    def seqs(**asked: str) -> list[int]:
        return [row["seq"] for row in history.of(store, **asked)[0]]  # type: ignore[arg-type]

    assert seqs(region="a:1") == [5, 4, 1]
    assert seqs(function="hearing") == [6, 4, 2]
    assert seqs(by="bob") == [6]
    assert seqs(region="a:1", by="ann") == [5]
    at = history.of(store, by="ann")[0][0]["at"]
    assert seqs(since=at) == [6, 5]
    assert seqs(until=at) == [4, 3, 2, 1]
    assert seqs(since=at.replace("+", " ")) == [6, 5]
    rows, after = history.of(store, limit=2)
    assert [row["seq"] for row in rows] == [6, 5]
    assert [row["seq"] for row in history.of(store, limit=2, after=after)[0]] == [4, 3]
    with pytest.raises(InvalidInput, match="since"):
        seqs(since="yesterday")
    with pytest.raises(InvalidInput, match="noun"):
        history.of(store, record=("planet", "x"))


def test_what_was_withdrawn_is_still_found_in_history(store: Store) -> None:
    fill(store)
    put_models(store, [ModelRecord("m1", "m1", "lenet5", areas=("visual",))], by="test")
    for seq in range(5, 0, -1):
        history.undo(store, seq, by="ann")

    def seqs(**asked: str) -> list[int]:
        return [row["seq"] for row in history.of(store, **asked)[0]]  # type: ignore[arg-type]

    assert seqs(region="a:1") == [10, 7, 4, 1]
    assert seqs(function="hearing") == [9, 7, 4, 2]
    assert seqs(model="m1") == [6, 5]


def test_records_are_named_by_their_labels() -> None:
    assert set(records.LABELS.values()) == {
        noun.name for noun in content.NOUNS.values() if noun.label
    }
