"""User Cypher: what reads may run, everything else is refused by several layers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.errors import Forbidden, InvalidInput, NeuroweaveError
from graph import guard, stats
from graph.ask import MAX_BYTES, ask
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
REFUSED = [
    "CREATE (n)",
    "MATCH (n) DETACH DELETE n",
    "MATCH (n) SET n.x = 1",
    "MATCH (n)\nsEt\tn:Label RETURN n",
    "MATCH (n)/**/SET/**/n.x=1",
    "MATCH (n) REMOVE n.x",
    "MERGE (n:Region {id: 'x'})",
    "MATCH (n) FOREACH (x IN [1] | SET n.x = x)",
    "MATCH (n) CALL (n) { SET n.x = 1 } RETURN n",
    "MATCH (n) CALL { WITH n DELETE n } IN TRANSACTIONS RETURN 1",
    "LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row",
    "WITH 1 AS x LOAD CSV FROM 'http://127.0.0.1' AS row RETURN row",
    "RETURN 1; MATCH (n) DELETE n",
    "RETURN 1; RETURN 2",
    "CALL dbms.listConfig()",
    "CALL apoc.cypher.runWrite('CREATE (n)', {})",
    "CALL db.createLabel('X')",
    "CALL `db`.`labels`()",
    "CALL db.index.fulltext.createNodeIndex('x', ['A'], ['b'])",
    "RETURN apoc.util.sleep(1000)",
    "RETURN `apoc`.`util`.sleep(1000)",
    "RETURN gds.version()",
    "RETURN `sleep`(1)",
    "USE system MATCH (n) RETURN n",
    "SHOW USERS",
    "SHOW TRANSACTIONS",
    "TERMINATE TRANSACTIONS 'x'",
    "DROP INDEX region_text",
    "CREATE USER eve SET PASSWORD 'x'",
    "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'b'",
    "GRANT ROLE admin TO eve",
    "EXPLAIN MATCH (n) RETURN n",
    "PROFILE MATCH (n) DELETE n",
    "CYPHER runtime=slotted MATCH (n) RETURN n",
    "RETURN '\\u0027 SET n.x = 1 //'",
    "MATCH (n) \\u0053ET n.x = 1",
    "MATCH (n) RETURN n \\; DROP",
    "INSERT (n)",
    "MATCH (n) NODETACH DELETE n",
    "SELECT FROM Region",
    "{cypher} MATCH (n)",
    "\x00MATCH (n) RETURN n",
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


@pytest.mark.parametrize("query", REFUSED)
def test_writing_is_refused(query: str) -> None:
    with pytest.raises(Forbidden, match="query: found"):
        guard.check(query)


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
    big = "x" * 1_000_000
    result = ask(store, "UNWIND range(1, 20) AS x RETURN $big AS text", {"big": big})
    assert result.truncated
    assert len(result.rows) == MAX_BYTES // 1_000_000


def test_time_is_limited(store: Store) -> None:
    slow = (
        "UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 3000) AS c "
        "WITH a, b, c WHERE a + b + c = -1 RETURN count(*) AS n"
    )
    started = time.monotonic()
    with pytest.raises(InvalidInput, match="no answer in 1 s"):
        ask(store, slow, timeout_s=1.0)
    assert time.monotonic() - started < 30.0
    assert ask(store, "RETURN 1 AS x").rows == [[1]]


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


@pytest.mark.parametrize(
    "query",
    [query for query in REFUSED if query.upper().startswith(("MATCH", "CREATE", "MERGE"))],
)
def test_the_layers_below_hold_alone(
    store: Store, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the text guard switched off, plan, session and user still let nothing be written."""
    fill(store)
    before = stats.counts(store)
    monkeypatch.setattr(guard, "check", lambda text: text)
    with pytest.raises(NeuroweaveError):
        ask(store, query)
    assert stats.counts(store) == before


@pytest.mark.parametrize(("limit", "timeout_s"), [(0, 1.0), (10_001, 1.0), (1, 0.0), (1, 61.0)])
def test_limits_have_limits(limit: int, timeout_s: float) -> None:
    # They are checked before a server is asked: none is needed.
    with pytest.raises(InvalidInput, match=r"limit|timeout_s"):
        ask(None, "RETURN 1", limit=limit, timeout_s=timeout_s)  # type: ignore[arg-type]
