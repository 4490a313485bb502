"""The routes over a small graph in the embedded database."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nibabel as nib
import numpy as np
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.context import Context
from graph.store import Store
from tests.api import world
from tests.conftest import empty

pytestmark = pytest.mark.server

V1 = "/api/v1"
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def context(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    empty(embedded_store)
    world.fill(embedded_store)
    settings = world.config(tmp_path_factory.mktemp("api"), max_map_bytes=1_000_000)
    with world.opened(embedded_store, settings) as context:
        yield context


@pytest.fixture(scope="module")
def client(context: Context) -> Iterator[TestClient]:
    app = create_app(context.config, context)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def get(client: TestClient, path: str, **query: str | float) -> dict[str, Any]:
    answer = client.get(V1 + path, params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def post(client: TestClient, path: str, body: object, status: int = 200) -> dict[str, Any]:
    answer = client.post(V1 + path, json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def stat_map(x: float, y: float, z: float, value: float = 8.0) -> bytes:
    """A 4 mm map in MNI space with one hot ball."""
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = -90, -126, -72
    grid = np.stack(np.meshgrid(*map(np.arange, (46, 55, 46)), indexing="ij"), -1) * 4.0
    distance = np.linalg.norm(grid + affine[:3, 3] - (x, y, z), axis=-1)
    return nib.Nifti1Image(np.where(distance < 9, value, 0).astype("f4"), affine).to_bytes()


def test_an_atlas_is_checked(client: TestClient) -> None:
    found = get(client, "/atlases/tiny/check")
    assert set(found) == {"atlas", "errors", "warnings", "notes"}
    assert (found["atlas"], found["errors"]) == ("tiny", [])
    for finding in found["warnings"] + found["notes"]:
        assert set(finding) == {"code", "count", "examples", "hint"}
    assert client.get(V1 + "/atlases/nobody/check").status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        *("models?area=", "checkpoints?model=", "checkpoints?dataset=", "claims?source="),
        *("links?region=", "model-links?model=", "regions?atlas="),
    ],
)
def test_a_list_of_what_is_not_there_is_not_found(client: TestClient, asked: str) -> None:
    answer = client.get(f"{V1}/{asked}nowhere")
    assert answer.status_code == 404, answer.text
    assert "found nowhere" in answer.json()["detail"]


def test_health_and_stats(client: TestClient) -> None:
    health = get(client, "/health")
    assert health["status"] == "ok"
    assert health["server"] == "embedded"
    assert health["revision"] > 0
    stats = get(client, "/stats")
    assert stats["nodes"]["Region"] == len(world.ATLAS.regions)
    assert stats["relationships"]["HAS_FUNCTION"] == 3


def test_atlases(client: TestClient) -> None:
    assert [item["id"] for item in get(client, "/atlases")["items"]] == ["tiny"]
    atlas = get(client, "/atlases/tiny")
    assert (atlas["space"], atlas["n_regions"], atlas["licence"]) == ("MNI152", 200, "CC0")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"near": "-48,-45,6", "radius_mm": 30}, {"tiny:1", "tiny:3"}),
        ({"q": "motion"}, {"tiny:1", "tiny:2"}),
        ({"q": "left", "function": world.HEARING}, {"tiny:3"}),
        ({"function": "perception.vision"}, {"tiny:1", "tiny:2"}),
        ({"near": "-50,-22,8", "radius_mm": 5}, {"tiny:3"}),
        ({"atlas": "tiny", "q": "nothing like it"}, set()),
    ],
)
def test_search_for_regions(client: TestClient, query: dict[str, Any], expected: set[str]) -> None:
    assert {item["id"] for item in get(client, "/regions", **query)["items"]} == expected


def test_pages_are_complete_and_apart(client: TestClient) -> None:
    for path in ("/regions", "/functions", "/areas", "/links", "/revisions"):
        whole = get(client, path, limit=1000)["items"]
        size = len(whole) // 3 + 1
        pages, after = [], None
        while True:
            query = {"limit": size} if after is None else {"limit": size, "after": after}
            page = get(client, path, **query)
            pages += page["items"]
            after = page["next"]
            if after is None:
                break
        assert pages == whole
        assert len(whole) > 2


def test_one_region_and_its_neighbours(client: TestClient) -> None:
    assert get(client, "/regions/tiny:1")["name"] == "left motion"
    functions = get(client, "/regions/tiny:1/functions")["items"]
    assert [(row["function"], row["weight"]) for row in functions] == [(world.MOTION, 0.9)]
    assert get(client, "/regions/tiny:1/connections") == {"items": [], "next": None}


def test_functions_and_areas(client: TestClient) -> None:
    assert get(client, f"/functions/{world.MOTION}")["name"] == "visual motion"
    below = get(client, "/functions/perception/regions")["items"]
    assert {row["region"] for row in below} == {"tiny:1", "tiny:2", "tiny:3"}
    own = get(client, "/functions/perception/regions", descendants=False)["items"]
    assert own == []
    areas = {row["id"]: row["realizes"] for row in get(client, "/areas")["items"]}
    assert areas["visual.motion"] == [world.MOTION]


def test_claims_keep_their_own_statistic(client: TestClient) -> None:
    (claim,) = get(client, "/claims", region="tiny:3", source="tiny-study")["items"]
    assert (claim["id"], claim["statistic"], claim["value"]) == ("c3", "z", 6.0)
    assert get(client, "/claims", region="tiny:4")["items"] == []


def test_links_name_their_sources(client: TestClient) -> None:
    (link,) = get(client, "/links", region="tiny:3")["items"]
    assert link["function"] == world.HEARING
    assert link["claims"] == ["c3"]
    assert link["sources"][0]["source"] == world.SOURCE.id


def test_locate(client: TestClient) -> None:
    inside = get(client, "/locate", x=-44, y=-70, z=4, atlas="tiny")
    assert inside["region"] == {"id": "tiny:1", "name": "left motion"}
    outside = get(client, "/locate", x=0, y=0, z=40, atlas="tiny")
    assert outside["region"] is None
    assert outside["nearest"]["distance_mm"] > 0


@pytest.mark.parametrize(
    "inputs",
    [
        {"peaks": [[-44, -70, 4], {"x": -52, "y": -20, "z": 8}]},
        {"regions": ["tiny:1", "left hearing"]},
        {"functions": [world.MOTION, world.HEARING]},
        {"scenario": "see and hear"},
    ],
)
def test_four_ways_to_activate(client: TestClient, inputs: dict[str, Any]) -> None:
    found = post(client, "/activations", {"atlas": "tiny", **inputs})
    assert {"tiny:1", "tiny:3"} <= {row["id"] for row in found["regions"]}
    assert {row["id"] for row in found["functions"]} == {world.MOTION, world.HEARING}
    claims = {claim["id"] for row in found["functions"] for claim in row["claims"]}
    assert {"c1", "c3"} <= claims
    assert {"visual.motion", "auditory"} <= {row["id"] for row in found["areas"]}
    assert {"id": "lenet5/image", "area": "visual"}.items() <= found["models"][0].items()


def test_masks_activate_and_rules_of_a_map_are_taken(client: TestClient) -> None:
    region = get(client, "/regions/tiny:1")
    content = stat_map(region["x"], region["y"], region["z"])
    files = [("mask", (f"{name}.nii", content)) for name in ("left V5", "again")]
    answer = client.post(f"{V1}/activations", data={"atlas": "tiny"}, files=files)
    assert answer.status_code == 200, answer.text
    (row,) = [row for row in answer.json()["regions"] if row["id"] == "tiny:1"]
    assert set(row["masks"]) == {"left_V5", "again"}
    for data, said in (
        ({"top": "5"}, "top 5 %"),
        ({"fdr": "0.01"}, "FDR"),
        ({"unthresholded": "true", "score": "sum"}, "unthresholded"),
    ):
        sent = {"atlas": "tiny", **data}
        answer = client.post(f"{V1}/activations", data=sent, files={"map": ("m.nii", content)})
        assert answer.status_code == 200, answer.text
        assert said in answer.json()["note"]
        assert answer.json()["score"] == "sum"


def test_one_volume_of_a_series_of_maps_is_picked(client: TestClient) -> None:
    maps = [nib.Nifti1Image.from_bytes(stat_map(x, -70, 4)) for x in (-44, 44)]
    both = nib.funcs.concat_images([maps[0], maps[1]]).to_bytes()
    found = []
    for volume in ("0", "1"):
        sent = {"atlas": "tiny", "threshold": "3.1", "volume": volume}
        for path in ("/activations", "/clusters"):
            files = {"map": ("m.nii", both)}
            answer = client.post(V1 + path, data=sent, files=files)
            assert answer.status_code == 200, answer.text
            found.append(answer.json())
    assert [row["id"] for row in found[0]["regions"]] == ["tiny:1"]
    assert [row["id"] for row in found[2]["regions"]] == ["tiny:2"]
    assert [one["clusters"][0]["peaks"][0]["x"] > 0 for one in found[1::2]] == [False, True]
    for volume, said in (({}, "0 to 1"), ({"volume": "2"}, "there are 2")):
        answer = client.post(
            f"{V1}/activations", data={"atlas": "tiny", **volume}, files={"map": ("m.nii", both)}
        )
        assert answer.status_code == 422
        assert said in str(answer.json()["errors"][0])


def _courses() -> bytes:
    rng = np.random.default_rng(0)
    quiet, task = rng.normal(size=60), rng.normal(size=60)
    task[20:40] += 5
    rows = [f"{a:.3f}\t{b:.3f}" for a, b in zip(task, quiet, strict=True)]
    return "\n".join(["left motion\tfrontal pole", *rows]).encode()


@pytest.mark.parametrize(
    ("more", "events"),
    [
        ({"window": "40:80"}, None),
        ({"condition": "go"}, b"onset\tduration\ttrial_type\n38\t40\tgo\n"),
    ],
)
def test_a_time_series_activates(
    client: TestClient, more: dict[str, str], events: bytes | None
) -> None:
    files = {"series": ("watch.tsv", _courses())}
    if events:
        files["events"] = ("events.tsv", events)
    sent = {"atlas": "tiny", "tr": "2", "threshold": "5", **more}
    answer = client.post(f"{V1}/activations", data=sent, files=files)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [row["id"] for row in found["regions"]] == ["tiny:1"]
    assert found["regions"][0]["statistic"] > 5
    assert "series=@watch.tsv" in found["reproduce"]["http"]
    assert "series='watch.tsv'" in found["reproduce"]["python"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "tr"),
        ({"tr": "2"}, "series"),
        ({"tr": "2", "window": "late"}, "window"),
        ({"tr": "2", "window": "500:600"}, "window"),
        ({"tr": "2", "window": "40:80", "volume": "1"}, "volume"),
    ],
)
def test_a_time_series_that_cannot_be_read(
    client: TestClient, data: dict[str, str], field: str
) -> None:
    files = {"series": ("watch.tsv", _courses())}
    answer = client.post(f"{V1}/activations", data={"atlas": "tiny", **data}, files=files)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_a_map_and_a_series_at_once(client: TestClient) -> None:
    files = {"map": ("m.nii", stat_map(0, 0, 0)), "series": ("watch.tsv", _courses())}
    answer = client.post(f"{V1}/activations", data={"atlas": "tiny"}, files=files)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["found"] == "map and series"


def test_what_lies_outside_is_reported(client: TestClient) -> None:
    found = post(client, "/activations", {"atlas": "tiny", "scenario": "see and hear"})
    assert found["outside"]["count"] == 1
    assert found["outside"]["share"] == pytest.approx(1 / 3)


def test_a_map_activates(client: TestClient) -> None:
    answer = client.post(
        f"{V1}/activations",
        data={"atlas": "tiny", "threshold": "3.1"},
        files={"map": ("my map.nii", stat_map(-44, -70, 4))},
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [row["id"] for row in found["regions"]] == ["tiny:1"]
    assert found["regions"][0]["covered"] == 1.0
    assert found["outside"]["count"] > 0
    assert "map@my map.nii" not in found["reproduce"]["http"].replace("'map=@my map.nii'", "")
    assert "map='my map.nii'" in found["reproduce"]["python"]


def test_the_cypher_of_an_activation_gives_the_same_functions(client: TestClient) -> None:
    found = post(client, "/activations", {"atlas": "tiny", "scenario": "see and hear"})
    again = post(client, "/cypher", found["reproduce"]["cypher"])
    assert again["fields"] == ["function", "name", "score"]
    rows = [(row["id"], row["name"], row["score"]) for row in found["functions"]]
    assert len(rows) == 2
    for ours, theirs in zip(rows, again["rows"], strict=True):
        assert ours[:2] == tuple(theirs[:2])
        assert ours[2] == pytest.approx(theirs[2], rel=1e-12)


def test_the_http_of_an_activation_is_a_command(client: TestClient) -> None:
    body = {"atlas": "tiny", "scenario": "see and hear"}
    words = shlex.split(post(client, "/activations", body)["reproduce"]["http"])
    assert words[0] == "curl"
    assert words[1].endswith(f"{V1}/activations")
    assert json.loads(words[-1]) == body


def test_plan(client: TestClient) -> None:
    plan = post(client, "/plans", {"atlas": "tiny", "scenario": "see and hear"})
    (slot,) = plan["slots"]
    assert slot["area"] == "visual"
    assert slot["candidates"][0]["model"] == "lenet5/image"
    assert slot["because"][0]["region"] == "tiny:1"


WHY = ("allowed", "the shape of the model's input)")


def test_a_plan_leaves_out_what_cannot_be_fed_or_costs_too_much(client: TestClient) -> None:
    asked = {"atlas": "tiny", "scenario": "see and hear"}
    free = post(client, "/plans", {**asked, "dataset": "digits-dtmf"})
    assert [slot["area"] for slot in free["slots"]] == ["visual"]
    for limit in ({"max_parameters": 1}, {"max_memory_mb": 1e-6}, {"max_latency_ms": 1e-6}):
        tight = post(client, "/plans", {**asked, **limit})
        assert tight["slots"] == []
        assert any(row["reason"].endswith(WHY) for row in tight["excluded"])
        response = client.post(f"{V1}/jobs", json={"kind": "build", **asked, **limit})
        assert response.status_code == 422
        assert any(one in response.json()["detail"] for one in WHY)
    refused = client.post(f"{V1}/plans", json={**asked, "dataset": "nope"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (404, "dataset")
    refused = client.post(f"{V1}/plans", json={**asked, "max_parameters": 0})
    assert refused.status_code == 422


def test_library(client: TestClient) -> None:
    assert [row["id"] for row in get(client, "/models")["items"]] == ["lenet5/image"]
    assert get(client, "/checkpoints") == {"items": [], "next": None}
    assert get(client, "/compositions") == {"items": [], "next": None}
    assert get(client, "/datasets") == {"items": [], "next": None}


def test_ids_with_spaces(client: TestClient) -> None:
    assert [row["id"] for row in get(client, "/scenarios")["items"]] == ["see and hear"]
    assert get(client, f"/scenarios/{quote('see and hear')}")["citation"] == "Nobody 2026"


def test_cypher(client: TestClient) -> None:
    body = {
        "query": "MATCH (r:Region) WHERE r.x < $x AND r.z > 0 RETURN r.id AS id ORDER BY id",
        "parameters": {"x": 0},
        "limit": 1,
    }
    answer = post(client, "/cypher", body)
    assert answer["fields"] == ["id"]
    assert answer["rows"] == [["tiny:1"]]
    assert answer["truncated"] is True
    assert answer["took_ms"] > 0


def test_a_writing_statement_is_forbidden(client: TestClient) -> None:
    before = get(client, "/stats")
    problem = post(client, "/cypher", {"query": "CREATE (n:Region {id: 'x'}) RETURN n"}, 403)
    assert problem["type"].endswith("forbidden")
    assert get(client, "/stats") == before


def test_etags(client: TestClient) -> None:
    first = client.get(f"{V1}/regions/tiny:1")
    tag = first.headers["etag"]
    assert tag.startswith('"')
    again = client.get(f"{V1}/regions/tiny:1", headers={"If-None-Match": f'"other", {tag}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == tag
    assert client.get(f"{V1}/regions/tiny:2").headers["etag"] != tag
    stale = client.get(f"{V1}/regions/tiny:1", headers={"If-None-Match": '"other"'})
    assert stale.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("GET", "/atlases/nope", None, 404, "atlas"),
        ("GET", "/regions/tiny:999", None, 404, "region"),
        ("GET", "/regions/tiny:999/functions", None, 404, "region"),
        ("GET", "/regions/tiny:999/connections", None, 404, "region"),
        ("GET", "/functions/nope", None, 404, "function"),
        ("GET", "/functions/nope/regions", None, 404, "function"),
        ("GET", "/models/nope", None, 404, "model"),
        ("GET", "/checkpoints/" + "0" * 64, None, 404, "checkpoint"),
        ("GET", "/checkpoints/" + "0" * 64 + "/file", None, 404, "checkpoint"),
        ("GET", "/checkpoints/nope", None, 422, "sha256"),
        ("GET", "/compositions/nope", None, 404, "composition"),
        ("GET", "/compositions/nope/file", None, 404, "composition"),
        ("GET", "/scenarios/nope", None, 404, "scenario"),
        ("GET", "/datasets/nope", None, 404, "dataset"),
        ("GET", "/jobs/nope", None, 404, "job"),
        ("GET", "/jobs/nope/events", None, 404, "job"),
        ("POST", "/jobs/nope/cancel", None, 404, "job"),
        ("GET", "/regions?near=here", None, 422, "near"),
        ("GET", "/regions?near=1,2", None, 422, "near"),
        ("GET", "/regions?near=1,2,nan", None, 422, "near"),
        ("GET", "/regions?limit=0", None, 422, "limit"),
        ("GET", "/regions?atals=tiny", None, 422, "atals"),
        ("GET", "/revisions?after=x", None, 422, "after"),
        ("GET", "/jobs?status=sleeping", None, 422, "status"),
        ("GET", "/locate?x=0&y=0", None, 422, "z"),
        ("GET", "/locate?x=0&y=0&z=left", None, 422, "z"),
        ("GET", "/locate?x=0&y=0&z=nan", None, 422, "z"),
        ("GET", "/locate?x=0&y=0&z=0&atlas=nope", None, 404, "atlas"),
        ("GET", "/locate?x=0&y=0&z=0&atlas=tiny&space=moon", None, 422, "space"),
        ("POST", "/activations", {}, 422, "input"),
        ("POST", "/activations", {"regions": ["tiny:1"], "scenario": "x"}, 422, "input"),
        ("POST", "/activations", {"scenario": "nope", "atlas": "tiny"}, 404, "scenario"),
        ("POST", "/activations", {"regions": ["tiny:1"], "atlas": "nope"}, 404, "atlas"),
        ("POST", "/activations", {"regions": []}, 422, "regions"),
        ("POST", "/activations", {"regions": ["tiny:1"], "threshold": 2}, 422, "threshold"),
        ("POST", "/activations", {"peaks": [["left", 0, 0]]}, 422, "peaks.0.x"),
        ("POST", "/activations", {"peaks": [["1.5", 0, 0]]}, 422, "peaks.0.x"),
        ("POST", "/activations", {"peaks": [[0, 0]]}, 422, "peaks.0"),
        (
            "POST",
            "/activations",
            {"atlas": "tiny", "peaks": [[0, 0, 0]], "space": "moon"},
            422,
            "space",
        ),
        ("POST", "/activations", {"peeks": [[0, 0, 0]]}, 422, "peeks"),
        ("POST", "/activations", [], 422, "body"),
        ("POST", "/plans", {"scenario": "nope", "atlas": "tiny"}, 404, "scenario"),
        ("POST", "/compositions/nope/predict", {"inputs": {"image": []}}, 404, "composition"),
        ("POST", "/compositions/nope/predict", {"inputs": {}}, 422, "inputs"),
        ("POST", "/cypher", {"query": ""}, 422, "query"),
        ("POST", "/cypher", {"query": "RETURN 1", "limit": 0}, 422, "limit"),
    ],
)
def test_mistakes_name_their_field(
    client: TestClient, method: str, path: str, body: object, status: int, field: str
) -> None:
    answer = client.request(method, V1 + path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert field in answer.json()["errors"][0]["field"], answer.text


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_none(client: TestClient, bad: str) -> None:
    content = f'{{"atlas": "tiny", "peaks": [[{bad}, 0, 0]]}}'
    kind = {"content-type": "application/json"}
    answer = client.post(f"{V1}/activations", content=content, headers=kind)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "peaks.0.x"


def test_a_coordinate_far_outside_the_head(client: TestClient) -> None:
    body = {"atlas": "tiny", "peaks": [[1000, 0, 0]]}
    problem = post(client, "/activations", body, 422)
    assert "1000" in problem["detail"]


@pytest.mark.parametrize(
    ("name", "content", "status", "field"),
    [
        ("m.txt", b"x", 422, "map"),
        ("m.nii", b"x" * 1000, 422, "map"),
        ("m.nii", nib.Nifti1Image(np.ones((3, 3, 3, 2), "f4"), np.eye(4)).to_bytes(), 422, "map"),
        ("m.nii", nib.Nifti1Image(np.ones((99, 99, 99), "f4"), np.eye(4)).to_bytes(), 413, None),
        ("m.nii", stat_map(-44, -70, 4)[:5000], 422, "map"),
    ],
)
def test_maps_that_cannot_be_used(
    client: TestClient, name: str, content: bytes, status: int, field: str | None
) -> None:
    answer = client.post(
        f"{V1}/activations", data={"atlas": "tiny"}, files={"map": (name, io.BytesIO(content))}
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert "neuroweave-" not in answer.text, "the temporary folder shows"
    if field:
        assert answer.json()["errors"][0]["field"] == field


def test_forms_without_a_map(client: TestClient) -> None:
    files = {"other": ("m.nii", b"")}
    answer = client.post(f"{V1}/activations", data={"atlas": "tiny"}, files=files)
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "field": "map",
        "found": "no file",
        "expected": "a file named map, mask or series",
    }
    extra = client.post(
        f"{V1}/activations", data={"atlsa": "x"}, files={"map": ("m.nii", stat_map(0, 0, 0))}
    )
    assert extra.json()["errors"][0]["field"] == "atlsa"


def test_neither_json_nor_form(client: TestClient) -> None:
    answer = client.post(f"{V1}/activations", content=b"x", headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    assert answer.headers["content-type"] == PROBLEM


def test_hostile_strings_are_only_strings(client: TestClient) -> None:
    for text in ("' OR 1=1 //", "x'}) DETACH DELETE n //", "<script>", "\x00", "💥", "a" * 5000):
        for path in ("/regions/", "/functions/", "/scenarios/", "/compositions/"):
            answer = client.get(V1 + path + quote(text, safe=""))
            assert answer.status_code == 404, (path, text, answer.text)
    assert get(client, "/stats")["nodes"]["Region"] == len(world.ATLAS.regions)


def test_values_that_no_database_takes(client: TestClient) -> None:
    kind = {"content-type": "application/json"}
    for path, content in (
        ("/activations", b'{"atlas": "tiny", "scenario": "\\ud800"}'),
        ("/cypher", b'{"query": "RETURN $x", "parameters": {"x": "\\ud800"}}'),
        ("/cypher", b'{"query": "RETURN $x", "parameters": {"\\ud800": 1}}'),
        ("/cypher", b'{"query": "RETURN $x", "parameters": {"x": 1e999}}'),
        ("/cypher", b'{"query": "RETURN $x", "parameters": {"x": 123456789012345678901234}}'),
    ):
        answer = client.post(V1 + path, content=content, headers=kind)
        assert answer.status_code in (200, 422), (content, answer.text)


def test_uploads_leave_nothing_behind(client: TestClient, context: Context) -> None:
    for content in (stat_map(-44, -70, 4), b"nonsense"):
        client.post(f"{V1}/activations", files={"map": ("m.nii", content)})
    assert not Path(context.config.uploads).exists()
