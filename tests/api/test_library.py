"""The library over HTTP: stated, uploaded, found, downloaded in parts, withdrawn."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from composer.branches import described
from composer.checkpoints import CheckpointStore, encode
from composer.families.registry import find_family
from composer.inputs import InputSpec
from graph import datasets
from graph.datasets import DatasetRecord
from graph.store import Store
from jobs.own_data import import_own
from tests.api import world
from tests.conftest import empty
from tests.training.test_own import npz
from training.own.kept import About

pytestmark = pytest.mark.server

API = "/api/v1"
NETWORK = find_family("lenet3").build((1, 8, 8), 2, 0.2)
CONTENT = encode(
    NETWORK.state_dict(),
    {
        "kind": "branch",
        **described(NETWORK.build),
        "input": InputSpec("image", 8, 8).to_json(),
        "labels": '["a", "b"]',
    },
)
ADDRESS = sha256(CONTENT).hexdigest()
TAG = f'"{ADDRESS}"'
LONG_AGO, FAR_OFF = "Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 06 Nov 2037 08:49:37 GMT"
MODEL = {"id": "tiny", "name": "Tiny", "family": "lenet3", "areas": ["visual"], "parameters": 99}
STRANGE = encode(
    NETWORK.state_dict(), {"kind": "network", **described(NETWORK.build), "family": "x9"}
)
STATED = {"model": "tiny", "dataset": "digits", "optimizer": "SGD", "value": "0.96"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture(scope="module")
def client(embedded_store: Store, home: Path) -> Iterator[TestClient]:
    empty(embedded_store)
    world.fill(embedded_store)
    datasets.put(embedded_store, DatasetRecord("digits", "Digits"), by="t")
    settings = world.config(home)
    with (
        world.opened(embedded_store, settings) as context,
        TestClient(create_app(settings, context)) as opened,
    ):
        yield opened


def upload(client: TestClient, content: bytes, **fields: str) -> tuple[int, str]:
    answer = client.post(
        f"{API}/checkpoints", data=STATED | fields, files={"file": ("../../w", content)}
    )
    return answer.status_code, answer.text


def test_the_life_of_a_model_and_its_weights(client: TestClient, home: Path) -> None:
    stated = client.post(f"{API}/models", json=MODEL)
    assert stated.status_code == 201, stated.text
    assert client.post(f"{API}/models", json=MODEL).status_code == 409
    status, text = upload(client, CONTENT, licence="MIT", trained_by="Ann")
    assert status == 201, text
    assert upload(client, CONTENT, licence="MIT", trained_by="Ann")[0] == 201

    for query, count in (
        ("area=visual&optimizer=sgd&least=0.9", 1),
        ("text=ann", 1),
        ("name=tiny&most=99", 1),
        ("most=98", 0),
        ("metric=f1", 0),
    ):
        items = client.get(f"{API}/checkpoints?{query}").json()["items"]
        assert [one["sha256"] for one in items] == [ADDRESS] * count, query
    for query, ids in (
        ("name=tiny&most=99&area=visual", ["tiny"]),
        ("name=tiny&most=98", []),
        ("text=digits", ["tiny"]),
        ("text=nothing at all", []),
    ):
        items = client.get(f"{API}/models?{query}").json()["items"]
        assert [one["id"] for one in items] == ids, query
    counted = client.get(f"{API}/checkpoints/statistics").json()
    assert counted["checkpoints"] == 1
    assert counted["total_bytes"] == len(CONTENT)

    where = f"{API}/checkpoints/{ADDRESS}/file"
    whole = client.get(where)
    assert whole.content == CONTENT
    assert client.get(where, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    part = client.get(where, headers={"Range": "bytes=8-15", "If-Range": whole.headers["ETag"]})
    assert (part.status_code, part.content) == (206, CONTENT[8:16])
    assert part.headers["Content-Range"] == f"bytes 8-15/{len(CONTENT)}"
    beyond = client.get(where, headers={"Range": f"bytes={len(CONTENT)}-"})
    assert beyond.status_code == 416

    refused = client.delete(f"{API}/models/tiny")
    assert refused.status_code == 409
    assert ADDRESS in refused.json()["detail"]
    assert client.delete(f"{API}/checkpoints/{ADDRESS}").json()["revision"] > 0
    assert client.get(f"{API}/checkpoints/{ADDRESS}").status_code == 410
    assert client.delete(f"{API}/checkpoints/{ADDRESS}").status_code == 410
    (home / "checkpoints" / f"{ADDRESS}.safetensors").unlink()
    assert client.delete(f"{API}/models/tiny").status_code == 200
    assert client.get(f"{API}/models/tiny").status_code == 410


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": TAG}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": f'"other", {TAG}'}, 200),
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": f"W/{TAG}"}, 412),  # strong comparison
        ({"If-Match": '"other"', "If-None-Match": TAG}, 412),
        ({"If-Match": TAG, "If-None-Match": TAG}, 304),
        ({"If-Match": '"other"', "Range": "bytes=0-3"}, 412),
        ({"If-Match": TAG, "Range": "bytes=0-3"}, 206),
        ({"If-Match": TAG, "If-Unmodified-Since": LONG_AGO}, 200),
        ({"If-Unmodified-Since": LONG_AGO}, 412),
        ({"If-Unmodified-Since": FAR_OFF}, 200),
        ({"If-Unmodified-Since": "yesterday"}, 200),
        ({"If-None-Match": TAG}, 304),
        ({"If-None-Match": f'"other", W/{TAG}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": TAG, "Range": "bytes=0-3"}, 304),
        ({"If-None-Match": '"other"', "If-Modified-Since": FAR_OFF}, 200),
        ({"If-Modified-Since": FAR_OFF}, 304),
        ({"If-Modified-Since": LONG_AGO}, 200),
        ({"Range": "bytes=0-3", "If-Range": TAG}, 206),
        ({"Range": "bytes=0-3", "If-Range": f"W/{TAG}"}, 200),
        ({"Range": "bytes=0-3", "If-Range": '"other"'}, 200),
        ({"Range": "bytes=0-3", "If-Range": LONG_AGO}, 200),
        ({"Range": "bytes=999999999-", "If-Range": '"other"'}, 200),
        ({"Range": "bytes=999999999-"}, 416),
        ({"Range": "bytes=0-3,999999999-"}, 206),
        ({"Range": "lines=1-2"}, 200),
    ],
)
def test_a_download_heeds_its_conditions(
    client: TestClient, home: Path, headers: dict[str, str], status: int
) -> None:
    path = home / "checkpoints" / f"{ADDRESS}.safetensors"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(CONTENT)
    where = f"{API}/checkpoints/{ADDRESS}/file"
    answer, head = client.get(where, headers=headers), client.head(where, headers=headers)
    path.unlink()
    assert answer.status_code == status
    whole = 200 if status in (206, 416) else status
    assert (head.status_code, head.content) == (whole, b"")
    if status == 200:
        assert answer.content == CONTENT
    if status == 206:
        assert answer.content == CONTENT[:4]
    if whole == 200:
        assert head.headers["Content-Length"] == str(len(CONTENT))
    if status == 304:
        assert answer.content == b""
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["ETag"] == TAG
    if status == 412:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:neuroweave:problem:precondition-failed"


def test_listing_and_downloading_weights_need_no_torch(embedded_store: Store, home: Path) -> None:
    path = home / "checkpoints" / f"{ADDRESS}.safetensors"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(CONTENT)
    code = f"""
