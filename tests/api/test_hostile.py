"""Hostile input is stored as text, never run; what is hardly HTTP harms nobody else."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx2 as httpx
import pytest

from graph import atlases
from graph.store import Store
from tests.api import world
from tests.api.hostile import GARBAGE, HEAD, MARKUP, NAMES, REFUSED, TEXTS, connected, spoken

pytestmark = pytest.mark.server

V1 = "/api/v1"
PROBLEM = "application/problem+json"
CITATION = "10.1038/nmeth.1635"


@pytest.fixture(scope="module")
def server(
    embedded_store: Store, wipe: Callable[[Store], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[world.Served]:
    wipe(embedded_store)
    world.fill(embedded_store)
    regions = list(world.ATLAS.regions)
    for place, text in enumerate((*MARKUP, '=1+1,"x"')):
        regions[place] = replace(regions[place], name=text)
    evil = [replace(one, id=one.id.replace("tiny", "evil")) for one in regions]
    atlases.put(
        embedded_store,
        replace(world.ATLAS, id="evil", name=MARKUP[0], regions=tuple(evil)),
    )
    settings = world.config(tmp_path_factory.mktemp("hostile"))
    with world.opened(embedded_store, settings) as context, world.serving(context) as served:
        yield served


@pytest.fixture(scope="module")
def client(server: world.Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def counts(client: httpx.Client) -> dict[str, int]:
    nodes: dict[str, int] = client.get(f"{V1}/stats").json()["nodes"]
    kept = ("Region", "Function", "Atlas", "Model", "Scenario", "Claim")
    return {name: nodes[name] for name in kept}


def is_data(answer: httpx.Response) -> bool:
    """Whether a browser takes an answer for what it is, and runs nothing of it."""
    kind = answer.headers["content-type"].partition(";")[0]
    policy = answer.headers["content-security-policy"]
    return (
        kind in ("application/json", PROBLEM, "text/csv")
        and answer.headers["x-content-type-options"] == "nosniff"
        and policy == "default-src 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_texts_are_stored_as_they_are(client: httpx.Client, text: str) -> None:
    before = counts(client)
    said = {"region": "tiny:4", "function": world.HEARING, "weight": 0.5, "citation": CITATION}
    sent = client.post(f"{V1}/claims", json={**said, "rationale": text, "comment": text})
    assert sent.status_code == 201, sent.text
    claim = f"{V1}/claims/{sent.json()['id']}"
    assert client.get(claim).json()["rationale"] == text.strip()
    remarks = client.get(f"{claim}/comments").json()["items"]
    assert text.strip() in [remark["text"] for remark in remarks]
    changed = client.patch(claim, json={"rationale": f"not {text}"}, headers={"If-Match": "*"})
    assert changed.json()["rationale"] == f"not {text}".strip()
    for path in (claim, f"{claim}/comments", f"{claim}/history", f"{V1}/claims"):
        assert is_data(client.get(path))
    assert counts(client) == {**before, "Claim": before["Claim"] + 1}
    last = client.get(f"{claim}/history").json()["items"][0]["seq"]
    undone = client.post(f"{V1}/revisions/{last}/undo", json={"reason": text})
    assert undone.status_code == 201, undone.text
    assert client.get(undone.headers["location"]).json()["reason"] == text
    assert client.get(claim).json()["rationale"] == text.strip()


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_texts_that_read_otherwise_are_not_stored(client: httpx.Client, text: str) -> None:
    said = {"region": "tiny:4", "function": world.MOTION, "weight": 0.5, "citation": CITATION}
    refused = client.post(f"{V1}/claims", json={**said, "rationale": f"a {text} b"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "rationale"
    query = {"id": "odd", "query": "RETURN 1 AS one", "description": f"a {text} b"}
    assert client.post(f"{V1}/queries", json=query).status_code == 422
    undo = client.post(f"{V1}/revisions/1/undo", json={"reason": f"a {text} b"})
    assert undo.status_code == 422, undo.text


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_texts_are_told_back_as_data(client: httpx.Client, text: str) -> None:
    """Whatever is quoted in a problem, found by a search or asked for by name."""
    before = counts(client)
    asked = [
        client.get(f"{V1}/regions", params={"q": text[:200]}),
        client.get(f"{V1}/regions", params={"atlas": text}),
        client.get(f"{V1}/claims", params={"region": text, "status": "any"}),
        client.get(f"{V1}/revisions", params={"by": text}),
        client.get(f"{V1}/links", params={"function": text, "explain": "query"}),
        client.get(f"{V1}/jobs", params={text: text}),
        client.post(f"{V1}/cypher", json={"query": text}),
        client.post(f"{V1}/cypher", json={"query": "RETURN $x AS x", "parameters": {"x": text}}),
        client.post(f"{V1}/queries", json={"id": text, "query": "RETURN 1 AS one"}),
        client.post(f"{V1}/activations", json={"regions": [text]}),
        client.post(f"{V1}/jobs", json={"kind": "claims", "atlas": "tiny", "data": text}),
        client.post(f"{V1}/releases", json={"id": text}),
        client.post(f"{V1}/claims/import", json={"kind": text}),
    ]
    for answer in asked:
        assert answer.status_code < 500, answer.text
        assert is_data(answer), answer.request.url
        assert "set-cookie" not in answer.headers
    assert asked[7].json()["rows"] == [[text]]
    assert counts(client) == before


def test_queries_keep_hostile_descriptions(client: httpx.Client) -> None:
    for number, text in enumerate(TEXTS):
        body = {"id": f"q{number}", "query": "RETURN 1 AS one", "description": text[:500]}
        assert client.post(f"{V1}/queries", json=body).status_code == 201, text
        assert client.get(f"{V1}/queries/q{number}").json()["description"] == text[:500]
    table = client.get(f"{V1}/queries", params={"limit": 1000}, headers={"Accept": "text/csv"})
    cells = [cell for row in csv.reader(io.StringIO(table.text)) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "-")]


class Page(HTMLParser):
    """What a browser would see: elements, attributes and the text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_report_shows_markup_as_text(client: httpx.Client) -> None:
    active = {"atlas": "evil", "regions": [f"evil:{n}" for n in range(1, 6)]}
    answer = client.post(f"{V1}/activations/report", json=active)
    assert answer.status_code == 200, answer.text
    page = Page()
    page.feed(answer.text)
    assert not {"script", "svg", "iframe", "object", "form", "link", "base"} & page.elements
    assert not [name for name in page.attributes if name.startswith("on")]
    assert all(address.startswith(("data:image/", "https://")) for address in page.addresses)
    words = "".join(page.words)
    assert all(text in words for text in MARKUP)
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_files_hold_markup_and_formulas_as_text(client: httpx.Client) -> None:
    active = {"atlas": "evil", "regions": [f"evil:{n}" for n in range(1, 6)]}
    graph = client.post(f"{V1}/activations/export?format=graphml", json=active)
    names = {data.text for data in ElementTree.fromstring(graph.content).iter() if data.text}
    assert set(MARKUP) <= names
    table = client.post(f"{V1}/activations/export?format=csv", json=active)
    cells = [cell for row in csv.reader(io.StringIO(table.text)) for cell in row]
    assert MARKUP[0] in cells
    assert '\'=1+1,"x"' in cells
    drawn = client.post(f"{V1}/activations/figure?format=svg", json=active)
    tags = {
        element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawn.content).iter()
    }
    assert "script" not in tags
    for answer in (graph, table):
        assert answer.headers["content-disposition"].startswith("attachment; ")


