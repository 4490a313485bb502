"""The whole road over HTTP: scenario, job, worker, network, predictions, weights."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from api.context import Context
from graph.store import Store
from ingest.load import load_builtin
from jobs.worker import Worker
from neuroweave import Client
from neuroweave.client import ApiError
from tests.api import world
from tests.conftest import empty

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def context(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    empty(embedded_store)
    load_builtin(embedded_store)
    settings = world.config(tmp_path_factory.mktemp("road"))
    with world.opened(embedded_store, settings) as context:
        yield context


@pytest.fixture(scope="module")
def client(context: Context) -> Iterator[Client]:
    home, store_config = context.config.home, context.store.config
    worker = Worker(context.ledger, home=home, store_config=store_config, poll_s=0.05)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        with world.serving(context) as served, Client(served.url) as client:
            yield client
    finally:
        worker.stop()
        thread.join()


@pytest.fixture(scope="module")
def built(client: Client) -> dict[str, object]:
    fractions: list[float] = []
    result = client.build(
        scenario="audio-visual",
        trials=2,
        progress=lambda _, fraction: fractions.append(fraction),
    )
    assert len(fractions) > 5
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    return result


def test_the_result_is_in_the_graph(client: Client, built: dict[str, object]) -> None:
    shown = client.composition(str(built["composition"]))
    assert shown["scenario"] == "audio-visual"
    assert shown["weights_sha256"] == built["checkpoint"]
    assert shown["validation"] == built["validation"]
    rows = client.cypher(
        "MATCH (c:Composition {id: $id})-[:USES]->(k:Checkpoint) RETURN k.id AS id ORDER BY id",
        id=built["composition"],
    )
    slots = built["slots"]
    assert isinstance(slots, list)
    assert list(rows["id"]) == sorted(slot["checkpoint"] for slot in slots)
    assert set(client.checkpoints()["sha256"]) >= set(rows["id"])
    assert list(client.datasets()["id"]) == ["digits-dtmf"]


def test_asking_again_reuses_it(client: Client, built: dict[str, object]) -> None:
    again = client.build(scenario="audio-visual", trials=2)
    assert again["reused"] is True
    assert again["composition"] == built["composition"]


def test_it_labels_raw_samples(client: Client, built: dict[str, object]) -> None:
    from training.demo_data import digits_dtmf

    data = digits_dtmf()
    samples = data.splits["test"]
    raw = {modality: values[:40] for modality, values in samples.raw.items()}
    answer = client.predict(str(built["composition"]), **raw)
    truth = [data.labels[int(label)] for label in samples.y[:40]]
    right = sum(a == b for a, b in zip(answer["labels"], truth, strict=True))
    assert right >= 30
    assert all(sum(row) == pytest.approx(1, abs=1e-4) for row in answer["probabilities"])
    assert answer["classes"] == list(data.labels)
    for broken in ([[[10**400]]], [[["a"]]], [[1, 2]], []):
        with pytest.raises(ApiError) as error:
            client.predict(str(built["composition"]), image=broken, audio=raw["audio"][:1])
        assert error.value.status == 422


def test_its_weights_can_be_had(client: Client, built: dict[str, object], tmp_path: Path) -> None:
    sha256 = str(built["checkpoint"])
    path = client.download(sha256, tmp_path / "weights.safetensors")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    url = f"{client.url}/api/v1/compositions/{built['composition']}/file"
    whole = httpx2.get(url)
    assert whole.content == path.read_bytes()
    assert whole.headers["etag"] == f'"{sha256}"'
    assert httpx2.get(url, headers={"If-None-Match": f'"{sha256}"'}).status_code == 304
    part = httpx2.get(url, headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, whole.content[:8])


def test_the_cypher_of_the_scenario_agrees(client: Client) -> None:
    found = client.activate(scenario="audio-visual")
    query = found["reproduce"]["cypher"]
    rows = client.cypher(query["query"], parameters=query["parameters"])
    ours = found.frame("functions")
    assert list(rows["function"]) == list(ours["id"])
    assert list(rows["score"]) == pytest.approx(list(ours["score"]), rel=1e-12)
    assert len(rows) > 10
