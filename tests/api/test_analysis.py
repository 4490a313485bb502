"""Analysis, clusters and reports over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from graph.store import Store
from tests.api import world
from tests.api.test_routes import V1, stat_map
from tests.conftest import empty

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def client(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    empty(embedded_store)
    world.fill(embedded_store)
    settings = world.config(tmp_path_factory.mktemp("api"), max_map_bytes=1_000_000)
    with (
        world.opened(embedded_store, settings) as context,
        TestClient(create_app(settings, context), raise_server_exceptions=False) as client,
    ):
        yield client


def test_analysis(client: TestClient) -> None:
    query = {"permutations": 50, "seed": 1}
    found = client.get(f"{V1}/atlases/tiny/analysis", params=query).json()
    assert {f["function"]: f["n_regions"] for f in found["functions"]} == {
        "perception.audition": 1,
        "perception.vision": 2,
    }
    assert found["cover"]["n_regions"] == 3
    groups = {**query, "groups": "perception"}
    merged = client.get(f"{V1}/atlases/tiny/analysis", params=groups).json()
    assert [f["n_regions"] for f in merged["functions"]] == [3]
    own = client.get(f"{V1}/atlases/tiny/analysis", params={**query, "source": "tiny-study"})
    assert own.json()["n_links"] == 3


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"source": "nobody"}, 404),
        ({"groups": "no.such"}, 404),
        ({"level": -1}, 422),
        ({"lvl": 1}, 422),
        ({"permutations": 10**9}, 422),
    ],
)
def test_analysis_that_cannot_be(client: TestClient, query: dict[str, str], status: int) -> None:
    answer = client.get(f"{V1}/atlases/tiny/analysis", params=query)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_analysis_figure(client: TestClient) -> None:
    url = f"{V1}/atlases/tiny/analysis/figure"
    query = {"permutations": "20", "format": "svg"}
    answer = client.get(url, params=query)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.content.startswith(b"<?xml")
    tag = {"if-none-match": answer.headers["etag"]}
    assert client.get(url, params=query, headers=tag).status_code == 304
    assert client.get(url, params={"format": "pdf"}).status_code == 422


def test_clusters(client: TestClient) -> None:
    files = {"map": ("motor.nii", stat_map(-44, -70, 4))}
    answer = client.post(f"{V1}/clusters", files=files, data={"atlas": "tiny"})
    (cluster,) = answer.json()["clusters"]
    assert cluster["peaks"][0]["region"] == "tiny:1"
    assert cluster["regions"][0]["region"] == "tiny:1"
    refused = client.post(f"{V1}/clusters", json={"atlas": "tiny", "regions": ["tiny:1"]})
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("map")


def test_report(client: TestClient) -> None:
    name = "<b>motor.nii"
    files = {"map": (name, stat_map(-44, -70, 4))}
    answer = client.post(f"{V1}/activations/report", files=files, data={"atlas": "tiny"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "left motion" in answer.text
    assert "&lt;b&gt;motor.nii" in answer.text
    assert name not in answer.text
    listed = client.post(
        f"{V1}/activations/report", json={"atlas": "tiny", "regions": ["left hearing"]}
    )
    assert "left hearing" in listed.text
