"""Sessions of the page, the person at the machine, and pages that are neither."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.access.caller import Scope
from tests.api.doors import HERE, SELF, Door, bearer, door

FOREIGN = "https://evil.example"
LOCAL = {"id": "local", "scope": "admin", "via": "local"}
OURS = {"Origin": HERE}


@pytest.fixture
def open_door(tmp_path: Path) -> Iterator[Door]:
    with door(tmp_path) as found:
        yield found


@pytest.fixture
def signed_in(open_door: Door) -> Door:
    return sign_in(open_door)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Without accounts, for tests that leave it so."""
    with door(tmp_path_factory.mktemp("alone")) as found:
        yield found


@pytest.fixture(scope="module")
def staying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Signed in, for tests that leave it so."""
    with door(tmp_path_factory.mktemp("staying")) as found:
        yield sign_in(found)


def sign_in(found: Door) -> Door:
    answer = found.client.post(SELF, headers=bearer(found.key(Scope.EDITOR)))
    assert answer.status_code == 201
    return found


def test_the_cookie_is_out_of_reach(open_door: Door) -> None:
    key = open_door.key(Scope.EDITOR)
    answer = open_door.client.post(SELF, headers=bearer(key))
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Secure" not in cookie, "plain HTTP on this machine takes no secure cookie"
    assert "Domain" not in cookie
    assert key.partition(".")[2] not in cookie
    assert answer.headers["cache-control"] == "no-store"


def test_the_cookie_is_secure_elsewhere(tmp_path: Path) -> None:
    with door(tmp_path, local=False) as far:
        key = far.key(Scope.EDITOR)
        cookie = far.client.post(SELF, headers=bearer(key)).headers["set-cookie"]
    assert cookie.startswith("__Host-neuroweave=")
    assert "Secure" in cookie.split("; ")


def test_a_session_lives_and_ends(signed_in: Door) -> None:
    assert signed_in.who() == (200, {"id": "ada", "scope": "editor", "via": "session"})
    kept = dict(signed_in.client.cookies)
    assert signed_in.client.delete(SELF, headers=OURS).status_code == 204
    assert signed_in.who()[1]["via"] == "anonymous"
    signed_in.client.cookies.update(kept)
    assert signed_in.who()[0] == 401, "the session is gone on the server, not only here"


def test_a_session_ends_with_its_key(signed_in: Door) -> None:
    signed_in.access.accounts.revoke(signed_in.access.accounts.all_keys()[0].prefix)
    answer = signed_in.client.get(SELF)
    assert answer.status_code == 401
    assert 'neuroweave=""' in answer.headers["set-cookie"], "the browser forgets it"
    assert signed_in.who()[1]["via"] == "anonymous"


def test_sessions_are_made_of_keys_only(open_door: Door) -> None:
    assert open_door.client.post(SELF).status_code == 403, "the local person needs none"
    key = open_door.key(Scope.EDITOR)
    assert open_door.client.post(SELF).status_code == 401
    assert open_door.client.post(SELF, headers=bearer(key)).status_code == 201
    assert open_door.client.post(SELF, headers=OURS).status_code == 403, "nor from a session"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": FOREIGN},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:9000"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Origin": "http://evil.example@127.0.0.1:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
)
def test_a_session_serves_no_other_page(staying: Door, headers: dict[str, str]) -> None:
    answer = staying.client.delete(SELF, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["field"] == "origin"
    assert staying.who()[1]["via"] == "session", "nothing happened to it"


@pytest.mark.parametrize("headers", [OURS, {"Sec-Fetch-Site": "same-origin"}])
def test_a_session_serves_our_page(signed_in: Door, headers: dict[str, str]) -> None:
    assert signed_in.client.delete(SELF, headers=headers).status_code == 204


def test_reading_needs_no_origin(staying: Door) -> None:
    assert staying.who(Origin=FOREIGN)[1]["via"] == "session"


def test_without_accounts_the_local_person_is_admin(open_door: Door) -> None:
    assert open_door.who() == (200, LOCAL)
    assert open_door.client.delete(SELF).status_code == 204, "programs say no origin"
    open_door.key(Scope.VIEWER)
    assert open_door.who()[1] == {"id": "anonymous", "scope": None, "via": "anonymous"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 403),
        ("evil.example:8000", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example:8000", 403),
        ("evil.example:127.0.0.1", 403),
        ("localhost:80@evil.example", 403),
        ("localhost:x", 403),
        ("localhost, evil.example", 403),
        ("", 403),
    ],
)
def test_a_foreign_name_for_this_machine(alone: Door, host: str, status: int) -> None:
    assert alone.who(Host=host)[0] == status


def test_names_from_the_settings(tmp_path: Path) -> None:
    with door(tmp_path, hosts=("atlas.lab",)) as named:
        assert named.who(Host="atlas.lab:8000") == (200, LOCAL)
        key = named.key(Scope.VIEWER)
        assert named.who(Host="evil.example", **bearer(key))[0] == 403


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://localhost:3000"])
def test_a_foreign_page_is_not_the_local_person(alone: Door, origin: str) -> None:
    posted = alone.client.post("/api/v1/cypher", headers={"Origin": origin}, json={})
    assert posted.status_code == 403
    deleted = alone.client.delete(SELF, headers={"Sec-Fetch-Site": "cross-site"})
    assert deleted.status_code == 403


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "2001:db8::1"])
def test_who_is_elsewhere_is_not_the_local_person(tmp_path: Path, peer: str) -> None:
    with door(tmp_path, peer=peer) as far:
        assert far.who()[1]["via"] == "anonymous"


def test_a_page_that_says_two_things_is_foreign(alone: Door) -> None:
    for headers in (
        [("Origin", HERE), ("Origin", FOREIGN)],
        [("Origin", HERE), ("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
    ):
        assert alone.client.delete(SELF, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"],
)
def test_who_comes_through_a_proxy_is_not_the_local_person(alone: Door, header: str) -> None:
    assert alone.who(**{header: "for=192.0.2.7"})[1]["via"] == "anonymous"


def test_off_the_loopback_address_nobody_is_local(tmp_path: Path) -> None:
    with door(tmp_path, local=False) as far:
        assert far.who()[1]["via"] == "anonymous"
