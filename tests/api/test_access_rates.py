"""How often and how much at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI
from hypothesis import given
from hypothesis import strategies as st

from api.access import rates
from api.access.caller import Scope
from api.access.errors import TooMany
from api.access.policy import authorised, requires
from api.access.rates import AtWork, Rates, address_name
from tests.api.doors import SELF, Door, bearer, door


@pytest.fixture
def few(tmp_path: Path) -> Iterator[Door]:
    with door(tmp_path, per_minute=3, anonymous_per_minute=2, heavy_at_once=2) as found:
        found.key(Scope.ADMIN, "root")
        yield found


def statuses(found: Door, times: int, **headers: str) -> list[int]:
    return [found.who(**headers)[0] for _ in range(times)]


def test_each_key_has_its_minute(few: Door) -> None:
    ada, eve = bearer(few.key(Scope.VIEWER)), bearer(few.key(Scope.VIEWER, "eve"))
    assert statuses(few, 4, **ada) == [200, 200, 200, 429]
    assert statuses(few, 1, **eve) == [200]
    assert statuses(few, 3) == [200, 200, 429], "and each address without one"


def test_the_answer_says_where_one_stands(few: Door) -> None:
    ada = bearer(few.key(Scope.VIEWER))
    first = few.client.get(SELF, headers=ada).headers
    assert (first["ratelimit-limit"], first["ratelimit-remaining"]) == ("3", "2")
    assert int(first["ratelimit-reset"]) == 20
    statuses(few, 2, **ada)
    last = few.client.get(SELF, headers=ada)
    assert last.status_code == 429
    assert last.json()["type"] == "urn:neuroweave:problem:too-many-requests"
    assert last.headers["ratelimit-remaining"] == "0"
    assert 1 <= int(last.headers["retry-after"]) <= 20
    assert 1 <= int(last.headers["ratelimit-reset"]) <= 60


def test_guessing_has_a_limit_and_hinders_no_key(few: Door) -> None:
    good = bearer(few.key(Scope.VIEWER))
    wrong = bearer("nw0123456789ab." + "x" * 43)
    assert statuses(few, 4, **wrong) == [401, 401, 429, 429]
    assert statuses(few, 1, **good) == [200]


def test_the_local_person_is_not_counted(tmp_path: Path) -> None:
    with door(tmp_path, per_minute=1, anonymous_per_minute=1) as alone:
        assert statuses(alone, 5) == [200] * 5
        assert "ratelimit-limit" not in alone.client.get(SELF).headers


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60), st.integers(1, 20))
def test_never_more_than_the_limit_and_what_grew_back(pauses: list[float], limit: int) -> None:
    now = [0.0]
    found = Rates(clock=lambda: now[0])
    let_in = 0
    for pause in pauses:
        now[0] += pause
        try:
            standing = found.take("ada", per_minute=limit)
        except TooMany:
            continue
        let_in += 1
        assert 0 <= standing.remaining < limit
    assert let_in <= limit + now[0] * limit / 60 + 1e-6


@given(st.integers(1, 200))
def test_retry_after_keeps_its_word(limit: int) -> None:
    now = [0.0]
    found = Rates(clock=lambda: now[0])
    for _ in range(limit):
        found.take("ada", per_minute=limit)
    with pytest.raises(TooMany) as error:
        found.take("ada", per_minute=limit)
    now[0] += int(error.value.headers["Retry-After"])
    found.take("ada", per_minute=limit)


def test_many_addresses_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_BUCKETS", 10)
    found = Rates()
    for number in range(100):
        found.take(address_name(f"192.0.2.{number}"), per_minute=5)
    assert len(found._buckets) == 10


def test_at_once() -> None:
    work = AtWork()
    with (
        work.one_more("ada", 2),
        work.one_more("ada", 2),
        work.one_more("eve", 2),
        pytest.raises(TooMany, match="at most 2 at once"),
        work.one_more("ada", 2),
    ):
        raise AssertionError
    with work.one_more("ada", 1):
        pass
    assert not work._counts


def test_heavy_requests_at_once_over_http(few: Door) -> None:
    """Two are at work, the third is told to wait, and light ones go on."""
    heavy = APIRouter(dependencies=[requires("viewer", heavy=True)])
    going, done = asyncio.Event(), asyncio.Event()

    @heavy.get("/heavy")
    async def work() -> str:
        going.set()
        await done.wait()
        return "done"

    app = few.client.app
    assert isinstance(app, FastAPI)

    app.include_router(heavy, dependencies=[Depends(authorised)])
    one, other = bearer(few.key(Scope.VIEWER)), bearer(few.key(Scope.VIEWER, "eve"))

    async def ask() -> list[Any]:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            first = [asyncio.create_task(client.get("/heavy", headers=one)) for _ in range(2)]
            await going.wait()
            await asyncio.sleep(0.05)
            third = await client.get("/heavy", headers=one)
            light = await client.get(SELF, headers=other)
            done.set()
            answers = await asyncio.gather(*first)
            again = await client.get("/heavy", headers=other)
            return [*answers, third, light, again]

    answers = asyncio.run(ask())
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 200]
    assert answers[2].headers["retry-after"] == "1"
