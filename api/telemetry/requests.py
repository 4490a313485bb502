"""Every request has a number and is told of when it ends: to the log, the measures, the traces."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
UNKNOWN = "unmatched"
"""Route of requests that match none."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{1,64}")

current: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Number of the request that is being answered here, also in the threads that help."""


@dataclass(slots=True)
class Seen:
    """What may be told of a request: its route's template, never its path, query or headers.

    ``status``, ``route``, ``caller`` and ``ms`` are known when it has ended; a request that
    nobody waited for has status 499.
    """

    id: str
    method: str
    status: int = 499
    route: str = UNKNOWN
    caller: str = ""
    ms: float = field(default=0.0)


Watcher = Callable[[Scope, Seen], AbstractContextManager[None]]
"""Entered when a request comes, left when it has ended and everything is known of it."""


@dataclass
class Watched:
    """ASGI middleware around everything: numbers requests and tells the watchers."""

    app: ASGIApp
    watchers: Iterable[Watcher]
    prefix: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the answer carries its number."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "other"
        seen = Seen(number_of(Headers(scope=scope)), method)
        started = time.perf_counter()

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                MutableHeaders(scope=message)[HEADER] = seen.id
            await send(message)

        token = current.set(seen.id)
        try:
            with ExitStack() as stack:
                for watcher in self.watchers:
                    stack.enter_context(watcher(scope, seen))
                try:
                    await self.app(scope, receive, telling)
                finally:
                    seen.ms = 1000 * (time.perf_counter() - started)
                    seen.route = _template(scope, self.prefix)
                    seen.caller = _caller(scope)
        finally:
            current.reset(token)


def number_of(headers: Headers) -> str:
    """Return the number that a request brings, when it is well-formed, else a new one.

    >>> number_of(Headers({"X-Request-ID": "abc-1"})), len(number_of(Headers({})))
    ('abc-1', 32)
    >>> len(number_of(Headers({"X-Request-ID": "a b; <script>"})))
    32
    """
    brought = headers.get(HEADER, "")
    return brought if _WELL_FORMED.fullmatch(brought) else uuid.uuid4().hex


def _template(scope: Scope, prefix: str) -> str:
    route = scope.get("route")
    if not isinstance(route, APIRoute):
        return UNKNOWN
    # A route knows its own part of the path only.
    whole = route.path_regex.match(scope["path"])
    return route.path if whole else prefix + route.path


def _caller(scope: Scope) -> str:
    state: dict[str, Any] = scope.get("state", {})
    return getattr(state.get("caller"), "id", "")
