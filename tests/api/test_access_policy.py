"""Every route says whom it is for, and is for nobody else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, cast

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from api.access.caller import Scope
from api.access.policy import Policy, declared, public, requires, table
from api.routes import ROUTERS
from tests.api.doors import Door, bearer, door

READING_POSTS = {
    "open_session",
    "activate_regions",
    "export_activation",
    "report_activation",
    "draw_activation",
    "list_clusters",
    "make_composition_plan",
    "predict",
    "run_cypher",
    "export_cypher",
    "run_query",
}
"""Operations that take a body and change nothing."""

WRONG = "nw0123456789ab." + "x" * 43
CALLERS = ("wrong", "nobody", *Scope)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    logging.disable(logging.CRITICAL)  # what passes the gate fails, and would fill the log
    home = tmp_path_factory.mktemp("closed")
    with door(home, per_minute=100_000, anonymous_per_minute=100_000) as found:
        yield found
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def headers(closed: Door) -> dict[str, dict[str, str]]:
    made = {str(scope): bearer(closed.key(scope)) for scope in Scope}
    return {"wrong": bearer(WRONG), "nobody": {}, **made}


def test_every_route_declares_its_policy() -> None:
    missing = [
        f"{sorted(route.methods)} {route.path}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and declared(route) is None
    ]
    assert not missing, (
        "these routes say nothing of who may call them, so only an admin may: add "
        'dependencies=[requires("viewer")] (editor, reviewer, admin) or [public], '
        f"from api.access.policy: {missing}"
    )


def test_every_route_is_an_api_route() -> None:
    """Others (mounts, plain Starlette routes) would pass by the policies."""
    others = [route for router in ROUTERS for route in router.routes]
    assert all(isinstance(route, APIRoute) for route in others)


def test_what_writes_asks_for_an_editor() -> None:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            policy = declared(route)
            reads = route.methods == {"GET"} or route.name in READING_POSTS
            if not reads and route.name != "close_session":
                assert policy is not None, route.path
                assert policy.scope is not None, route.path
                assert policy.scope.holds(Scope.EDITOR), (
                    f"{route.path} takes {route.methods}: ask for an editor, or list the operation "
                    "among READING_POSTS if it changes nothing"
                )


@pytest.fixture(scope="module")
def document(closed: Door) -> dict[str, Any]:
    """What the app says of itself, which takes as long to write as the app to make."""
    return cast("FastAPI", closed.client.app).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Method, path with its names filled in, declared scope, operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            filled = path
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    value = "1" if parameter["schema"].get("type") == "integer" else "0" * 64
                    filled = filled.replace("{" + parameter["name"] + "}", value)
            yield method.upper(), filled, operation["x-scope"], operation["operationId"]


def expected(caller: str, scope: str) -> int | None:
    """The status of a refusal; None when the gate lets the caller in."""
    if caller == "wrong":
        return 401
    if scope == "public":
        return None
    if caller == "nobody":
        return 401
    return None if Scope(caller).holds(Scope(scope)) else 403


def test_every_route_with_every_caller(
    closed: Door, headers: dict[str, dict[str, str]], document: dict[str, Any]
) -> None:
    wrong = []
    for method, path, scope, operation in operations(document):
        body = {} if method in {"GET", "DELETE"} else {"json": {}}
        for caller in CALLERS:
            answer = closed.client.request(method, path, headers=headers[caller], **body)
            wanted = expected(caller, scope)
            if operation == "open_session" and caller == "nobody":
                wanted = 401  # public, and takes a key
            found = answer.status_code if answer.status_code in (401, 403) else None
            if found != wanted:
                wrong.append((operation, caller, scope, answer.status_code))
            closed.client.cookies.clear()
    assert not wrong


def test_refusals_are_problems_that_say_what_to_do(
    closed: Door, headers: dict[str, dict[str, str]]
) -> None:
    answer = closed.client.get("/api/v1/atlases")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == 'Bearer realm="neuroweave"'
    assert "neuroweave keys create" in answer.json()["detail"]
    wrong = closed.client.get("/api/v1/health", headers=headers["wrong"])
    assert wrong.status_code == 401
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]
    low = closed.client.post("/api/v1/jobs", headers=headers["viewer"], json={})
    assert low.status_code == 403
    assert low.json()["errors"] == [
        {"field": "scope", "found": "viewer", "expected": "editor or more"}
    ]


def test_a_refusal_comes_before_the_body_is_judged(
    closed: Door, headers: dict[str, dict[str, str]], document: dict[str, Any]
) -> None:
    wrong = []
    for method, path, scope, operation in operations(document):
        if method in {"POST", "PUT", "PATCH"} and scope != "public":
            caller = "nobody" if scope == "viewer" else "viewer"
            kind = {"content-type": "application/json"}
            answer = closed.client.request(
                method, path, headers={**headers[caller], **kind}, content=b"{"
            )
            if answer.status_code != (401 if caller == "nobody" else 403):
                wrong.append((operation, answer.status_code))
    assert not wrong


def test_a_forgotten_policy_closes_the_route() -> None:
    router = APIRouter()
    router.add_api_route("/forgotten", lambda: None, name="forgotten")
    assert table([router]) == {"forgotten": Policy(Scope.ADMIN)}


def test_the_strictest_policy_counts() -> None:
    router = APIRouter(dependencies=[requires("editor")])
    router.add_api_route("/a", lambda: None, name="a", dependencies=[requires("viewer")])
    router.add_api_route("/b", lambda: None, name="b", dependencies=[requires("admin", heavy=True)])
    router.add_api_route("/c", lambda: None, name="c", dependencies=[public])
    assert table([router]) == {
        "a": Policy(Scope.EDITOR),
        "b": Policy(Scope.ADMIN, heavy=True),
        "c": Policy(Scope.EDITOR),
    }


def test_the_document_tells_the_schemes(document: dict[str, Any]) -> None:
    assert set(document["components"]["securitySchemes"]) == {"bearer", "key", "session"}
    submit = document["paths"]["/api/v1/jobs"]["post"]
    assert submit["x-scope"] == "editor"
    assert {} not in submit["security"]
    assert {} in document["paths"]["/api/v1/health"]["get"]["security"]
