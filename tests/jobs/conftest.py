"""A ledger in a fresh directory, and workers for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.config import StoreConfig
from jobs.ledger import Ledger
from jobs.worker import Worker
from tests.jobs.kinds import KINDS


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    """A ledger whose time is in the test's hands."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'jobs.db'}", kinds=KINDS, clock=clock)
    yield ledger
    ledger.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.at(tmp_path, kinds=KINDS)
    yield ledger
    ledger.close()


@pytest.fixture
def make_worker(ledger: Ledger, tmp_path: Path) -> Callable[..., Worker]:
    def make(**options: float) -> Worker:
        settings: dict[str, Any] = {"poll_s": 0.02, "grace_s": 2.0, "backoff_s": 0.0, **options}
        config = StoreConfig(tmp_path, uri="bolt://example", password="hush")
        return Worker(ledger, home=tmp_path, store_config=config, **settings)

    return make
