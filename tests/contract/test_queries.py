"""Every named query gives the same rows on the embedded server and on a real Neo4j."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import cypher
from graph import content
from graph.queries import load, names
from graph.store import Store
from tests.conftest import empty
from tests.contract.reads import READS
from tests.contract.steps import WRITES

pytestmark = pytest.mark.server

ROOT = Path(__file__).resolve().parents[2]
EMPTY_AT = {"region/text", "selection/region_count", "composition/chain"}


def _live(store: Store) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows of every write and every read, keyed by their step."""
    empty(store)
    written = {f"{n} {name}": store.write(name, **p) for n, (name, p) in enumerate(WRITES)}
    read = {f"{n} {name}": store.read(name, **p) for n, (name, p) in enumerate(READS)}
    return written, read


def _dump(store: Store) -> tuple[list[Any], list[Any]]:
    """All that is in the graph, in an order of its own."""
    from graph.values import digest, plain

    with store.session(read=True) as session:
        nodes = session.run("MATCH (n) RETURN labels(n) AS labels, properties(n) AS p").values()
        edges = session.run(
            "MATCH (a)-[e]->(b) RETURN type(e), properties(e), a.id, a.seq, b.id, b.seq"
        ).values()
    return sorted((plain(n) for n in nodes), key=digest), sorted(map(plain, edges), key=digest)


@pytest.fixture(scope="module")
def embedded_life(embedded_store: Store) -> tuple[dict[str, Any], dict[str, Any]]:
    return _live(embedded_store)


def test_reads_return_rows_with_the_declared_columns(
    embedded_life: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    answered = set()
    for step, rows in embedded_life[1].items():
        query = load(step.split()[1])
        for row in rows:
            assert tuple(row) == query.columns, step
        if rows:
            answered.add(query.name)
    # A query that only ever returned nothing would agree with anything.
    assert answered == {name for name, _ in READS}


@pytest.mark.neo4j
def test_both_servers_give_equal_rows(
    embedded_life: tuple[dict[str, Any], dict[str, Any]],
    embedded_store: Store,
    neo4j_store: Store,
) -> None:
    here_written, here_read = embedded_life
    there_written, there_read = _live(neo4j_store)
    assert there_written == here_written
    unordered = {name for name, _ in READS if "ORDER BY" not in load(name).text}
    for step, rows in here_read.items():
        other = there_read[step]
        if step.split()[1] in unordered:
            rows, other = sorted(rows, key=repr), sorted(other, key=repr)
        assert len(other) == len(rows), step
        for mine, theirs in zip(rows, other, strict=True):
            assert (
                mine == pytest.approx(theirs, rel=1e-12, nan_ok=True)
                if _flat(mine)
                else (mine == theirs)
            ), step
    assert _dump(neo4j_store) == _dump(embedded_store)


def _flat(row: dict[str, Any]) -> bool:
    return not any(isinstance(value, (list, dict, str)) or value is None for value in row.values())


@pytest.mark.neo4j
def test_modes_are_declared_truthfully(neo4j_store: Store) -> None:
    expected = {"read": {"r"}, "write": {"w", "rw"}}
    values = dict([*WRITES, *READS])
    for name in names():
        query = load(name)
        params = values.get(name, {})
        with neo4j_store.session() as session:
            kind = session.run("EXPLAIN " + query.text, params).consume().query_type
        if name.startswith("schema/") and query.text.startswith("CREATE"):
            assert kind == "s", name
        else:
            assert kind in expected[query.mode], name


def test_the_reader_user_can_run_every_read_and_no_write(
    embedded_store: Store, embedded_life: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    from neo4j.exceptions import Forbidden

    del embedded_life
    for name, params in READS:
        with embedded_store.session(restricted=True) as session:
            session.run(load(name).text, params).consume()
    before = _dump(embedded_store)
    refused = set()
    for name, params in WRITES:
        try:
            with embedded_store.session(restricted=True) as session:
                session.run(load(name).text, params).consume()
        except Forbidden:
            refused.add(name)
    # The others find nothing left to change: their MERGE exists, their link is gone.
    assert refused >= {name for name, _ in WRITES if "\nCREATE (" in load(name).text}
    assert refused >= {"area/untie", "link/put", "claim/untie"}
    assert _dump(embedded_store) == before


def test_every_query_has_a_contract_test() -> None:
    covered = {name for name, _ in [*WRITES, *READS]}
    definitions = {name for name in names() if name.startswith("schema/")}
    assert covered | definitions == set(names())


def test_every_query_is_used() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for room in ("graph", "composer", "ingest", "jobs", "api", "neuroweave")
        for path in (ROOT / room).rglob("*.py")
    )
    verbs = ("put", "digests", "untie", "below", "named", "referrers")
    generic = {verb for verb in verbs if f'"{{noun}}/{verb}"' not in code}
    assert not generic
    assert '"revive/{noun}"' in code
    # records.write puts any of them.
    nouns = set(content.NOUNS)
    for name in names():
        noun, _, verb = name.partition("/")
        used = f'"{name}"' in code or (verb in verbs and noun in nouns)
        used = used or (noun in ("content", "revive") and verb in content.NOUNS)
        # schema.apply runs every definition of the folder.
        assert used or noun == "schema", f"nothing uses cypher/{name}.cypher"


def test_the_folder_holds_nothing_else() -> None:
    folder = Path(str(cypher.__path__[0]))
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    known = {f"{name}.cypher" for name in names()} | {"__init__.py"}
    assert {name for name in files if "__pycache__" not in name} == known
