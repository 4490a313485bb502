"""The audio-visual scenario on AV-MNIST as a job of a server: little data, the whole road."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from api.context import Context
from graph.store import Store
from ingest.load import load_builtin
from jobs.worker import Worker
from neuroweave import Client
from neuroweave.client import ApiError
from tests.api import world
from tests.conftest import empty
from tests.training.test_av_mnist import SMALL, little
from training.av_mnist.build import build

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def context(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    empty(embedded_store)
    load_builtin(embedded_store)
    settings = world.config(tmp_path_factory.mktemp("av-mnist"))
    with world.opened(embedded_store, settings) as context:
        yield context


@pytest.fixture(scope="module")
def client(context: Context) -> Iterator[Client]:
    home = context.config.home
    worker = Worker(context.ledger, home=home, store_config=context.store.config, poll_s=0.05)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        with world.serving(context) as served, Client(served.url) as client:
            yield client
    finally:
        worker.stop()
        thread.join()


def test_a_network_is_built_on_it_and_hears_waveforms(context: Context, client: Client) -> None:
    sources = little(1)
    build(sources, SMALL, context.config.home, name="little")
    built = client.build(scenario="audio-visual", dataset="av-mnist-little", trials=1)
    assert {slot["area"] for slot in built["slots"]} <= {"visual", "auditory"}
    rows = client.cypher("MATCH (d:Dataset {id: 'av-mnist-little'}) RETURN d.licence AS licence")
    assert "FSDD" in rows["licence"][0]
    raw = {
        "visual": ("image", sources.pictures[:2].tolist()),
        "auditory": ("audio", [sources.voices[0].tolist(), sources.voices[1].tolist()]),
    }
    answer = client.predict(
        str(built["composition"]), **dict(raw[slot["area"]] for slot in built["slots"])
    )
    assert set(answer["labels"]) <= {"0", "1", "2"}


def test_a_variant_that_was_never_built_is_told(client: Client) -> None:
    before = len(client.jobs())
    with pytest.raises(ApiError) as refused:
        client.build(scenario="audio-visual", dataset="av-mnist-nowhere", trials=1)
    assert refused.value.status == 404
    assert "datasets build av-mnist --from FOLDER --name nowhere" in str(refused.value)
    assert len(client.jobs()) == before
