"""Bringing atlases in over HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from api import atlas_files
from api.app import create_app
from graph import stats
from graph.store import Store
from jobs import ingest
from jobs.context import JobContext
from neuroweave.client import ApiError, Client
from tests.api import world
from tests.api.test_routes import PROBLEM, V1
from tests.conftest import empty
from tests.ingest.atlases.files import NAMES, blocks, save

pytestmark = pytest.mark.server

SAID = {"id": "toy", "space": "MNI152NLin6Asym", "licence": "CC0", "citation": "no"}


@pytest.fixture
def store(embedded_store: Store) -> Store:
    empty(embedded_store)
    return embedded_store


@pytest.fixture
def client(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    left = tmp_path / "left"
    left.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(left))
    settings = world.config(tmp_path / "api")
    with (
        world.opened(store, settings) as context,
        TestClient(create_app(settings, context), raise_server_exceptions=False) as client,
    ):
        yield client
    assert list(left.iterdir()) == []


def volume(folder: Path, *, moved: int = 0) -> bytes:
    return save(folder / "v.nii.gz", np.roll(blocks(), moved, axis=2)).read_bytes()


def send(
    client: TestClient,
    content: bytes | None,
    table: str | None = NAMES,
    query: str = "",
    **more: str | list[str],
) -> httpx2.Response:
    files = {}
    if content is not None:
        files["volume"] = ("v.nii.gz", content)
    if table is not None:
        files["labels"] = ("names.tsv", table.encode())
    answer = client.post(f"{V1}/atlases{query}", data={**SAID, **more}, files=files)
    if answer.is_error:
        assert answer.headers["content-type"] == PROBLEM
    return answer


def test_new_then_unchanged_then_a_version(client: TestClient, tmp_path: Path) -> None:
    first = send(client, volume(tmp_path), levels=["gyrus"])
    assert first.status_code == 201, first.text
    assert first.headers["location"] == f"{V1}/atlases/toy"
    made = first.json()["atlases"]
    assert [(a["id"], a["action"]) for a in made] == [("toy-gyrus", "create"), ("toy", "create")]
    assert made[1]["check"]["errors"] == []
    assert client.get(first.headers["location"]).json()["n_regions"] == 4

    again = send(client, volume(tmp_path), levels=["gyrus"])
    assert again.status_code == 200
    assert again.json()["written"]["created"] == 0

    moved = volume(tmp_path, moved=3)
    refused = send(client, moved)
    assert refused.status_code == 409
    assert "moved" in refused.json()["detail"]
    assert "version=true" in refused.json()["errors"][0]["hint"]
    both = send(client, moved, version="true")
    assert both.status_code == 201, both.text
    assert client.get(both.headers["location"]).json()["supersedes"] == "toy"


def test_a_dry_run_writes_nothing(client: TestClient, store: Store, tmp_path: Path) -> None:
    before = stats.counts(store)
    answer = send(client, volume(tmp_path), query="?dry_run=true")
    assert answer.status_code == 200
    assert answer.json()["atlases"][0]["action"] == "create"
    assert answer.json()["written"] is None
    assert stats.counts(store) == before


def test_coordinates_alone(client: TestClient) -> None:
    table = "id,name,x,y,z\n1,Left A,-40,-20,10\n2,Right A,40,-20,10\n"
    answer = send(client, None, table, radius="5", columns=["name=name"])
    assert answer.status_code == 201, answer.text
    assert answer.json()["atlases"][0]["kind"] == "spheres"


def test_of_two_values_nobody_knows_which_counts(client: TestClient, tmp_path: Path) -> None:
    answer = send(client, volume(tmp_path), space=["MNI152NLin6Asym", "MNI305"])
    (error,) = answer.json()["errors"]
    assert answer.status_code == 422
    assert (error["field"], error["found"], error["expected"]) == ("space", "2 of them", "one")


def test_refused_checks_name_their_codes(client: TestClient, store: Store, tmp_path: Path) -> None:
    twice = NAMES + NAMES.splitlines()[1] + "\n"
    answer = send(client, volume(tmp_path), twice)
    assert answer.status_code == 422
    assert "DUPLICATE_IDS" in answer.json()["errors"][0]["found"]
    assert stats.counts(store)["nodes"].get("Atlas", 0) == 0


def test_errors_are_accepted_by_name(client: TestClient, tmp_path: Path) -> None:
    twice = NAMES + NAMES.splitlines()[1] + "\n"
    answer = send(client, volume(tmp_path), twice, accept=["DUPLICATE_IDS"])
    assert answer.status_code == 201, answer.text
    assert "DUPLICATE_IDS" in answer.json()["atlases"][0]["accepted"]
    assert send(client, volume(tmp_path), accept=["NO_SUCH"]).status_code == 422


def test_an_atlas_below_a_stored_one(client: TestClient, tmp_path: Path) -> None:
    coarse = "id\tname\n1\tLeft one\n2\tRight one\n"
    whole = blocks()
    whole = np.where(whole > 2, whole - 2, whole)
    content = save(tmp_path / "c.nii.gz", whole).read_bytes()
    assert send(client, content, coarse, id="coarse").status_code == 201
    fine = "id\tname\tparent\n" + "".join(
        f"{n}\t{side} {n}\tcoarse:{parent}\n"
        for n, side, parent in ((1, "Left", 1), (2, "Right", 2), (3, "Left", 1), (4, "Right", 2))
    )
    answer = send(client, volume(tmp_path), fine, child_of="coarse")
    assert answer.status_code == 201, answer.text
    assert client.get(f"{V1}/regions/toy:3").json()["parent"] == "coarse:1"
    assert send(client, volume(tmp_path), fine, child_of="none").status_code == 404


def test_probability_maps_and_their_threshold(client: TestClient, tmp_path: Path) -> None:
    maps = np.zeros((91, 109, 91, 2), dtype="f4")
    maps[60:64, 50:58, 40:48] = (0.8, 0.2)
    maps[64:68, 50:58, 40:48] = (0.1, 0.4)
    content = save(tmp_path / "p.nii.gz", maps).read_bytes()
    names = "id\tname\n1\tLeft A\n2\tLeft B\n"
    found = {}
    for threshold in ("0.25", "0.5"):
        answer = send(client, content, names, "?dry_run=true", map_threshold=threshold)
        found[threshold] = answer
    assert found["0.25"].json()["atlases"][0]["kind"] == "probabilistic"
    assert found["0.25"].json()["guesses"]["threshold"] == 0.25
    assert found["0.25"].json()["atlases"][0]["regions"] == 2
    # Nowhere as probable as a half: a name without voxels.
    assert "Left B" in found["0.5"].text
    assert send(client, content, names, map_threshold="1.5").status_code == 422


def test_hints_name_what_is_sent_not_an_option_of_the_command_line(
    client: TestClient, tmp_path: Path
) -> None:
    answers = [
        send(client, None, "id,name,x,y,z\n1,Left A,-40,-20,10\n"),
        send(client, None, "id,name,x,y,z\n1,Left A,-40,-20,10\n", space="", radius="5"),
        send(client, None),
        send(client, volume(tmp_path), NAMES + NAMES.splitlines()[1] + "\n"),
        send(client, volume(tmp_path), "a;b\nq;r\n"),
    ]
    for answer in answers:
        assert answer.status_code == 422
        error = answer.json()["errors"][0]
        assert "--" not in str(error), error


@pytest.mark.parametrize(
    ("content", "more", "field"),
    [
        (b"no image", {}, "volume"),
        (None, {"radius": "-1"}, "radius"),
        (None, {"columns": "name"}, "columns.0"),
        (None, {"colour": "red"}, "colour"),
        (None, {}, "table"),
    ],
)
def test_what_cannot_be_read(
    client: TestClient, content: bytes | None, more: dict[str, str], field: str
) -> None:
    answer = send(client, content, **more)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert "/" not in answer.json()["detail"].replace(".nii", "")


def test_forms_that_are_none(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.post(f"{V1}/atlases", json={}).status_code == 415
    monkeypatch.setattr(atlas_files, "MAX_TABLE_BYTES", 10)
    assert send(client, None).status_code == 413


def test_the_client_sends_files(store: Store, tmp_path: Path) -> None:
    settings = world.config(tmp_path / "api")
    save(tmp_path / "v.nii.gz", blocks())
    (tmp_path / "n.tsv").write_text(NAMES)
    files = tmp_path / "v.nii.gz", tmp_path / "n.tsv"
    with (
        world.opened(store, settings) as context,
        world.serving(context) as served,
        Client(served.url) as client,
    ):
        assert client.import_atlas(*files, **SAID, dry_run=True)["written"] is None
        assert client.import_atlas(*files, **SAID)["atlases"][0]["id"] == "toy"
        with pytest.raises(ApiError, match="volume or labels"):
            client.import_atlas(**SAID)


def test_an_import_as_a_job_keeps_the_files_and_brings_in_the_same(
    client: TestClient, store: Store, tmp_path: Path
) -> None:
    content = volume(tmp_path)
    files = {"volume": ("v.nii.gz", content), "labels": ("names.tsv", NAMES.encode())}
    later = {"Prefer": "respond-async"}
    wrong = client.post(f"{V1}/atlases", data={"space": "moon"}, files=files, headers=later)
    assert wrong.status_code == 422
    answer = client.post(f"{V1}/atlases", data={"space": SAID["space"]}, files=files, headers=later)
    assert answer.status_code == 202, answer.text
    assert answer.headers["preference-applied"] == "respond-async"
    shown = client.get(answer.headers["location"]).json()
    assert (shown["kind"], shown["status"]) == ("ingest", "queued")
    assert str(tmp_path) not in str(shown)

    app: Any = client.app
    ledger = app.state.context.ledger
    job = ledger.claim("test")
    assert job is not None
    context = JobContext(ledger, job, home=tmp_path, store_config=store.config)
    done = ingest.run(context, job.payload)
    assert [one["id"] for one in done["atlases"]] == ["v"], "as the file was called"
    assert done["written"]["created"] > 0
    again = client.post(f"{V1}/atlases", data={"space": SAID["space"]}, files=files)
    assert again.status_code == 200
    assert [one["action"] for one in again.json()["atlases"]] == ["keep"]
