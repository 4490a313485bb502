"""Releases over HTTP, and the same questions to any of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from api.app import PREFIX, create_app
from api.context import Context
from graph import claims, content, functions
from graph.releases.reading import opened as release_opened
from graph.releases.shelf import Shelf
from graph.store import Store
from jobs.release import ReleaseRequest, run_release
from neuroweave.client import ApiError, Client
from tests.api import world
from tests.conftest import empty

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def context(embedded_store: Store) -> Iterator[Context]:
    empty(embedded_store)
    world.fill(embedded_store)
    run_release(embedded_store, ReleaseRequest("v1"))
    weaker = replace(world.CLAIMS[0], weight=0.125)
    claims.put(embedded_store, world.SOURCE, [weaker], by="test")
    with world.opened(embedded_store, world.config(embedded_store.config.home)) as found:
        yield found
        found.releases.close()


@pytest.fixture(scope="module")
def client(context: Context) -> Iterator[TestClient]:
    app = create_app(context.config, context)
    with TestClient(app, f"http://testserver{PREFIX}", client=("127.0.0.1", 50000)) as found:
        yield found


def test_old_releases_answer_beside_the_living_graph(client: TestClient) -> None:
    path = "/regions/tiny:1/functions"
    (now,) = client.get(path).json()["items"]
    (then,) = client.get(path, params={"release": "v1"}).json()["items"]
    assert (now["weight"], then["weight"]) == (0.125, 0.9)

    for path in ("/atlases", "/regions?limit=3", "/links", "/claims", "/functions/perception"):
        there = client.get(path, params={"release": "v1"})
        assert there.status_code == 200, there.text
    body = {"atlas": "tiny", "regions": ["tiny:1"]}
    now, then = (
        client.post("/activations", json=body, params=params).json()["functions"][0]
        for params in ({}, {"release": "v1"})
    )
    assert now["id"] == then["id"] == world.MOTION
    assert next(claim["weight"] for claim in then["claims"]) == 0.9


def test_a_saved_query_asks_a_release_too(client: TestClient) -> None:
    text = "MATCH (:Region {id: $id})-[h:HAS_FUNCTION]->() RETURN h.weight AS weight"
    body = {"id": "how-heavy", "query": text, "parameters": {"id": "STRING"}}
    assert client.post("/queries", json=body).status_code == 201
    for params, weight in (({}, 0.125), ({"release": "v1"}, 0.9)):
        assert client.get("/queries/how-heavy", params=params).json()["query"] == text
        listed = client.get("/queries", params={**params, "q": "how-heavy"}).json()["items"]
        assert [one["id"] for one in listed] == ["how-heavy"]
        sent = {"parameters": {"id": "tiny:1"}}
        answer = client.post("/queries/how-heavy/run", json=sent, params=params)
        assert answer.json()["rows"] == [[weight]]
    assert client.delete("/queries/how-heavy", params={"release": "v1"}).status_code == 422
    assert client.delete("/queries/how-heavy").status_code == 204


def test_releases_are_never_written(client: TestClient, context: Context) -> None:
    with context.releases.store("v1") as store:
        assert store.frozen
        with pytest.raises(Exception, match="never changes"):
            functions.put(store, world.FUNCTIONS, by="test")


def test_what_cannot_be_answered_is_said(client: TestClient) -> None:
    missing = client.get("/regions", params={"release": "v9"})
    assert missing.status_code == 404
    assert "v1" in missing.json()["errors"][0]["expected"]
    for bad in ("../v1", "..", "v1/../v1", "/etc", ".part-1"):
        assert client.get("/regions", params={"release": bad}).status_code == 404
        assert client.get(f"/releases/{quote(bad, safe='')}").status_code == 404
    assert client.get("/jobs", params={"release": "v1"}).status_code == 422
    assert client.get("/regions", params={"relaese": "v1"}).status_code == 422


def test_a_release_is_downloaded_whole(client: TestClient, tmp_path: Path) -> None:
    (listed,) = client.get("/releases").json()["items"]
    shown = client.get("/releases/v1").json()
    assert listed == shown
    answers = [client.get("/releases/v1/file") for _ in range(2)]
    assert answers[0].content == answers[1].content
    path = tmp_path / "v1.zip"
    path.write_bytes(answers[0].content)
    with release_opened(path) as release:
        assert release.manifest.digest == shown["digest"]


def test_a_release_is_made_by_a_job(client: TestClient, context: Context) -> None:
    sent = client.post("/releases", json={"id": "v2", "title": "Two"})
    assert sent.status_code == 202, sent.text
    job = context.ledger.get(sent.json()["id"])
    assert sent.headers["location"].endswith(job.id)
    found = run_release(context.store, ReleaseRequest.from_dict(job.payload))
    assert found["digest"] == content.digest(context.store)
    assert {one.id for one in Shelf.at(context.config.home).list()} == {"v1", "v2"}
    context.ledger.cancel(job.id)

    assert client.post("/releases", json={"id": "../v2"}).status_code == 422
    assert client.post("/releases", json={"id": "v3", "without": ["x"]}).status_code == 404


def test_licences_that_do_not_go_together_are_refused_at_once(
    client: TestClient, context: Context
) -> None:
    source = replace(world.SOURCE, id="closed", licence="CC BY-ND 4.0")
    claim = replace(world.CLAIMS[0], id="c9", region="tiny:2", source="closed")
    claims.put(context.store, source, [claim], by="test")
    refused = client.post("/releases", json={"id": "v4"})
    assert refused.status_code == 409
    assert "closed" in refused.json()["detail"]
    assert "noderivatives" in refused.json()["errors"][0]["hint"]


def test_the_client_asks_a_release(context: Context, tmp_path: Path) -> None:
    with world.serving(context) as served, Client(served.url, release="v1") as client:
        assert client.region_functions("tiny:1")["weight"].tolist() == [0.9]
        assert client.atlases()["id"].tolist() == ["tiny"]
        with pytest.raises(ApiError, match="release"):
            client.jobs()
    with world.serving(context) as served, Client(served.url) as client:
        assert client.region_functions("tiny:1")["weight"].tolist()[0] < 0.9
        assert "v1" in client.releases()["id"].tolist()
        path = client.download_release("v1", tmp_path / "v1.zip")
        with release_opened(path) as release:
            assert release.manifest.digest == client.release("v1")["digest"]
