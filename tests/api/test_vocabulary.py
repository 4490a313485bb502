"""The vocabulary over HTTP: plans, conditions, what follows, and who may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from graph.store import Store
from tests.api import world
from tests.conftest import empty

pytestmark = pytest.mark.server

API = "/api/v1"


@pytest.fixture
def client(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    empty(embedded_store)
    world.fill(embedded_store)
    settings = world.config(tmp_path_factory.mktemp("vocabulary"))
    with (
        world.opened(embedded_store, settings) as context,
        TestClient(create_app(settings, context), client=("127.0.0.1", 50_000)) as opened,
    ):
        yield opened


def test_a_function_is_renamed_after_a_plan(client: TestClient) -> None:
    path = f"{API}/functions/perception.vision"
    body = {"to": "perception.sight"}
    plan = client.post(f"{path}/rename", params={"dry_run": True}, json=body).json()
    assert plan["becomes"]["perception.vision.motion"] == ["perception.sight.motion"]
    assert (plan["seq"], plan["follow"]) == (None, {"area": 2, "claim": 2, "model": 1})
    assert client.post(f"{path}/rename", json=body).status_code == 428
    tag = client.get(path).headers["etag"]
    edited = client.patch(path, json={"definition": "seeing"}, headers={"If-Match": tag})
    assert edited.status_code == 200
    stale = client.post(f"{path}/rename", json=body, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert stale.json()["current"]["definition"] == "seeing"
    tag = edited.headers["etag"]
    assert tag == client.get(path).headers["etag"]
    done = client.post(f"{path}/rename", json=body, headers={"If-Match": tag}).json()
    assert done["follow"] == plan["follow"]
    old = client.get(path).json()
    assert (old["status"], old["replaced_by"]) == ("deprecated", ["perception.sight"])
    assert client.get(f"{path}/regions").json()["items"]
    assert client.post(f"{API}/revisions/{done['seq']}/undo", json={}).status_code < 300
    assert client.get(path).json()["status"] == "active"


def test_entries_are_added_split_and_deprecated(client: TestClient) -> None:
    made = client.post(f"{API}/areas", json={"id": "auditory.pitch", "realizes": [world.HEARING]})
    assert made.status_code == 201
    assert made.headers["location"] == f"{API}/areas/auditory.pitch"
    assert client.get(made.headers["location"]).headers["etag"] == made.headers["etag"]
    assert client.post(f"{API}/areas", json={"id": "auditory.pitch"}).status_code == 409
    parts = {"parts": {"perception.a": "", "perception.b": "b"}}
    refused = client.post(
        f"{API}/functions/{world.HEARING}/split", json=parts, headers={"If-Match": "*"}
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "table")
    split = client.post(
        f"{API}/functions/{world.HEARING}/split",
        json={**parts, "table": {"c3": "perception.a"}},
        headers={"If-Match": "*"},
    ).json()
    assert split["becomes"] == {world.HEARING: ["perception.a", "perception.b"]}
    gone = client.post(
        f"{API}/functions/perception.b/deprecate", json={}, headers={"If-Match": "*"}
    )
    assert gone.json()["action"] == "deprecate"
    listed = client.get(f"{API}/functions").json()["items"]
    shown = {row["id"]: row["status"] for row in listed}
    assert shown["perception.b"] == "deprecated"
    assert world.HEARING not in shown


def test_words_of_the_library(client: TestClient) -> None:
    (used,) = client.get(f"{API}/dictionaries/category").json()["items"]
    assert (used["name"], used["uses"], used["recorded"]) == ("convolutional", 1, False)
    for word in ("convolutional", "CNN"):
        made = client.post(f"{API}/dictionaries/category", json={"id": word})
        assert made.status_code == 201
    merged = client.post(
        f"{API}/dictionaries/category/convolutional/merge",
        json={"into": "CNN"},
        headers={"If-Match": "*"},
    ).json()
    assert merged["follow"] == {"model": 1}
    (model,) = client.get(f"{API}/models").json()["items"]
    assert model["category"] == "CNN"
    assert client.get(f"{API}/models/{model['id']}").json()["id"] == model["id"] == "lenet5/image"
    counted = {row["id"]: row["terms"] for row in client.get(f"{API}/dictionaries").json()["items"]}
    assert counted == {"category": 1, "optimizer": 0, "platform": 0}
