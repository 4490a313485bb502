"""Keys: shown once, kept as a digest, ended at once; and what counts as no credential."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from api.access.accounts import TOUCH_S, Accounts
from api.access.caller import Scope
from api.access.keys import digest, parts
from atlas.errors import Conflict, InvalidInput, NotFound
from jobs.ledger import default_url
from tests.api.doors import SELF, Door, bearer, door

DAY_S = 86_400.0


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    found = Accounts(default_url(tmp_path), clock=clock)
    yield found
    found.close()


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Door]:
    with door(tmp_path) as found:
        found.key(Scope.ADMIN, "root")
        yield found


def test_a_key_opens_and_its_secret_is_nowhere(accounts: Accounts, tmp_path: Path) -> None:
    key, credential = accounts.create("ada", Scope.EDITOR, label="laptop")
    caller = accounts.by_key(credential)
    assert caller is not None
    assert (caller.id, caller.scope, caller.via) == ("ada", Scope.EDITOR, "key")
    secret = credential.partition(".")[2]
    assert len(secret) == 43, "256 bits in base64"
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert digest(secret).encode() in stored
    assert secret.encode() not in stored
    assert secret not in repr(accounts.all_keys()) + repr(key.to_dict())


def test_keys_differ(accounts: Accounts) -> None:
    made = {accounts.create("ada", Scope.VIEWER)[1] for _ in range(50)}
    assert len({part for text in made for part in text.split(".")}) == 100


def test_what_is_almost_the_key(accounts: Accounts) -> None:
    _, credential = accounts.create("ada", Scope.EDITOR)
    _, other = accounts.create("eve", Scope.VIEWER)
    mixed = credential.partition(".")[0] + "." + other.partition(".")[2]
    swapped = credential[:-1] + ("A" if credential[-1] != "A" else "B")
    for wrong in (mixed, swapped, credential + "A", credential[:-1], credential.upper(), ""):
        assert accounts.by_key(wrong) is None, wrong


@given(st.text(max_size=80))
def test_no_text_is_a_key_by_chance(text: str) -> None:
    assert parts(text) is None or len(text) == 58


def test_a_key_ends_with_its_time(accounts: Accounts, clock: Clock) -> None:
    _, credential = accounts.create("ada", Scope.EDITOR, days=1)
    clock.now += DAY_S - 1
    assert accounts.by_key(credential) is not None
    clock.now += 1
    assert accounts.by_key(credential) is None


def test_revoking(accounts: Accounts) -> None:
    key, credential = accounts.create("ada", Scope.EDITOR)
    caller = accounts.by_key(credential)
    assert caller is not None
    assert accounts.valid(caller)
    assert accounts.revoke(key.prefix).revoked_at is not None
    assert accounts.by_key(credential) is None
    assert not accounts.valid(caller)
    with pytest.raises(Conflict):
        accounts.revoke(key.prefix)
    with pytest.raises(NotFound):
        accounts.revoke("nw000000000000")


def test_a_revocation_by_another_process_counts_at_once(
    accounts: Accounts, clock: Clock, tmp_path: Path
) -> None:
    key, credential = accounts.create("ada", Scope.EDITOR)
    assert accounts.by_key(credential) is not None
    other = Accounts(default_url(tmp_path), clock=clock)
    other.revoke(key.prefix)
    other.close()
    assert accounts.by_key(credential) is None


def test_revoking_the_last_key_does_not_open_the_door(closed: Door) -> None:
    for key in closed.access.accounts.all_keys():
        closed.access.accounts.revoke(key.prefix)
    assert closed.who() == (200, {"id": "anonymous", "scope": None, "via": "anonymous"})


def test_the_last_use_is_written_once_a_minute(accounts: Accounts, clock: Clock) -> None:
    _, credential = accounts.create("ada", Scope.EDITOR)
    used = []
    for step in (0.0, TOUCH_S / 2, TOUCH_S / 2, 1.0):
        clock.now += step
        accounts.by_key(credential)
        used.append(accounts.all_keys()[0].last_used_at)
    start = clock.now - TOUCH_S - 1
    assert used == [start, start, start + TOUCH_S, start + TOUCH_S]


def test_reading_goes_on_while_nothing_can_be_written(accounts: Accounts, tmp_path: Path) -> None:
    _, credential = accounts.create("ada", Scope.EDITOR)
    with accounts._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.detach()
    sa.event.listen(
        accounts._engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON")
    )
    accounts._engine.dispose()
    assert accounts.by_key(credential) is not None
    assert accounts.all_keys()[0].last_used_at is None


@pytest.mark.parametrize("owner", ["", " ", "local", "Anonymous", "a\nb", " ada", "x" * 201])
def test_names_that_nobody_may_have(accounts: Accounts, owner: str) -> None:
    with pytest.raises(InvalidInput, match="owner"):
        accounts.create(owner, Scope.VIEWER)


def test_the_tables_stand_beside_the_ledger(accounts: Accounts, tmp_path: Path) -> None:
    accounts.create("ada", Scope.EDITOR)
    with sqlite3.connect(tmp_path / "jobs.db") as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert {"job", "api_key", "api_session"} <= names


def test_both_headers_take_a_key(closed: Door) -> None:
    key = closed.key(Scope.REVIEWER)
    said = (200, {"id": "ada", "scope": "reviewer", "via": "key"})
    assert closed.who(**bearer(key)) == said
    assert closed.who(authorization=f"bearer   {key}") == said
    assert closed.who(**{"X-API-Key": key}) == said


def test_a_wrong_credential_is_never_anonymous(tmp_path: Path) -> None:
    with door(tmp_path, anonymous=True) as open_door:
        key = open_door.key(Scope.ADMIN)
        assert open_door.who() == (200, {"id": "anonymous", "scope": "viewer", "via": "anonymous"})
        wrong = [
            {"Authorization": ""},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer "},
            {"Authorization": f"Basic {key}"},
            {"Authorization": key},
            {"Authorization": f"Bearer {key}x"},
            {"Authorization": f"Bearer {key[:-1]}"},
            {"Authorization": "Bearer a.b.c"},
            {"Authorization": f"Bearer {'x' * 20_000}"},
            {"Authorization": f"Bearer {key}", "X-API-Key": key},
            {"X-API-Key": ""},
            {"X-API-Key": "é"},
            {"X-API-Key": f"Bearer {key}"},
        ]
        for headers in wrong:
            sent = {name: value.encode() for name, value in headers.items()}
            for path in (SELF, "/api/v1/health", "/api/v1/atlases", "/api/v1/openapi.json"):
                answer = open_door.client.get(path, headers=sent)
                assert answer.status_code == 401, (headers, path)
                assert "www-authenticate" in answer.headers
        twice = [("X-API-Key", key), ("X-API-Key", key)]
        assert open_door.client.get(SELF, headers=twice).status_code == 401


def test_a_key_in_the_address_is_none(closed: Door) -> None:
    key = closed.key(Scope.ADMIN)
    named = f"key={key}&access_token={key}"
    assert closed.client.get(f"{SELF}?{named}").status_code == 422
    assert closed.client.get(f"/api/v1/atlases?{named}").status_code == 401
