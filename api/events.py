"""The events of a job as a stream that can be taken up again where it broke."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from api.access.policy import caller_of
from api.context import Context
from api.visible import event_data
from atlas.errors import NotFound, Unavailable
from jobs.job import Event, iso

BATCH = 500

EVENT = {
    "description": "One event of the stream.",
    "type": "object",
    "properties": {
        "event": {"type": "string", "examples": ["progress"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "id": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "required": ["event", "data"],
}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `id` counts up, `data` is JSON, the last is `end`.",
        "content": {"text/event-stream": {"schema": EVENT}},
    },
    204: {"description": "The job is over and the caller has seen every event."},
}


@dataclass
class EventStream:
    """Server-sent events of one job: what is in the ledger first, then what comes.

    The ledger is the truth, so a stream lives through restarts of the server and of the worker:
    whoever connects again says which event came last. A comment every few seconds keeps proxies
    from closing a quiet stream. The last event is ``end``; without it the stream was cut.
    """

    request: Request
    context: Context
    job: str
    after: int

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield the stream's bytes until the job is over, the caller leaves or we must stop."""
        quiet_since = time.monotonic()
        while True:
            try:
                over = await run_in_threadpool(self._over)
                events = await run_in_threadpool(self._next)
            except (Unavailable, NotFound):
                return  # the caller asks again, and is then told why
            if events and not await self.context.access.valid(caller_of(self.request)):
                return  # the key was revoked meanwhile; asking again gets 401
            for event in events:
                self.after = event.id
                yield encoded(event)
            if events:
                quiet_since = time.monotonic()
            elif over:
                yield format_sse_event(event="end", data_str="{}")
                return
            elif self.context.stopping.is_set() or await self.request.is_disconnected():
                return
            elif time.monotonic() - quiet_since > self.context.config.event_ping_s:
                quiet_since = time.monotonic()
                yield KEEPALIVE_COMMENT
            else:
                await asyncio.sleep(self.context.config.event_poll_s)

    async def finished(self) -> bool:
        """Tell whether the job is over and the caller has seen everything."""
        if not await run_in_threadpool(self._over):
            return False
        return not await run_in_threadpool(self._next)

    def _over(self) -> bool:
        return self.context.ledger.get(self.job).done

    def _next(self) -> list[Event]:
        return self.context.ledger.events(self.job, after=self.after, limit=BATCH)


def encoded(event: Event) -> bytes:
    r"""Return the lines of one event; ``data`` is its data and when it happened.

    >>> encoded(Event(3, 0.5, "progress", {"fraction": 0.25}))
    b'event: progress\ndata: {"at": "1970-01-01T00:00:00.500+00:00", "fraction": 0.25}\nid: 3\n\n'
    """
    data = {"at": iso(event.at), **event_data(event)}
    return format_sse_event(event=event.kind, data_str=json.dumps(data), id=str(event.id))
