"""A ledger in a fresh directory or on a real PostgreSQL, and workers for it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.config import StoreConfig
from jobs.ledger import Ledger, default_url
from jobs.worker import Worker
from tests.jobs.kinds import KINDS
from tests.servers import postgres as postgres_server


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """A real PostgreSQL; skips loudly where it cannot be had.

    With ``NEUROWEAVE_REQUIRE_POSTGRES=1`` it fails instead.
    """
    try:
        with postgres_server.running() as server:
            yield server
    except postgres_server.MissingError as error:
        if os.environ.get("NEUROWEAVE_REQUIRE_POSTGRES") == "1":
            pytest.fail(f"a real PostgreSQL is required: {error}")
        warnings.warn(f"THE POSTGRESQL HALF IS SKIPPED: {error}", stacklevel=1)
        pytest.skip(f"no real PostgreSQL: {error}")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return default_url(tmp_path)
    server: postgres_server.Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def timed(url: str, clock: Clock) -> Iterator[Ledger]:
    """A ledger whose time is in the test's hands."""
    ledger = Ledger(url, kinds=KINDS, clock=clock, monotonic=clock)
    yield ledger
    ledger.close()


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    ledger = Ledger(url, kinds=KINDS)
    yield ledger
    ledger.close()


@pytest.fixture
def make_worker(ledger: Ledger, tmp_path: Path) -> Callable[..., Worker]:
    def make(**options: float) -> Worker:
        settings: dict[str, Any] = {"poll_s": 0.02, "grace_s": 2.0, "backoff_s": 0.0, **options}
        config = StoreConfig(tmp_path, uri="bolt://example", password="hush")
        return Worker(ledger, home=tmp_path, store_config=config, **settings)

    return make
