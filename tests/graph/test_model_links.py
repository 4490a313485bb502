"""Which models people link to regions, or forbid there, and what that does to a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atlas.errors import Forbidden, NotFound
from graph import comments, edits, history, model_links, models, selection
from graph.edits import Edit
from graph.models import ModelRecord
from graph.store import Store
from tests.graph.small import fill

LINK = Edit("link_model", region="a:1", model="m1", rationale="Tuned to motion.")
FORBID = replace(LINK, action="forbid_model", rationale="Sees no motion.")


def _fill(store: Store) -> None:
    fill(store)
    models.put(
        store, [ModelRecord(id, id, "lenet5", areas=("visual",)) for id in ("m1", "m2")], by="test"
    )


def _seen(store: Store) -> list[tuple[str, bool, float, str]]:
    rows = selection.region_models(store, ["a:1", "a:2"])
    return [(row["model"], row["allow"], row["weight"], row["by"]) for row in rows]


def test_accepted_links_are_what_selection_reads(store: Store) -> None:
    _fill(store)
    edits.apply(store, [LINK], by="ann")
    assert _seen(store) == []
    with pytest.raises(Forbidden):
        edits.apply(store, [Edit("accept", "model_link", "a:1|m1")], by="ann")
    edits.apply(store, [Edit("accept", "model_link", "a:1|m1", comment="Yes.")], by="bob")
    assert _seen(store) == [("m1", True, 1.0, "ann")]
    (row,) = model_links.list_links(store, model="m1")[0]
    assert (row["status"], row["reviewed_by"], row["rationale"]) == (
        "accepted",
        "bob",
        "Tuned to motion.",
    )
    assert [remark["text"] for remark in comments.of(store, "model_link", "a:1|m1")] == ["Yes."]
    edits.apply(store, [Edit("reject", "model_link", "a:1|m1")], by="bob")
    assert _seen(store) == []
    assert model_links.recompute(store) == 0


def test_allowing_turns_into_forbidding_and_back(store: Store) -> None:
    _fill(store)
    accepted = replace(LINK, status="accepted", weight=0.5)
    edits.apply(store, [accepted], by="ann", allow_self_review=True)
    done = edits.apply(store, [FORBID], by="ann", allow_self_review=True)
    assert _seen(store) == [("m1", False, 0.5, "ann")]
    assert done.seq is not None
    history.undo(store, done.seq, by="ann")
    assert _seen(store) == [("m1", True, 0.5, "ann")]
    assert [step["action"] for step in history.of(store, model="m1")[0]] == [
        "undo",
        "forbid model",
        "link model",
        "put model",
    ]
    assert model_links.recompute(store) == 0


def test_links_need_what_they_link(store: Store) -> None:
    _fill(store)
    with pytest.raises(NotFound, match="model: found m404"):
        edits.apply(store, [replace(LINK, model="m404")], by="ann")
    with pytest.raises(NotFound, match="region: found a:404"):
        edits.apply(store, [replace(LINK, region="a:404")], by="ann")


def test_recomputing_repairs_what_was_tampered_with(store: Store) -> None:
    _fill(store)
    edits.apply(store, [replace(LINK, status="accepted")], by="ann", allow_self_review=True)
    with store.session() as session:
        session.execute_write(
            lambda tx: tx.run(
                "MATCH (:Region {id: 'a:1'})-[l:MODELLED_BY]->(m) SET l.allow = false "
                "WITH m MATCH (r:Region {id: 'a:2'}) CREATE (r)-[:MODELLED_BY {weight: 1.0}]->(m)"
            ).consume()
        )
    assert model_links.recompute(store) == 2
    assert _seen(store) == [("m1", True, 1.0, "ann")]
