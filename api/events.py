"""The events of a job as a stream that can be taken up again where it broke."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from api.context import Context
from jobs.ledger import Event

BATCH = 500


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
            over = await run_in_threadpool(self._over)
            events = await run_in_threadpool(self._next)
            for event in events:
                self.after = event.seq
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
