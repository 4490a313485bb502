"""Many editors at once: nobody's edit is lost, and whoever comes late is told."""

from __future__ import annotations

import multiprocessing
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from atlas.model import Atlas, Claim
from graph import atlases, claims, content, edits, functions, history, revisions
from graph.changes import digest_of
from graph.config import StoreConfig
from graph.edits import Edit
from graph.store import Row, Store
from tests.graph.small import FUNCTIONS, SOURCE, region

EDITORS, RECORDS, EDITS = 8, 50, 12


def _fill(store: Store) -> None:
    parcels = tuple(region(number) for number in range(RECORDS))
    atlases.put(store, Atlas("a", "An atlas", "MNI152", SOURCE, regions=parcels), by="test")
    functions.put(store, FUNCTIONS, by="test")
    found = [
        Claim(f"c{n}", f"a:{n}", "hearing", SOURCE.id, "z", 4.0, 0.5, rationale="0")
        for n in range(RECORDS)
    ]
    claims.put(store, SOURCE, found, by="test")


def _read(store: Store, id: str) -> Row:
    (row,) = store.reading(lambda tx: content.read(tx, "claim", [id]))
    return row


def _count_up(store: Store, editor: int) -> int:
    """Read a claim's number and write it back raised by one; how often somebody was faster."""
    chance, late = random.Random(editor), 0
    for _ in range(EDITS):
        # Half of the edits meet on five claims, so that editors collide.
        id = f"c{chance.randrange(5 if chance.random() < 0.5 else RECORDS)}"
        row = _read(store, id)
        while True:
            raised = str(int(row["rationale"]) + 1)
            edit = Edit("edit", id=id, rationale=raised, expected=digest_of(row))
            try:
                edits.apply(store, [edit], by=f"editor {editor}", allow_self_review=True)
            except history.Stale as stale:
                late += 1
                row = stale.current or {}
            else:
                break
    return late


def _nothing_lost(store: Store) -> None:
    total = sum(int(_read(store, f"c{n}")["rationale"]) for n in range(RECORDS))
    assert total == EDITORS * EDITS
    rows, _ = revisions.list_revisions(store, limit=EDITORS * EDITS + 10)
    assert [row["seq"] for row in rows] == list(range(EDITORS * EDITS + 3, 0, -1))
    assert claims.recompute(store) == 0


def test_threads_lose_no_edit(store: Store) -> None:
    _fill(store)
    with ThreadPoolExecutor(EDITORS) as pool:
        late = list(pool.map(lambda editor: _count_up(store, editor), range(EDITORS)))
    assert sum(late) > 0
    _nothing_lost(store)


def _alone(config: StoreConfig, editor: int) -> None:
    with Store.open(config) as own:
        _count_up(own, editor)


@pytest.mark.slow
def test_processes_lose_no_edit(store: Store) -> None:
    _fill(store)
    context = multiprocessing.get_context("spawn")
    editors = [context.Process(target=_alone, args=(store.config, n)) for n in range(EDITORS)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join(120)
    assert [editor.exitcode for editor in editors] == [0] * EDITORS
    _nothing_lost(store)
