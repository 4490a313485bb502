"""The library through the client and at the command line, against real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph import datasets
from graph.datasets import DatasetRecord
from graph.store import Store
from neuroweave import Client
from neuroweave.client import ApiError
from tests.api import world
from tests.api.test_library import ADDRESS, CONTENT, MODEL
from tests.conftest import empty

pytestmark = pytest.mark.server


@pytest.fixture
def client(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    empty(embedded_store)
    world.fill(embedded_store)
    datasets.put(embedded_store, DatasetRecord("digits", "Digits"), by="t")
    settings = world.config(tmp_path_factory.mktemp("library"))
    with (
        world.opened(embedded_store, settings) as context,
        world.serving(context) as served,
        Client(served.url) as client,
    ):
        yield client


def test_a_model_and_its_weights_from_statement_to_withdrawal(
    client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(CONTENT)
    rest = {name: value for name, value in MODEL.items() if name not in ("id", "name", "areas")}
    stated = client.add_model("tiny", "Tiny", ["visual"], **rest)
    assert client.model("tiny") == stated
    assert "tiny" in set(client.models()["id"])
    with pytest.raises(ApiError) as twice:
        client.add_model("tiny", "Tiny", ["visual"])
    assert twice.value.status == 409

    sent = client.upload_checkpoint(path, "tiny", "digits", optimizer="SGD", value=0.96)
    assert (sent["sha256"], sent["value"], sent["bytes"]) == (ADDRESS, 0.96, len(CONTENT))
    assert client.checkpoint(ADDRESS) == sent
    with pytest.raises(ApiError, match=r"value: found 0\.9, expected 0\.96"):
        client.upload_checkpoint(path, "tiny", "digits", value=0.9)
    edited = client.edit_checkpoint(sent, licence="MIT", reason="stated by its maker")
    assert edited["licence"] == "MIT"
    with pytest.raises(ApiError) as stale:
        client.edit_checkpoint(sent, licence="BSD")
    assert stale.value.status == 412
    for query, found in (
        ({"area": "visual", "least": 0.9}, [ADDRESS]),
        ({"model": "tiny", "optimizer": "adam"}, []),
        ({"dataset": "digits", "text": "tiny"}, [ADDRESS]),
    ):
        frame = client.checkpoints(**query)
        assert list(frame["sha256"] if len(frame) else []) == found, query
    with pytest.raises(ApiError, match="area: found nowhere") as unknown:
        client.models(area="nowhere")
    assert unknown.value.status == 404
    counted = client.library_statistics()
    assert (counted["checkpoints"], counted["total_bytes"]) == (1, len(CONTENT))
    assert client.download(ADDRESS, tmp_path / "copy").read_bytes() == CONTENT
    assert set(client.datasets()["id"]) >= {"digits"}

    with pytest.raises(ApiError, match="found Checkpoint"):
        client.withdraw_model("tiny")
    assert client.withdraw_checkpoint(ADDRESS)["id"] == ADDRESS
    with pytest.raises(ApiError) as gone:
        client.checkpoint(ADDRESS)
    assert gone.value.status == 410
    assert client.withdraw_model("tiny")["revision"] > 0
    with pytest.raises(ApiError, match="were not brought in here") as kept:
        client.remove_dataset("digits", dry_run=True)
    assert kept.value.status == 409


def test_what_is_hostile_is_refused_with_its_reason(client: Client, tmp_path: Path) -> None:
    client.add_model("tiny", "Tiny", ["visual"], family="lenet3")
    path = tmp_path / "weights"
    for content, reason in ((b"\x80\x04evil" + bytes(50), "a pickle"), (CONTENT[:-1], "bytes of")):
        path.write_bytes(content)
        with pytest.raises(ApiError, match=reason):
            client.upload_checkpoint(path, "tiny", "digits")
    assert len(client.checkpoints(model="tiny")) == 0
    with pytest.raises(ApiError) as missing:
        client.download("f" * 64, tmp_path / "none")
    assert missing.value.status == 404
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_tables_for_people(tmp_path: Path) -> None:
    """Every command of upkeep prints without ``--json`` too."""
    environment = {**os.environ, "NEUROWEAVE_HOME": str(tmp_path)}

    def run(*words: str) -> str:
        call = [sys.executable, "-P", "-m", "neuroweave", "models", *words]
        done = subprocess.run(call, capture_output=True, text=True, env=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("add", "ResNet18", "--area", "visual", "--dataset", "CIFAR10", "--accuracy", "96 %")
    (row,) = json.loads(run("show", "resnet18", "--json"))["checkpoints"]
    said = ("--set", "value=0.97", "--set", "licence=MIT", "--expected", row["digest"])
    assert "0.97" in run("edit", row["sha256"], *said)
    (row,) = json.loads(run("show", "resnet18", "--json"))["checkpoints"]
    assert (row["value"], row["licence"]) == (0.97, "MIT")
    table = run("statistics")
    assert "accuracy from" in table
    assert "parameters from" in table
    assert "all files are what they should be" in run("check")
    assert "freed" in run("gc", "--dry-run")