import sys
from pathlib import Path
from fastapi.testclient import TestClient
from api.app import create_app
from graph.store import Store
from tests.api import world

settings = world.config(Path({str(home)!r}))
with (
    Store.open(world.StoreConfig(Path({str(embedded_store.config.home)!r}))) as store,
    world.opened(store, settings) as context,
    TestClient(create_app(settings, context)) as client,
):
    for path in ("", "/{ADDRESS}/file", "/{"0" * 64}/file"):
        for ask in (client.head, client.get):
            answer = ask("{API}/checkpoints" + path)
            print(answer.status_code, len(answer.content))
print("torch" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    path.unlink()
    *answers, torch = found.stdout.splitlines()
    assert [line.split()[0] for line in answers] == ["200"] * 4 + ["404"] * 2
    assert (answers[3], torch) == (f"200 {len(CONTENT)}", "False")


def test_records_heed_the_same_conditions(client: TestClient) -> None:
    where = f"{API}/datasets/digits"
    tag = client.get(where).headers["ETag"]
    assert client.get(where, headers={"If-Match": tag}).status_code == 200
    assert client.get(where, headers={"If-Match": '"other"'}).status_code == 412
    assert client.get(f"{API}/models", headers={"If-Match": '"other"'}).status_code == 412


def test_weights_sent_again_never_change_their_record(client: TestClient, home: Path) -> None:
    client.post(f"{API}/models", json=MODEL | {"id": "again"})
    client.post(f"{API}/models", json=MODEL | {"id": "other"})
    about = {"model": "again", "licence": "MIT", "metric": "accuracy"}
    assert upload(client, CONTENT, **about)[0] == 201
    where = f"{API}/checkpoints/{ADDRESS}"
    before = client.get(where)
    assert before.headers["ETag"] == f'"{before.json()["digest"]}"'
    for other, names in (
        ({"value": "0.97"}, "value: found 0.97, expected 0.96"),
        ({"licence": "GPL", "trained_by": "Ben"}, "licence, trained_by: found 'GPL', 'Ben'"),
        ({"dataset": "nothing"}, "dataset: found 'nothing', expected 'digits'"),
    ):
        status, text = upload(client, CONTENT, **about | other)
        assert (status, names in text, "If-Match" in text) == (409, True, True), text
        assert before.json()["digest"] in text
    status, text = upload(client, CONTENT, **about | {"model": "other"})
    assert (status, "model: found 'other'" in text, "withdraw" in text) == (409, True, True), text
    assert client.get(where).content == before.content
    assert upload(client, CONTENT, **about)[0] == 201
    assert upload(client, CONTENT, model="again")[0] == 201  # what is left out says nothing
    assert client.get(where).content == before.content

    said = {"value": 0.97, "licence": "", "reason": "measured again"}
    assert client.patch(where, json=said).status_code == 428
    stale = client.patch(where, json=said, headers={"If-Match": '"5f"'})
    assert (stale.status_code, stale.json()["current"]["value"]) == (412, 0.96)
    tag = {"If-Match": before.headers["ETag"]}
    done = client.patch(where, json=said, headers=tag)
    assert (done.status_code, done.json()["value"], done.json()["licence"]) == (200, 0.97, None)
    assert done.headers["ETag"] == client.get(where).headers["ETag"] != before.headers["ETag"]
    assert client.patch(where, json=said, headers=tag).status_code == 412
    for wrong, status in (
        ({"dataset": "nothing"}, 404),
        ({"dataset": None}, 422),
        ({"metric": ""}, 422),
        ({"bytes": 1}, 422),
        ({"derived_from": ADDRESS}, 422),
    ):
        answer = client.patch(where, json=wrong, headers={"If-Match": "*"})
        assert answer.status_code == status, answer.text
    assert client.get(where).json() == done.json()
    blank = client.patch(where, json={"optimizer": " "}, headers={"If-Match": "*"})
    assert (blank.status_code, blank.json()["optimizer"]) == (200, "")
    nobody = client.patch(f"{API}/checkpoints/{'0' * 64}", json={}, headers={"If-Match": "*"})
    assert nobody.status_code == 404
    client.delete(where)
    (home / "checkpoints" / f"{ADDRESS}.safetensors").unlink()


@pytest.mark.parametrize(
    ("content", "fields", "status", "reason"),
    [
        (pickle.dumps({"w": [1.0] * 50}), {}, 422, "a pickle"),
        (CONTENT[:-4], {}, 422, "bytes of data"),
        (b"", {}, 422, "0 bytes"),
        (CONTENT, {"model": "lenet5/image"}, 422, "found a lenet3, expected a lenet5"),
        (STRANGE, {}, 422, "found a x9, expected a lenet3"),
        (STRANGE, {"model": "open"}, 422, "family: found x9, expected one of gru, kws-resnet"),
        (CONTENT, {"model": "nobody"}, 404, "nobody"),
        (CONTENT, {"model": "tiny2", "dataset": "nothing"}, 404, "nothing"),
        (CONTENT, {"model": "tiny2", "value": "nan"}, 422, "value"),
        (CONTENT, {"model": "tiny2", "optimizer": "SGD\x00"}, 422, "control characters"),
        (CONTENT, {"model": "tiny2", "metric": " "}, 422, "metric"),
        (CONTENT, {"model": "tiny2", "origin": "page\u202egpj"}, 422, "origin"),
        (CONTENT, {"model": "tiny2", "license": "MIT"}, 422, "no such field"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_not_recorded(
    client: TestClient,
    home: Path,
    content: bytes,
    fields: dict[str, str],
    status: int,
    reason: str,
) -> None:
    client.post(f"{API}/models", json=MODEL | {"id": "tiny2"})
    client.post(f"{API}/models", json=MODEL | {"id": "open", "family": ""})
    found, text = upload(client, content, **{"model": "tiny2"} | fields)
    assert (found, reason in text) == (status, True), text
    for model in ("tiny2", "open"):
        assert client.get(f"{API}/checkpoints?model={model}").json()["items"] == []
    files = CheckpointStore.at(home)
    assert (files.list(), files.strays()) == ([], []), "a file without a record"


def test_what_is_sent_twice_is_refused(client: TestClient) -> None:
    for twice in (
        {"data": STATED, "files": [("file", ("a", CONTENT)), ("file", ("b", CONTENT))]},
        {"data": {**STATED, "licence": ["MIT", "GPL"]}, "files": {"file": ("a", CONTENT)}},
    ):
        answer = client.post(f"{API}/checkpoints", **twice)  # type: ignore[arg-type]
        assert (answer.status_code, "2 of them, expected one" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "Tiny\x00"),
        ("category", "Le\x1b[2JNet"),
        ("functions", [""]),
        ("metrics", ["\u202e"]),
        ("parameters", 10**30),
        ("parameters", -1),
        ("taps", {"conv": [-1]}),
        ("taps", {"": [1]}),
        ("areas", ["\x00"]),
    ],
)
def test_a_model_that_no_list_could_show_is_refused(
    client: TestClient, field: str, value: object
) -> None:
    answer = client.post(f"{API}/models", json=MODEL | {"id": "odd", field: value})
    assert (answer.status_code, field in answer.text) == (422, True), answer.text
    assert client.get(f"{API}/models/odd").status_code == 404


def test_an_imported_data_set_is_removed_once_nothing_refers_to_it(
    client: TestClient, embedded_store: Store, home: Path, tmp_path: Path
) -> None:
    import_own(
        embedded_store, home, "mine", npz(tmp_path), About("Mine"), by="ann", side=16,
        progress=lambda message, fraction: None,
    )  # fmt: skip
    path = f"{API}/datasets/mine"
    ledger = client.app.state.context.ledger  # type: ignore[attr-defined]
    job = ledger.submit("build", {"dataset": "mine"}, by="ann")
    refused = client.delete(path)
    assert (refused.status_code, f"job {job.id}" in refused.text) == (409, True)
    ledger.cancel(job.id)
    would = client.delete(path, params={"dry_run": True}).json()
    assert (would["revision"], would["dry_run"], would["bytes"] > 10_000) == (None, True, True)
    assert client.get(path).status_code == 200
    done = client.delete(path)
    assert (done.status_code, done.json()["revision"] > 0) == (200, True)
    assert (client.get(path).status_code, client.delete(path).status_code) == (410, 410)
    for name, status in (("digits", 409), ("digits-dtmf", 409), ("nobody", 404), ("a b", 404)):
        assert client.delete(f"{API}/datasets/{name}").status_code == status
    operation = client.app.openapi()["paths"][f"{API}/datasets/{{id}}"]["delete"]  # type: ignore[attr-defined]
    assert operation["x-scope"] == "admin"
