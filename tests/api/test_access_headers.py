"""What browsers are told, and bodies that are too large."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import Response

from api.access.accounts import Accounts
from api.access.caller import Scope
from api.access.config import AccessConfig
from api.access.gate import Access
from api.context import Context
from atlas.errors import InvalidInput
from graph.store import Store
from jobs.ledger import Ledger
from tests.api.doors import SELF, Door, bearer, door
from tests.api.world import Served, config, serving

PAGE = "https://lab.example"
MIB = 1024 * 1024


@pytest.fixture
def open_door(tmp_path: Path) -> Iterator[Door]:
    with door(tmp_path) as found:
        yield found


def test_every_answer_carries_them(open_door: Door) -> None:
    """Also refusals, wrong addresses and failures of the server."""
    client = open_door.client
    answers = {
        200: client.get(SELF),
        403: client.get(SELF, headers={"Host": "evil.example"}),
        404: client.get("/nowhere"),
        405: client.request("TRACE", SELF),
        413: client.post("/api/v1/cypher", content=b"x" * 17 * MIB),
        500: client.get("/api/v1/atlases"),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; frame")
        kept = "private, no-cache" if "etag" in answer.headers else "no-store"
        assert answer.headers["cache-control"] == kept
        assert "strict-transport-security" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_https_is_for_good(open_door: Door) -> None:
    answer = open_door.client.get(f"https://localhost{SELF}")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_pages_and_copies(open_door: Door) -> None:
    app = cast("Any", open_door.client.app)
    app.add_api_route("/page", lambda: Response("<p>", media_type="text/html"))
    app.add_api_route("/own", lambda: Response(headers={"Content-Security-Policy": "sandbox"}))
    app.add_api_route("/tagged", lambda: Response(headers={"ETag": '"1"'}))
    client = open_door.client
    policy = client.get("/page").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert client.get("/own").headers["content-security-policy"] == "sandbox"
    assert client.get("/tagged").headers["cache-control"] == "private, no-cache"


def test_pages_of_other_origins_are_off(open_door: Door) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
    answer = open_door.client.options(SELF, headers=asked)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_pages_of_listed_origins(tmp_path: Path) -> None:
    with door(tmp_path, origins=(PAGE,)) as listed:
        key = listed.key(Scope.EDITOR)
        asked = {
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization, if-match",
        }
        before = listed.client.options(SELF, headers={"Origin": PAGE, **asked})
        assert before.status_code == 200
        assert before.headers["access-control-allow-origin"] == PAGE
        answer = listed.client.get(SELF, headers={"Origin": PAGE, **bearer(key)})
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert "access-control-allow-credentials" not in answer.headers, "no cookies across"
        seen = set(answer.headers["access-control-expose-headers"].split(", "))
        assert {"ETag", "Link", "X-Truncated", "Content-Disposition"} <= seen, "as the guide says"
        refused = listed.client.get(SELF, headers={"Origin": PAGE, **bearer(key + "x")})
        assert refused.headers["access-control-allow-origin"] == PAGE, "so that the page can read"
        other = {"Origin": "https://evil.example"}
        assert listed.client.options(SELF, headers={**other, **asked}).status_code == 400
        found = listed.client.get(SELF, headers=other)
        assert "access-control-allow-origin" not in found.headers


@pytest.mark.parametrize("origin", ["*", "lab.example", "https://lab.example/", "null", ""])
def test_origins_that_are_none(origin: str) -> None:
    with pytest.raises(InvalidInput, match="origins"):
        AccessConfig(origins=(origin,))


@contextmanager
def server(home: Path) -> Iterator[Served]:
    settings = config(home, max_body_bytes=MIB, max_upload_bytes=2 * MIB)
    ledger, accounts = Ledger(settings.ledger_url), Accounts(settings.ledger_url)
    access = Access(settings.access, accounts)
    with serving(Context(settings, cast("Store", None), ledger, access)) as found:
        yield found
    accounts.close()
    ledger.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """For tests that leave it without accounts."""
    with server(tmp_path_factory.mktemp("served")) as found:
        yield found


@pytest.fixture
def with_accounts(tmp_path: Path) -> Iterator[Served]:
    with server(tmp_path) as found:
        yield found


def connection(served: Served) -> http.client.HTTPConnection:
    port = int(served.url.rpartition(":")[2])
    return http.client.HTTPConnection("127.0.0.1", port, timeout=20)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=b"])
@pytest.mark.parametrize("path", ["/api/v1/activations", "/api/v1/cypher"])
def test_a_body_without_a_length_is_counted(served: Served, kind: str, path: str) -> None:
    """A bomb of 64 MB in chunks is refused long before its end."""
    head = b'--b\r\nContent-Disposition: form-data; name="map"; filename="m.nii"\r\n\r\n'
    link = connection(served)
    link.putrequest("POST", path)
    link.putheader("Content-Type", kind)
    link.putheader("Transfer-Encoding", "chunked")
    link.endheaders()
    sent = 0
    with suppress(OSError):  # refused while we were still talking, which is as good
        link.send(b"%x\r\n%s\r\n" % (len(head), head))
        for _ in range(64):
            link.send(b"100000\r\n" + b"x" * MIB + b"\r\n")
            sent += 1
        link.send(b"0\r\n\r\n")
    try:
        answer = link.getresponse()
    except OSError:
        assert sent < 64
        return
    assert answer.status == 413
    body = json.loads(answer.read())
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == "urn:neuroweave:problem:content-too-large"


@pytest.mark.parametrize(
    ("length", "status"), [(str(10**18), 413), ("9" * 30, 400), ("-1", 400), ("1e9", 400)]
)
def test_lengths_that_lie(served: Served, length: str, status: int) -> None:
    link = connection(served)
    link.putrequest("POST", "/api/v1/cypher")
    link.putheader("Content-Type", "application/json")
    link.putheader("Content-Length", length)
    link.endheaders()
    assert link.getresponse().status == status


def test_a_length_that_is_too_small_cuts_the_body(served: Served) -> None:
    link = connection(served)
    link.request("POST", "/api/v1/cypher", b'{"query"', {"Content-Type": "application/json",
                 "Content-Length": "8"})  # fmt: skip
    assert link.getresponse().status == 400


def test_a_stream_ends_when_its_key_does(with_accounts: Served) -> None:
    context = with_accounts.context
    key, credential = context.access.accounts.create("ada", Scope.EDITOR)
    job = context.ledger.submit("build", {}, by="ada")
    link = connection(with_accounts)
    link.request("GET", f"/api/v1/jobs/{job.id}/events", headers=bearer(credential))
    answer = link.getresponse()
    first = answer.read1(10_000)
    assert b"queued" in first
    context.access.accounts.revoke(key.prefix)
    context.ledger.cancel(job.id)
    reader = threading.Thread(target=lambda: rest.append(answer.read()))
    rest: list[bytes] = []
    reader.start()
    reader.join(10)
    assert rest == [b""], "nothing of what came after the revocation, and no end either"


def test_jobs_are_cancelled_by_their_own_and_by_admins(with_accounts: Served) -> None:
    context = with_accounts.context
    people = {"ada": Scope.EDITOR, "eve": Scope.REVIEWER, "root": Scope.ADMIN}
    ada, eve, root = (context.access.accounts.create(*each)[1] for each in people.items())
    jobs = [context.ledger.submit("build", {}, by="ada").id for _ in range(2)]

    def cancel(job: str, credential: str) -> int:
        link = connection(with_accounts)
        link.request("POST", f"/api/v1/jobs/{job}/cancel", headers=bearer(credential))
        return link.getresponse().status

    assert cancel(jobs[0], eve) == 403
    assert context.ledger.get(jobs[0]).status == "queued"
    assert cancel(jobs[0], ada) == 200
    assert cancel(jobs[1], root) == 200
