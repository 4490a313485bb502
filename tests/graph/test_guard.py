"""User Cypher: what reads may run, everything else is refused by several layers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.errors import Forbidden, InvalidInput, Unavailable
from graph import guard, turns
from graph.ask import MAX_BYTES, _Found, ask
from graph.store import Store
from tests.graph.small import fill

ALLOWED = [
    "MATCH (n) RETURN n",
    "match (n:Region {id: 'a:1'}) return n.name;",
    "// a comment that says SET\nMATCH (n) RETURN count(n) AS n /* DELETE */",
    "MATCH (n) WHERE n.name = 'CREATE (x)' RETURN n.set, n.delete",
    'RETURN "a; b" AS text, "it\\"s" AS quoted',
    "MATCH (n:Set)-[:CREATE]->(m:`DELETE`) RETURN n",
    "WITH $load AS x RETURN x",
    "UNWIND [1, 2] AS x WITH x WHERE x > 1 RETURN x",
    "OPTIONAL MATCH (n) RETURN n LIMIT 1",
    "CALL db.labels() YIELD label RETURN label",
    "CALL db.index.fulltext.queryNodes('region_text', $text) YIELD node RETURN node",
    "MATCH (r:Region) CALL (r) { MATCH (r)-->(m) RETURN count(m) AS c } RETURN c",
    "RETURN datetime.truncate('day', datetime()) AS d, point.distance($a, $b) AS m",
    "RETURN 1.5e3 AS x, 'x' =~ '.*' AS y",
    "MATCH (n:`My label`) WHERE n.`my key` = 1 AND (n.x > 1 OR NOT (n.y = 2)) RETURN (n.x)",
    "MATCH p = (a)-[:SUBFUNCTION_OF*0..3]->(b) RETURN [n IN nodes(p) | n.id]",
]
UNREADABLE = [
    "",
    "   ",
    "RETURN 'open",
    'RETURN "open',
    "MATCH (n:`open) RETURN n",
    "RETURN 1 /* open",
]


@pytest.mark.parametrize("query", ALLOWED)
def test_reading_is_allowed(query: str) -> None:
    bare = query.rstrip().removesuffix(";")
    assert guard.check(query) == bare
    assert guard.check(f"{bare}\n; // the end; ") == f"{bare}\n"


@pytest.mark.parametrize("query", [*UNREADABLE, "RETURN 1 " + " " * guard.MAX_QUERY_CHARS])
def test_what_is_no_statement(query: str) -> None:
    with pytest.raises(InvalidInput, match="query: found"):
        guard.check(query)


@given(st.text(max_size=60))
def test_the_guard_answers_every_text(text: str) -> None:
    try:
        checked = guard.check(text)
    except (Forbidden, InvalidInput):
        return
    assert text.startswith(checked)


@given(
    st.sampled_from(["SET n.x = 1", "DELETE n", "REMOVE n.x", "MERGE (m)", "CREATE (m)"]),
    st.sampled_from([" ", "\n", "\t", "/* */", "// c\n", "\u00a0", "\u2003", "\r\n"]),
    st.sampled_from(["", "'text'", '"//"', "`x`", "1", ")", "]", "}"]),
    st.booleans(),
)
def test_no_disguise_hides_a_clause(clause: str, gap: str, before: str, lower: bool) -> None:
    clause = clause.lower() if lower else clause
    with pytest.raises((Forbidden, InvalidInput)):
        guard.check(f"MATCH (n) WITH n, {before}{gap}{clause}")


def test_answers_have_fields_rows_and_time(store: Store) -> None:
    fill(store)
    result = ask(store, "MATCH (r:Region) RETURN r.id AS id, r.x AS x ORDER BY id")
    assert result.fields == ["id", "x"]
    assert result.rows == [["a:1", 0.0], ["a:10", 30.0], ["a:2", 10.0]]
    assert not result.truncated
    assert result.took_ms > 0
    assert set(result.to_dict()) == {"fields", "rows", "truncated", "took_ms"}


def test_an_empty_table_has_its_columns(store: Store) -> None:
    query = "MATCH (n:Region {id: 'none'}) RETURN n.id AS id, {a: n.x, b: [1, 2]} AS `a b`, n.name"
    result = ask(store, f"{query} ORDER BY id LIMIT 3")
    assert (result.fields, result.rows) == (["id", "a b", "n.name"], [])


def test_nodes_paths_and_times_are_plain(store: Store) -> None:
    fill(store)
    rows = ask(
        store,
        "MATCH p = (r:Region {id: $id})-[:PART_OF]->(a) RETURN r, p, r.created_at, 0.0 / 0.0",
        {"id": "a:1"},
    ).rows
    node, path, time_text, nan = rows[0]
    assert node["name"] == "Motion area"
    assert [one["id"] for one in path] == ["a:1", "a"]
    assert time_text.startswith("20")
    assert nan is None


def test_rows_and_bytes_are_capped(store: Store) -> None:
    result = ask(store, "UNWIND range(1, 50) AS x RETURN x", limit=7)
    assert [row[0] for row in result.rows] == list(range(1, 8))
    assert result.truncated
    assert not ask(store, "UNWIND range(1, 7) AS x RETURN x", limit=7).truncated
    big = ["x" * 20_000] * 50
    result = ask(store, "UNWIND range(1, 20) AS x RETURN $big AS texts", {"big": big})
    assert result.truncated
    assert len(result.rows) == MAX_BYTES // 1_000_000


@pytest.mark.parametrize(
    ("query", "parameters", "message"),
    [
        ("MATCH (n RETURN n", {}, "valid Cypher"),
        ("RETURN $missing", {}, "missing"),
        ("RETURN nothing", {}, "valid Cypher"),
    ],
)
def test_mistakes_are_the_users(
    store: Store, query: str, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        ask(store, query, parameters)


@pytest.mark.parametrize(("limit", "timeout_s"), [(0, 1.0), (10_001, 1.0), (1, 0.0), (1, 61.0)])
def test_limits_have_limits(limit: int, timeout_s: float) -> None:
    # They are checked before a server is asked: none is needed.
    with pytest.raises(InvalidInput, match=r"limit|timeout_s"):
        ask(None, "RETURN 1", limit=limit, timeout_s=timeout_s)  # type: ignore[arg-type]


def test_a_second_attempt_begins_anew(store: Store) -> None:
    found = _Found(limit=2)
    with store.session(restricted=True) as session, session.begin_transaction() as transaction:
        found.take(transaction.run("UNWIND [1, 2, 3] AS a RETURN a"))
        assert (found.rows, found.truncated) == ([[1], [2]], True)
        found.take(transaction.run("RETURN 4 AS b"))
    assert (found.fields, found.rows, found.truncated) == (["b"], [[4]], False)


def test_others_wait_for_their_turn_and_then_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_PATIENCE_S", 0.01)
    free = turns._turns
    taken = [free.acquire(blocking=False) for _ in range(turns.AT_ONCE)]
    assert all(taken)
    try:
        with pytest.raises(Unavailable, match="at work"):
            ask(None, "RETURN 1")  # type: ignore[arg-type]
    finally:
        for _ in taken:
            free.release()
