"""``HEAD`` wherever there is ``GET``: the same headers, and nothing more (RFC 9110, 9.3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from anyio import CancelScope
from anyio.lowlevel import checkpoint
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Head:
    """ASGI middleware: a ``HEAD`` is answered as the ``GET`` of its address, without the body.

    A stream or a file is left as soon as its headers are known.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as a ``GET``."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        # A range is for GET alone (14.2): the length is that of the whole.
        headers = [pair for pair in scope["headers"] if pair[0].lower() != b"range"]
        asked = {**scope, "method": "GET", "headers": headers}
        with CancelScope() as work:

            async def without_body(message: Message) -> None:
                if message["type"] != "http.response.body":
                    # What is found on the way, as the route, is for those outside too.
                    scope.update({**asked, "method": "HEAD"})
                    await send(message)
                    return
                await send({"type": "http.response.body"})
                if message.get("more_body", False):
                    work.cancel()
                    await checkpoint()

            await self.app(asked, receive, without_body)
