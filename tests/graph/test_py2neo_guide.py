"""The guide's script runs on a real Neo4j and says what the store says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from graph import functions
from graph.config import StoreConfig
from graph.store import Store
from ingest.load import load_builtin
from tests.conftest import empty

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "guides" / "py2neo_regions.py"


@pytest.mark.server
@pytest.mark.neo4j
def test_py2neo_matches_and_creates(neo4j_config: StoreConfig, neo4j_store: Store) -> None:
    empty(neo4j_store)
    load_builtin(neo4j_store)
    found = subprocess.run(
        [sys.executable, str(SCRIPT)],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "NEUROWEAVE_NEO4J_URI": str(neo4j_config.uri),
            "NEUROWEAVE_NEO4J_PASSWORD": str(neo4j_config.password),
        },
    )
    assert found.returncode == 0, found.stderr
    name, *lines, created = found.stdout.splitlines()
    function = "perception.vision.motion"
    assert name == functions.get(neo4j_store, function)["name"]
    rows, _ = functions.regions(neo4j_store, function, limit=3)
    assert lines == [f"{row['region']} {row['weight']}" for row in rows]
    assert created == function
    with neo4j_store.session() as session:
        left = session.run("MATCH (n:LabNote) RETURN count(n) AS n").single()
    assert left["n"] == 0
