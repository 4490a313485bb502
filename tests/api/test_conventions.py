"""Conventions that hold for every route of the document, whoever adds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from api.access.caller import Scope
from api.access.config import AccessConfig
from api.access.headers import ALWAYS
from api.app import PREFIX, create_app
from atlas.errors import NeuroweaveError
from graph import stored_queries
from graph.edits import Edit, apply
from graph.store import Store
from tests.api import world

pytestmark = pytest.mark.server

PROBLEM = "application/problem+json"
GUIDE = (Path(__file__).parents[2] / "docs/http.md").read_text(encoding="utf-8")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
STATED = {"rationale": "seen", "citation": "10.1038/nmeth.1635"}
SAMPLES = {
    "atlases": "tiny",
    "regions": "tiny:1",
    "functions": world.MOTION,
    "areas": "visual",
    "claims": "c1",
    "model-links": "tiny:1|lenet5/image",
    "scenarios": world.SCENARIO.id,
    "queries": "region.get",
}
"""An id of each kind; with a list that is empty here, what is not there is asked for."""

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def client(
    embedded_store: Store, wipe: Callable[[Store], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    wipe(embedded_store)
    world.fill(embedded_store)
    link = Edit("link_model", "model_link", region="tiny:1", model="lenet5/image", **STATED)
    apply(embedded_store, [link], by="ada")
    access = AccessConfig(hosts=("testserver",), per_minute=10**6)
    settings = world.config(tmp_path_factory.mktemp("conventions"), access=access)
    with world.opened(embedded_store, settings) as context:
        key = context.access.accounts.create("ada", Scope.ADMIN)[1]
        app = create_app(settings, context)
        headers = {"X-API-Key": key}
        with TestClient(app, raise_server_exceptions=False, headers=headers) as found:
            yield found


def operations(client: TestClient) -> list[Operation]:
    document: dict[str, Any] = client.app.openapi()  # type: ignore[attr-defined]
    return [
        (path, method.upper(), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def address(path: str) -> str:
    """A path with ids of what is there, as far as anything is."""
    noun = path.removeprefix(f"{PREFIX}/").partition("/")[0]
    given = {"seq": "1", "sha256": "0" * 64, "id": quote(SAMPLES.get(noun, "none"), safe="")}
    found = re.sub(r"\{(\w+)\}", lambda found: given.get(found[1], given["id"]), path)
    return f"{found}?permutations=2" if found.endswith("/analysis") else found


def is_problem(answer: Any) -> bool:  # noqa: ANN401 - a response of the test client
    body = answer.json()
    told = {"type", "title", "status", "detail", "instance", "errors"} <= body.keys()
    return bool(
        told
        and answer.headers["content-type"] == PROBLEM
        and re.fullmatch(r"urn:neuroweave:problem:[a-z-]+", body["type"])
        and body["status"] == answer.status_code
        and body["title"]
        and body["detail"]
        and body["instance"].startswith("/")
    )


def guarded(answer: Any) -> bool:  # noqa: ANN401 - a response of the test client
    """Whether an answer has the headers that every answer has."""
    wanted = {*ALWAYS, "Content-Security-Policy", "Cache-Control"}
    left = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
    return all(name in answer.headers for name in wanted | left)


def test_the_document_is_openapi(client: TestClient) -> None:
    from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

    document = client.get(f"{PREFIX}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    faults = [
        f"{fault.instance_path}: {fault}" for fault in OPENAPI_31_VALIDATOR.iter_errors(document)
    ]
    assert faults == []


def test_every_link_of_the_document_leads_to_an_operation(client: TestClient) -> None:
    found = {operation["operationId"]: operation for _, _, operation in operations(client)}
    links = [
        (operation["operationId"], name, link)
        for operation in found.values()
        for answer in operation["responses"].values()
        for name, link in answer.get("links", {}).items()
    ]
    assert {"list_regions", "submit_job", "add_claim"} <= {source for source, _, _ in links}
    for _, name, link in links:
        taken = {f"{one['in']}.{one['name']}" for one in found[name]["parameters"]}
        assert link["operationId"] == name
        assert link["parameters"].keys() <= taken


def test_every_error_is_a_problem(client: TestClient) -> None:
    """A parameter that nobody knows is refused by every route, before anything is done."""
    for path, method, _ in operations(client):
        there = address(path).partition("?")[0]
        answer = client.request(method, f"{there}?nobody-knows=1", headers={"If-Match": "*"})
        assert answer.status_code in (400, 404, 415, 422), (method, path, answer.text)
        assert is_problem(answer), answer.text
        assert guarded(answer), (method, path)


def test_every_header_is_in_the_guide(client: TestClient) -> None:
    gets = [address(path) for path, method, _ in operations(client) if method == "GET"]
    sent = {name for path in gets for name in client.get(path).headers}
    assert {"x-request-id", "etag", "vary", "ratelimit-limit"} <= sent
    assert [name for name in sorted(sent) if f"`{name}" not in GUIDE.lower()] == []


def test_every_type_of_problem_is_in_the_guide() -> None:
    kinds, known = [NeuroweaveError], set[str]()
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        known.add(f"| {kind.status} | `{kind.code}`")
    table = GUIDE.partition("## Errors")[2]
    assert len(known) > 10
    assert [row for row in sorted(known) if row not in table] == []


def test_a_head_is_a_get_without_its_body(client: TestClient) -> None:
    """Of every route, also where it answers with a problem or a stream."""
    times = {"x-request-id", "ratelimit-remaining", "ratelimit-reset"}
    asked = 0
    for path, method, _ in operations(client):
        if method != "GET":
            continue
        asked += 1
        whole, head = client.get(address(path)), client.head(address(path))
        assert (head.status_code, head.content) == (whole.status_code, b""), path
        expected = {name: value for name, value in whole.headers.items() if name not in times}
        found = {name: value for name, value in head.headers.items() if name not in times}
        assert found == expected, path
    assert asked > 40
    assert client.head(f"{PREFIX}/cypher").status_code == 405


def test_other_methods_are_told_which_there_are(client: TestClient) -> None:
    paths: dict[str, set[str]] = {}
    for path, method, _ in operations(client):
        paths.setdefault(path, set()).update({method, "HEAD"} if method == "GET" else {method})
    shapes = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in paths}
    for path, own in paths.items():
        # A word may also be read as an id: /checkpoints/statistics.
        also = own.union(*(paths[one] for one in paths if shapes[one].fullmatch(path)))
        for method in (METHODS | {"HEAD", "OPTIONS", "TRACE"}) - also:
            answer = client.request(method, address(path))
            assert answer.status_code == 405, (method, path)
            assert set(answer.headers["allow"].split(", ")) in (own, also), (method, path)
            assert guarded(answer)
            assert method == "HEAD" or is_problem(answer)


def test_every_document_has_a_strong_tag(client: TestClient) -> None:
    tagged = 0
    for path, method, operation in operations(client):
        needed = [one for one in operation.get("parameters", []) if one.get("required")]
        if method != "GET" or any(one["in"] == "query" for one in needed):
            continue
        answer = client.get(address(path))
        if answer.status_code != 200 or answer.headers["content-type"] != "application/json":
            continue
        tagged += 1
        tag = answer.headers["etag"]
        assert re.fullmatch(r'"[\x21\x23-\x7e]+"', tag), path
        if path.endswith("/session"):
            continue
        for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            again = client.get(address(path), headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), (
                path
            )
            assert guarded(again)
        other = client.get(address(path), headers={"If-None-Match": '"other"'})
        assert other.status_code == 200
    assert tagged > 25


def test_whoever_changes_says_what_they_have_read(client: TestClient) -> None:
    changes = [
        (path, method)
        for path, method, operation in operations(client)
        if any(one["name"] == "if-match" for one in operation.get("parameters", []))
    ]
    assert len(changes) >= 4
    bodies = {"claims": {"weight": 0.5}, "model-links": {"weight": 0.5}}
    for path, method in changes:
        body = bodies.get(path.split("/")[3], {})
        body = {"decision": "accept"} if path.endswith("/review") else body
        if not body:
            continue
        unsaid = client.request(method, address(path), json=body)
        assert (unsaid.status_code, unsaid.json()["type"].rpartition(":")[2]) == (
            428,
            "precondition-required",
        )
        stale = client.request(method, address(path), json=body, headers={"If-Match": '"old"'})
        assert stale.status_code == 412, stale.text
        assert is_problem(stale)
        assert stale.headers["etag"] == f'"{stale.json()["current"]["digest"]}"'


@pytest.mark.parametrize("noun", ["claims", "queries", "jobs", "revisions"])
def test_pages_hold_while_others_add(client: TestClient, embedded_store: Store, noun: str) -> None:
    """Everything that was there at the start comes exactly once, whatever is added meanwhile."""
    key = "seq" if noun == "revisions" else "id"

    def add(number: int) -> None:
        if noun == "queries":
            stored_queries.save(embedded_store, f"{noun}-{number}", "RETURN 1 AS one", {}, by="ada")
        elif noun == "jobs":
            client.app.state.context.ledger.submit("ingest", {}, by="ada")  # type: ignore[attr-defined]
        else:
            said = {"region": f"tiny:{number + 5}", "function": world.HEARING, "weight": 0.5}
            sent = client.post(f"{PREFIX}/claims", json={**said, **STATED, "status": "proposed"})
            assert sent.status_code == 201, sent.text

    start = {"claims": 0, "queries": 0, "jobs": 0, "revisions": 50}[noun]
    for number in range(start, start + 12):
        add(number)
    query: dict[str, Any] = {"limit": 5} | ({"status": "any"} if noun == "claims" else {})
    whole = client.get(f"{PREFIX}/{noun}", params={**query, "limit": 1000}).json()
    assert whole["next"] is None
    first = [item[key] for item in whole["items"]]
    seen, after, number = [], None, start + 12
    while True:
        page = client.get(
            f"{PREFIX}/{noun}", params=query | ({"after": after} if after else {})
        ).json()
        assert page.keys() == {"items", "next"}
        seen += [item[key] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
        add(number)
        number += 1
    assert len(seen) == len(set(seen))
    assert [item for item in seen if item in set(first)] == first


def test_what_is_new_says_where_it_is(client: TestClient) -> None:
    claim = {"region": "tiny:4", "function": world.MOTION, "weight": 0.5, **STATED}
    link = {"region": "tiny:4", "model": "lenet5/image", **STATED}
    job = {"kind": "build", "atlas": "tiny", "regions": ["tiny:1"], "dataset": "digits-dtmf"}
    sent = {
        "claims": client.post(f"{PREFIX}/claims", json=claim),
        "model-links": client.post(f"{PREFIX}/model-links", json=link),
        "queries": client.post(f"{PREFIX}/queries", json={"id": "new", "query": "RETURN 1 AS one"}),
        "releases": client.post(f"{PREFIX}/releases", json={"id": "v1"}),
        "jobs": client.post(f"{PREFIX}/jobs", json=job),
    }
    for noun, answer in sent.items():
        assert answer.status_code in (201, 202), (noun, answer.text)
        there = client.get(answer.headers["location"])
        assert there.status_code == 200, (noun, answer.headers["location"])
        assert there.json()["id"] == answer.json()["id"]


def test_a_key_makes_a_submission_once(client: TestClient) -> None:
    for noun, body, other in (
        ("releases", {"id": "v7"}, {"id": "v8"}),
        ("jobs", {"kind": "ingest"}, {"kind": "build", "atlas": "tiny", "regions": ["tiny:1"]}),
    ):
        headers = {"Idempotency-Key": f"once-{noun}"}
        first, again = (
            client.post(f"{PREFIX}/{noun}", json=body, headers=headers) for _ in range(2)
        )
        assert (first.status_code, again.status_code) == (202, 202), first.text
        assert first.headers["location"] == again.headers["location"]
        refused = client.post(f"{PREFIX}/{noun}", json=other, headers=headers)
        assert refused.status_code == 422
        assert is_problem(refused)
        longest = client.post(f"{PREFIX}/{noun}", json=body, headers={"Idempotency-Key": "k" * 201})
        assert longest.status_code == 422