def test_a_file_is_called_what_its_sender_calls_it_only_in_words(
    client: httpx.Client, server: world.Served, tmp_path: Path
) -> None:
    outside = set(tmp_path.parent.parent.rglob("*.nii"))
    for name in (
        "../../evil.nii",
        "/etc/evil.nii",
        "a\\..\\evil.nii",
        "<script>.nii",
        "x" * 5000 + ".nii",
    ):
        answer = client.post(f"{V1}/activations", files={"map": (name, b"no map")})
        assert answer.status_code in (400, 422), answer.text
        assert is_data(answer)
    assert set(tmp_path.parent.parent.rglob("*.nii")) == outside
    assert not Path(server.context.config.uploads).exists()


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_lead_nowhere_else(server: world.Served, name: str) -> None:
    """Sent as they are spelled: a client would tidy them up."""
    for path in ("atlases/{}", "releases/{}/file", "compositions/{}/file", "checkpoints/{}/file",
                 "queries/{}", "jobs/{}", "claims/{}/history"):  # fmt: skip
        address = f"{V1}/{path.format(name)}".encode()
        head = b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = spoken(server.url, b"GET " + address + head, timeout_s=30)
        status = int(answer.split()[1])
        empty = path == "claims/{}/history" and status == 200
        assert status in (404, 422) or empty, (path, answer)
        assert b"root:" not in answer
        assert b"\r\nset-cookie" not in answer.lower()


