"""A configured server that cannot be used is said at once, and says what to change."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from atlas.errors import Unavailable
from graph.config import StoreConfig
from graph.store import Store

QUICK_S = 12.0  # the driver would otherwise repeat for 30 s


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_nobody_listens(tmp_path: Path, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = StoreConfig(tmp_path, uri=f"{scheme}://127.0.0.1:{port}", password="x")
    started = time.monotonic()
    with pytest.raises(Unavailable, match="no answer at"):
        Store.open(config)
    assert time.monotonic() - started < QUICK_S


def test_not_a_database_address(tmp_path: Path) -> None:
    config = StoreConfig(tmp_path, uri="http://127.0.0.1:1", password="x")
    with pytest.raises(Unavailable, match="bolt://HOST:PORT"):
        Store.open(config)


def test_no_password(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="NEUROWEAVE_NEO4J_PASSWORD"):
        Store.open(StoreConfig(tmp_path, uri="bolt://127.0.0.1:1"))


def test_the_password_is_not_shown() -> None:
    assert "hidden" not in repr(StoreConfig(Path("home"), uri="bolt://h", password="hidden"))


@pytest.mark.neo4j
@pytest.mark.server
def test_wrong_password(neo4j_config: StoreConfig) -> None:
    with pytest.raises(Unavailable, match="refused for user neo4j"):
        Store.open(replace(neo4j_config, password="wrong"))


@pytest.mark.neo4j
@pytest.mark.server
def test_unknown_database(neo4j_config: StoreConfig) -> None:
    with pytest.raises(Unavailable, match="database name: found nowhere"):
        Store.open(replace(neo4j_config, database="nowhere"))
