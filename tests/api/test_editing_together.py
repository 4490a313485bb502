"""Eight people edit the same fifty links at once; nobody's edit is lost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graph import claims, edits, history
from graph.edits import Edit
from graph.store import Store
from neuroweave.client import Client, StaleEdit
from tests.api import world
from tests.api.world import MOTION, Served

EDITORS, LINKS, EDITS = 8, 50, 12
STEP = 1 / 1024
"""Sums of it are exact."""


@pytest.fixture
def served(store: Store, tmp_path: Path) -> Iterator[Served]:
    world.fill(store)
    with (
        world.opened(store, world.config(tmp_path)) as context,
        world.serving(context) as running,
    ):
        yield running


def stated(store: Store) -> list[str]:
    """Fifty claims; their ids."""
    rows = [
        Edit("add_claim", region=f"tiny:{5 + n}", function=MOTION, weight=STEP,
             rationale="counted", citation="PMID:21706013", status="accepted")
        for n in range(LINKS)
    ]  # fmt: skip
    made = edits.apply(store, rows, by="test", allow_self_review=True)
    return [change.id for change in made.changes]


def edit_on_and_on(url: str, ids: list[str], seed: int) -> tuple[Counter[str], int]:
    """Add a step to one link after another; how many each got, and how often it was stale."""
    chance, done, stale = random.Random(seed), Counter[str](), 0
    with Client(url) as client:
        for _ in range(EDITS):
            # Every second edit is of one of five, so that editors meet.
            id = chance.choice(ids[:5] if chance.random() < 0.5 else ids)
            record = client.claim(id)
            while True:
                try:
                    client.edit_claim(record, weight=record["weight"] + STEP)
                    break
                except StaleEdit as error:
                    record, stale = error.current or record, stale + 1
            done[id] += 1
    return done, stale


def test_no_edit_is_lost(served: Served, store: Store) -> None:
    ids = stated(store)
    with ThreadPoolExecutor(EDITORS) as pool:
        waiting = [pool.submit(edit_on_and_on, served.url, ids, n) for n in range(EDITORS)]
        results = [one.result() for one in waiting]
    done = sum((one for one, _ in results), Counter[str]())
    assert done.total() == EDITORS * EDITS
    assert sum(stale for _, stale in results) > 0, "editors never met: the test shows nothing"
    rows, _ = claims.list_claims(store, source="curation", limit=LINKS)
    assert {row["id"]: row["weight"] for row in rows} == {id: STEP * (1 + done[id]) for id in ids}
    for id in ids[:5]:
        entries, _ = history.of(store, record=("claim", id), limit=1000)
        assert len(entries) == 1 + done[id]
    assert claims.recompute(store) == 0