@pytest.mark.parametrize("what", GARBAGE)
def test_what_is_hardly_http_is_survived(
    client: httpx.Client, server: world.Served, what: str
) -> None:
    answer = spoken(server.url, GARBAGE[what])
    statuses = [int(part.split()[0]) for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert all(status < 500 for status in statuses), answer
    assert all(status == 400 for status in statuses[1:]), "nothing was smuggled"
    assert client.get(f"{V1}/health").status_code == 200


def test_who_dawdles_keeps_nobody_waiting(client: httpx.Client, server: world.Served) -> None:
    body = b"POST /api/v1/cypher HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with ExitStack() as stack:
        for number in range(60):
            link = stack.enter_context(connected(server.url))
            link.sendall(
                HEAD[: 20 + number % 30] if number % 2 else body + b"Content-Length: 99\r\n\r\n{"
            )
        for _ in range(5):
            assert client.get(f"{V1}/health").status_code == 200
        assert client.post(f"{V1}/cypher", json={"query": "RETURN 1 AS x"}).status_code == 200


def test_two_hundred_at_once(client: httpx.Client, server: world.Served) -> None:
    at_once = 200
    gate = threading.Barrier(at_once)
    request = HEAD + b"Connection: close\r\n\r\n"

    def one(_: int) -> bytes:
        with connected(server.url) as link:
            gate.wait(60)
            link.sendall(request)
            return b"".join(iter(lambda: link.recv(65536), b""))

    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(one, range(at_once)))
    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}
    assert client.get(f"{V1}/health").status_code == 200


def nested(depth: int) -> bytes:
    return b'{"query": "RETURN $x AS x", "parameters": {"x": ' + b"[" * depth + b"]" * depth + b"}}"


NUMBERS = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-0.0", "1e-400", "true", "null"),
    *("9223372036854775808", "-9223372036854775809", "1" * 4000, "1" * 5000),
    *('"\\ud800"', '"\\u0000"'),
)


@pytest.mark.parametrize("value", NUMBERS, ids=range(len(NUMBERS)))
def test_values_that_are_hardly_json(client: httpx.Client, value: str) -> None:
    kind = {"Content-Type": "application/json"}
    claim = json.dumps({"region": "tiny:4", "function": world.HEARING, "rationale": "r"})[:-1]
    bodies = {
        "cypher": f'{{"query": "RETURN $x AS x", "parameters": {{"x": {value}}}}}',
        "claims": f'{claim}, "citation": "{CITATION}", "weight": {value}}}',
        "activations": f'{{"atlas": "tiny", "peaks": [[{value}, 0, 0]]}}',
        "plans": f'{{"atlas": "tiny", "regions": ["tiny:1"], "top": {value}}}',
        "edits": f'[{{"action": "add_claim", "weight": {value}}}]',
        "queries": f'{{"id": {value}, "query": "RETURN 1 AS one"}}',
        "releases": f'{{"id": "v1", "title": {value}}}',
        "revisions/1/undo": f'{{"reason": {value}}}',
    }
    for path, body in bodies.items():
        answer = client.post(f"{V1}/{path}", content=body.encode(), headers=kind)
        assert answer.status_code < 500, (path, answer.text)
        assert_json(answer)


