"""Every kind of error leaves as a problem, and says nothing about the server's insides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import FastAPI, Form, UploadFile
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field, FiniteFloat

from api import problem
from api.attachment import File
from api.limits import BodyLimit
from api.schemas.base import PLAIN, Body
from atlas.errors import Conflict, Forbidden, InvalidInput, NotFound, Unavailable

LIMIT = 1000


class Point(BaseModel):
    x: FiniteFloat
    name: str = Field(default="", pattern=PLAIN)
    labels: list[str] = Field(default=["a"], min_length=1)


class Sent(Body):
    file: UploadFile


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI(redirect_slashes=False)
    app.add_middleware(BodyLimit, body_bytes=LIMIT, multipart_bytes=10 * LIMIT)
    problem.install(app)
    errors = {
        "invalid": InvalidInput("space", found="'MNI305'", expected="MNI152", hint="see SPACES"),
        "missing": NotFound("atlas", found="'nope'"),
        "conflict": Conflict("key", found="another body"),
        "forbidden": Forbidden("query", found="SET"),
        "down": Unavailable("database", found="bolt://127.0.0.1:7687", hint="/secret/folder"),
        "bug": RuntimeError("/secret/folder"),
        "long": InvalidInput("columns", found=", ".join(["column"] * 100_000)),
    }

    @app.get("/errors/{name}")
    def fail(name: str) -> None:
        raise errors[name]

    @app.post("/points")
    def point(body: Point) -> Point:
        return body

    @app.post("/files")
    def files(sent: Annotated[Sent, Form(media_type="multipart/form-data")]) -> str:
        return str(sent.file.filename)

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("invalid", 422, "invalid-input"),
        ("missing", 404, "not-found"),
        ("conflict", 409, "conflict"),
        ("forbidden", 403, "forbidden"),
        ("down", 503, "unavailable"),
        ("bug", 500, "internal"),
    ],
)
def test_errors_of_the_domain(client: TestClient, name: str, status: int, code: str) -> None:
    answer = client.get(f"/errors/{name}")
    body = answer.json()
    assert answer.status_code == body["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"urn:neuroweave:problem:{code}"
    assert body["instance"] == f"/errors/{name}"
    assert body["title"]
    assert body["detail"]


def test_the_field_with_what_was_found_and_expected(client: TestClient) -> None:
    assert client.get("/errors/invalid").json()["errors"] == [
        {"field": "space", "found": "'MNI305'", "expected": "MNI152", "hint": "see SPACES"}
    ]


@pytest.mark.parametrize("name", ["down", "bug"])
def test_our_own_failures_keep_their_secrets(
    client: TestClient, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get(f"/errors/{name}")
    for secret in ("/secret", "Traceback", "bolt", ".py"):
        assert secret not in answer.text
    assert "/secret/folder" in caplog.text


def test_a_failure_can_be_found_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/errors/bug")
    assert answer.json()["reference"] in caplog.text
    assert answer.headers["connection"] == "close", "the server will close it"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "no-such-route"),
        ("GET", "/points/", 404, "no-such-route"),
        ("DELETE", "/points", 405, "method-not-allowed"),
    ],
)
def test_wrong_addresses(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith(code)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"", 422),
        (b"\xff\xfe", 400),
        (b"[" * 900, 400),
        (b'{"x": NaN}', 422),
        (b'{"x": 1e999}', 422),
        (b'{"x": "left"}', 422),
        (b'{"x": "\\ud800"}', 422),
        (b"null", 422),
        (b'"' + b"a" * 900 + b'"', 422),
    ],
)
def test_bodies_that_are_not_what_they_should_be(
    client: TestClient, content: bytes, status: int
) -> None:
    answer = client.post("/points", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 1000
    assert all({"field", "expected"} <= error.keys() for error in answer.json()["errors"])


def test_what_does_not_fit_a_pattern_is_told_in_words(client: TestClient) -> None:
    answer = client.post("/points", json={"x": 1, "name": "a\u202eb"})
    (error,) = answer.json()["errors"]
    assert error["expected"].startswith("text without control characters")


def test_sentences_say_what_was_expected_alone(client: TestClient) -> None:
    answer = client.post("/points", json={"x": 1, "labels": []})
    (error,) = answer.json()["errors"]
    assert error == {"field": "labels", "found": "[]", "expected": "at least 1 item"}


def test_kinds_of_values_are_told_in_words(client: TestClient) -> None:
    assert (
        client.post("/points", json=[1]).json()["detail"] == "body: found [1], expected an object"
    )
    text = {"file": "a.txt"}
    assert (
        client.post("/files", data=text).json()["detail"] == "file: found 'a.txt', expected a file"
    )
    sent = {"file": ("a", b"1"), "more": ("b", b"2")}
    assert client.post("/files", files=sent).json()["errors"] == [
        {"field": "more", "found": "a file", "expected": "no such field"}
    ]


def test_packed_bodies_are_called_so(client: TestClient) -> None:
    answer = client.post("/points", content=b"{}", headers={"Content-Encoding": "GZIP"})
    assert answer.status_code == 415
    assert "Content-Encoding: found gzip" in answer.json()["detail"]
    assert answer.headers["accept-encoding"] == "identity"
    plain = {"Content-Encoding": "identity"}
    assert client.post("/points", json={"x": 1}, headers=plain).status_code == 200


def test_a_body_over_the_limit_is_refused_by_its_length(client: TestClient) -> None:
    answer = client.post("/points", content=b"x" * (LIMIT + 1))
    assert answer.status_code == 413
    assert answer.json()["type"].endswith("content-too-large")


def test_a_body_of_unknown_length_is_cut_at_the_limit(client: TestClient) -> None:
    chunks = (b" " * 100 for _ in range(100))
    answer = client.post("/points", content=chunks, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "1,000 bytes" in answer.json()["detail"]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[TestClient]:
    app = FastAPI()
    problem.install(app)
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")

    @app.get("/file")
    def file() -> File:
        return File(path)

    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("part", ["bytes=5-1", "lines=1-2", "bytes", "bytes=a-b", "bytes="])
def test_what_is_no_range_is_not_looked_at(files: TestClient, part: str) -> None:
    answer = files.get("/file", headers={"Range": part})
    assert (answer.status_code, answer.content) == (200, b"0123456789")


def test_a_part_that_is_not_there_is_a_problem(files: TestClient) -> None:
    assert files.get("/file", headers={"Range": "bytes=2-3"}).content == b"23"
    answer = files.get("/file", headers={"Range": "bytes=99-"})
    assert answer.status_code == 416
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-range"] == "bytes */10"


def test_a_problem_is_short(client: TestClient) -> None:
    answer = client.get("/errors/long")
    assert answer.status_code == 422
    assert len(answer.content) < 10_000
