"""The whole graph as lines, and a graph from them, on both servers."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from atlas.errors import Conflict, InvalidInput
from graph import backup, history, revisions
from graph.store import Store
from tests.conftest import empty
from tests.graph import small

NODE = b'{"node":"Function","properties":{"id":"f"}}\n'


def lines_of(store: Store) -> tuple[bytes, backup.Counted]:
    file = BytesIO()
    counted = backup.dump(store, file)
    return file.getvalue(), counted


def test_a_graph_comes_back_as_it_was(store: Store) -> None:
    small.fill(store)
    history.undo(store, revisions.list_revisions(store, limit=1)[0][0]["seq"], by="ada")
    revised = revisions.list_revisions(store, limit=50)
    text, counted = lines_of(store)
    assert b'"Withdrawn"' in text, "what was undone is part of the history"
    assert counted.nodes + counted.relationships == text.count(b"\n")
    with pytest.raises(Conflict, match="expected an empty one"):
        backup.restore(store, BytesIO(text))
    empty(store)
    assert backup.restore(store, BytesIO(text)) == counted
    assert revisions.list_revisions(store, limit=50) == revised
    again, same = lines_of(store)
    assert same == counted
    assert sorted(again.splitlines()) == sorted(text.splitlines())
    undone = history.undo(store, revised[0][0]["seq"], by="ada")
    assert undone is not None, "the history goes on"


def test_nothing_is_left_of_half_a_graph(store: Store) -> None:
    small.fill(store)
    text, _ = lines_of(store)
    empty(store)
    lacking = [line for line in text.splitlines() if b'"node":"Source"' not in line]
    with pytest.raises(InvalidInput, match="a node that it lacks"):
        backup.restore(store, lacking)
    assert lines_of(store)[1].nodes == 1, "the counter of the schema"


@pytest.mark.server
def test_both_servers_make_the_same_lines(embedded_store: Store) -> None:
    empty(embedded_store)
    small.fill(embedded_store)
    text, counted = lines_of(embedded_store)
    shuffled = sorted(text.splitlines(), key=lambda line: (b'"node"' not in line, line))
    assert backup.checked(shuffled) == counted


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b'{"node":"F","properties":[]}',
        b'{"node":"F) DETACH DELETE (n","properties":{}}',
        b'{"relationship":"A]->() //","from":["F","f"],"to":["F","f"],"properties":{}}',
        b'{"relationship":"A","from":["F",["f"]],"to":["F","f"],"properties":{}}',
    ],
)
def test_other_lines_are_refused(line: bytes) -> None:
    with pytest.raises(InvalidInput, match="graph line 2"):
        backup.checked([NODE, line])


def test_the_fingerprint_forgets_the_order_and_nothing_else() -> None:
    rows = [{"node": "Function", "properties": {"id": f"f{n}"}} for n in range(5)]
    lines = [json.dumps(row).encode() for row in rows]
    assert backup.checked(lines) == backup.checked(reversed(lines))
    assert backup.checked(lines) != backup.checked(lines[1:])
    assert backup.checked(lines) != backup.checked([*lines[1:], lines[1]])