def assert_json(answer: httpx.Response) -> None:
    """Answers are JSON as the RFC has it: Python's own reader also takes NaN."""

    def refuse(constant: str) -> Any:  # noqa: ANN401
        raise AssertionError(constant)

    json.loads(answer.text, parse_constant=refuse)


@pytest.mark.parametrize("depth", [50, 1000, 100_000])
def test_what_is_nested_too_deeply_is_refused(client: httpx.Client, depth: int) -> None:
    kind = {"Content-Type": "application/json"}
    for path, body in (
        ("cypher", nested(depth)),
        ("activations", b'{"atlas":' * depth + b"1" + b"}" * depth),
        ("edits", b"[" * depth + b"]" * depth),
        ("claims", b'{"region":' * depth + b"1" + b"}" * depth),
    ):
        answer = client.post(f"{V1}/{path}", content=body, headers=kind)
        assert answer.status_code in (200, 400, 403, 422), (path, answer.text[:300])


def test_a_thousand_mistakes_are_a_few(client: httpx.Client) -> None:
    """What is wrong in 200,000 places is told in an answer of some kilobytes."""
    kind = {"Content-Type": "application/json"}
    many = {f"k{number}": number for number in range(200_000)}
    for path, body in (
        ("activations", many),
        ("activations", {"atlas": "tiny", "peaks": [many]}),
        ("activations", {"atlas": "tiny", "peaks": [[]] * 9_000}),
        ("jobs", {"kind": "claims", **many}),
        ("claims", many),
        ("queries", {"id": "a", "query": "RETURN 1", "parameters": many}),
    ):
        answer = client.post(f"{V1}/{path}", content=json.dumps(body).encode(), headers=kind)
        assert answer.status_code == 422, path
        assert 1 <= len(answer.json()["errors"]) <= 100
        assert len(answer.content) < 100_000


@pytest.mark.parametrize(
    "headers",
    [
        {"If-None-Match": '"' * 2000},
        {"If-None-Match": "*, ,,W/"},
        {"If-Match": "garbage", "Range": "bytes=9-1,-,x"},
        {"Range": "bytes=" + ",".join(f"{n}-" for n in range(1000))},
        {"Accept": "*/*;q=nan, text/csv;q=1e999"},
        {"Accept": "," * 5000},
        {"Accept": "application/json;q=0"},
        {"Accept-Encoding": "gzip;q=\x7f"},
        {"Cookie": "=;=;;;a=b; neuroweave=\xff"},
        {"Last-Event-ID": "-1"},
        {"Last-Event-ID": "9" * 40},
        {"Content-Type": "application/json; charset=\x80"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "multipart/form-data; boundary=" + "x" * 5000},
        {"Content-Encoding": "gzip"},
        {"Idempotency-Key": "k" * 201},
        {"Idempotency-Key": "<script>"},
        {"Prefer": "respond-async" * 20},
        {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "evil.example"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic " + "A" * 20_000},
        {"X-API-Key": "a.b.c"},
        {"Origin": "null"},
        {"Expect": "the-unexpected"},
    ],
    ids=lambda headers: "-".join(headers),
)  # fmt: skip
def test_headers_of_garbage(client: httpx.Client, headers: dict[str, str]) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    for method, path, body in (
        ("GET", "claims", b""),
        ("GET", "jobs/nothing/events", b""),
        ("PATCH", "claims/c1", b'{"weight": 0.5}'),
        ("POST", "activations", b'{"atlas": "tiny", "regions": ["tiny:1"]}'),
        ("POST", "jobs", b'{"kind": "claims", "atlas": "tiny", "data": "none"}'),
    ):
        answer = client.request(method, f"{V1}/{path}", content=body, headers=encoded)
        assert answer.status_code < 500, (path, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == PROBLEM
