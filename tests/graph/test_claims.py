"""Claims are the truth; links and history follow from them, on both servers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from atlas.errors import InvalidInput, NotFound
from atlas.model import FunctionTerm
from graph import claims, functions, history, links, queries, revisions, stats
from graph.changes import PutReport
from graph.store import Store, Tx
from tests.conftest import empty
from tests.graph.small import CLAIMS, OTHER, SOURCE, claim, fill


def _link(store: Store, region: str, function: str) -> dict[str, object]:
    (row,) = links.list_links(store, region=region, function=function)[0]
    return row


def test_sources_stand_side_by_side(store: Store) -> None:
    fill(store)
    claims.put(store, OTHER, [claim("o1", "a:1", "vision.motion", 0.25, OTHER)], by="test")
    row = _link(store, "a:1", "vision.motion")
    assert row["weight"] == 0.5
    assert row["rule"] == "max"
    assert row["claims"] == ["c1", "o1"]
    assert row["sources"] == [{"source": "s1", "weight": 0.5}, {"source": "s2", "weight": 0.25}]


def test_equal_claims_change_nothing(store: Store) -> None:
    fill(store)
    before = claims.digest(store)
    assert claims.put(store, SOURCE, CLAIMS, by="test") == PutReport(unchanged=3)
    assert claims.digest(store) == before
    assert len(revisions.list_revisions(store)[0]) == 4


def test_a_new_version_of_a_claim_keeps_the_former(store: Store) -> None:
    fill(store)
    heavier = replace(CLAIMS[0], weight=1.0)
    assert claims.put(store, SOURCE, [heavier], by="test") == PutReport(changed=1)
    assert _link(store, "a:1", "vision.motion")["weight"] == 1.0
    assert history.diff(store, 4, 5) == [
        {"noun": "claim", "id": "c1", "change": "changed", "fields": {"weight": [0.5, 1.0]}}
    ]
    former = history.state_at(store, "claim", "c1", 4)
    assert former is not None
    assert former["weight"] == 0.5
    assert stats.counts(store)["nodes"]["Claim"] == 3


def test_a_claim_may_move_to_another_pair(store: Store) -> None:
    fill(store)
    claims.put(store, SOURCE, [replace(CLAIMS[0], function="vision.colour")], by="test")
    assert links.list_links(store, region="a:1", function="vision.motion")[0] == []
    assert _link(store, "a:1", "vision.colour")["weight"] == 0.5


def test_only_accepted_claims_count(store: Store) -> None:
    fill(store)
    claims.put(store, SOURCE, [replace(CLAIMS[2], status="rejected")], by="test")
    assert links.list_links(store, function="hearing")[0] == []


def test_recomputing_the_projection_changes_nothing(store: Store) -> None:
    fill(store)
    claims.put(store, OTHER, [claim("o1", "a:1", "vision.motion", 0.9, OTHER)], by="test")
    before = claims.digest(store)
    assert claims.recompute(store) == 0
    assert claims.digest(store) == before
    assert len(revisions.list_revisions(store)[0]) == 5


@pytest.mark.server
@pytest.mark.neo4j
def test_projecting_begins_at_the_pair_before_there_are_statistics(neo4j_store: Store) -> None:
    empty(neo4j_store)
    query = "CYPHER replan=force EXPLAIN " + queries.load("claim/of_pairs").text
    with neo4j_store.session() as session:
        plan = session.run(query, pairs=[]).consume().plan
    assert plan is not None
    steps = json.dumps(plan)
    assert "NodeUniqueIndexSeek" in steps
    assert "c:Claim(status)" not in steps


def test_recomputing_repairs_what_was_tampered_with(store: Store) -> None:
    fill(store)
    before = claims.digest(store)
    with store.session() as session:
        session.execute_write(
            lambda tx: tx.run(
                "MATCH (r:Region {id: 'a:1'})-[h:HAS_FUNCTION]->(f), (q:Region {id: 'a:2'}) "
                "SET h.weight = 0.99 CREATE (q)-[:HAS_FUNCTION {weight: 1.0}]->(f)"
            ).consume()
        )
    assert claims.digest(store) != before
    assert claims.recompute(store) == 2
    assert claims.digest(store) == before
    assert revisions.list_revisions(store)[0][0]["action"] == "recompute links"


def test_a_refused_put_leaves_nothing_behind(store: Store) -> None:
    fill(store)
    before = (stats.counts(store), claims.digest(store))
    with pytest.raises(NotFound, match="claim region: found a:404"):
        claims.put(store, OTHER, [claim("o1", "a:404", "hearing", 0.5, OTHER)], by="test")
    with pytest.raises(NotFound, match="claim function: found smell"):
        claims.put(store, OTHER, [claim("o1", "a:1", "smell", 0.5, OTHER)], by="test")
    with pytest.raises(InvalidInput, match=r"claim o1 weight: found 1.5"):
        claims.put(store, OTHER, [claim("o1", "a:1", "hearing", 1.5, OTHER)], by="test")
    with pytest.raises(InvalidInput, match="claim c1 source: found s1, expected s2"):
        claims.put(store, OTHER, CLAIMS, by="test")
    assert (stats.counts(store), claims.digest(store)) == before


def test_a_failing_transaction_gives_its_number_back(store: Store) -> None:
    fill(store)

    def fails(tx: Tx) -> None:
        revisions.append(tx, by="t", action="lost", at="2026-01-01T00:00:00Z")
        raise RuntimeError("after the revision")

    with pytest.raises(RuntimeError):
        store.transaction(fails)
    functions.put(store, [FunctionTerm("smell", "smell")], by="test")
    assert [row["seq"] for row in revisions.list_revisions(store)[0]] == [5, 4, 3, 2, 1]


def test_concurrent_writers_number_revisions_without_gaps(store: Store) -> None:
    def one(number: int) -> None:
        functions.put(store, [FunctionTerm(f"f{number}", "")], by=f"writer {number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(40)))
    rows, _ = revisions.list_revisions(store, limit=100)
    assert [row["seq"] for row in rows] == list(range(40, 0, -1))
    assert {row["by"] for row in rows} == {f"writer {n}" for n in range(40)}
    assert all(row["changed"] == 1 for row in rows)


def test_history_pages_go_backwards(store: Store) -> None:
    fill(store)
    rows, after = revisions.list_revisions(store, limit=3)
    assert [row["seq"] for row in rows] == [4, 3, 2]
    assert rows[0]["detail"] == {"changed": 0, "created": 3, "source": "s1"}
    rest, end = revisions.list_revisions(store, limit=3, after=after)
    assert [row["seq"] for row in rest] == [1]
    assert end is None


def test_claims_page_by_page(store: Store) -> None:
    fill(store)
    rows, after = claims.list_claims(store, limit=2)
    assert [row["id"] for row in rows] == ["c1", "c2"]
    assert rows[0]["both"] == 9
    assert [row["id"] for row in claims.list_claims(store, after=after)[0]] == ["c3"]
    assert [row["id"] for row in claims.list_claims(store, function="hearing")[0]] == ["c3"]
