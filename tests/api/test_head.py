"""A HEAD leaves a stream as soon as its headers are known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from api.head import Head


def test_an_endless_stream_is_left() -> None:
    left = []

    async def lines() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"data: 1\n\n"
                await asyncio.sleep(0.01)
        finally:
            left.append(True)

    async def stream(request: Request) -> StreamingResponse:
        assert request.method == "GET"
        return StreamingResponse(lines(), media_type="text/event-stream", headers={"X-A": "b"})

    client = TestClient(Head(Starlette(routes=[Route("/", stream, methods=["GET"])])))
    answer = client.head("/")
    assert (answer.status_code, answer.content, answer.headers["x-a"]) == (200, b"", "b")
    assert left
