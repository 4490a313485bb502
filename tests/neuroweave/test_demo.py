"""The whole road on both servers: the same network, bit for bit, and nothing done twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph.config import StoreConfig

pytestmark = [pytest.mark.server, pytest.mark.slow]


def demo(home: Path, **environment: str) -> dict[str, Any]:
    found = subprocess.run(
        [sys.executable, "-P", "-m", "neuroweave", "demo", "--quick", "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "NEUROWEAVE_HOME": str(home), **environment},
    )
    assert found.returncode == 0, found.stderr[-3000:]
    result: dict[str, Any] = json.loads(found.stdout)
    return result


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    home = tmp_path_factory.mktemp("demo")
    return home, demo(home)


def test_the_network_beats_its_parts(first: tuple[Path, dict[str, Any]]) -> None:
    build = first[1]["build"]
    assert set(build) >= {"composition", "checkpoint", "seed", "trials", "slots"}
    branches = {"visual", "auditory"}
    others = {"best_single", "sum_log_prob", "late_concat", "stacking", "searched", "result"}
    assert set(build["validation"]) == set(build["test"]) == branches | others
    validation, test = build["validation"], build["test"]
    trivial = ("best_single", "sum_log_prob", "late_concat", "stacking")
    assert validation["result"] >= max(validation[name] for name in trivial)
    assert test["result"] > max(test["visual"], test["auditory"])
    assert build["trials"] >= 20


def test_a_second_demo_reuses_what_is_there(first: tuple[Path, dict[str, Any]]) -> None:
    home, before = first
    again = demo(home)
    assert again["build"] == {**before["build"], "reused": True}
    assert all(n["created"] == n["changed"] == 0 for n in again["loaded"].values())


def test_pictures_alone_go_the_same_way(first: tuple[Path, dict[str, Any]]) -> None:
    command = ["build", "--scenario", "picture-only", "--trials", "4", "--json"]
    found = subprocess.run(
        [sys.executable, "-P", "-m", "neuroweave", *command],
        capture_output=True,
        text=True,
        env={**os.environ, "NEUROWEAVE_HOME": str(first[0])},
    )
    assert found.returncode == 0, found.stderr[-3000:]
    build = json.loads(found.stdout)
    assert [slot["area"] for slot in build["slots"]] == ["visual"]
    assert build["validation"]["result"] >= build["validation"]["best_single"]


@pytest.mark.neo4j
def test_neo4j_gives_the_same_network_bit_for_bit(
    first: tuple[Path, dict[str, Any]], neo4j_config: StoreConfig, tmp_path: Path
) -> None:
    other = demo(
        tmp_path,
        NEUROWEAVE_NEO4J_URI=str(neo4j_config.uri),
        NEUROWEAVE_NEO4J_PASSWORD=str(neo4j_config.password),
    )
    assert not (tmp_path / "embedded").exists()
    embedded = first[1]
    assert other["build"] == embedded["build"]
    for side in ("positive", "negative"):
        assert other["maps"][side] == embedded["maps"][side]
