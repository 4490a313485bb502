"""A bound on request bodies, held while they stream in."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem import problem


class TooLarge(HTTPException):
    """What was sent is over its limit; handled like any other HTTP error."""

    def __init__(self, limit: int, what: str = "body") -> None:
        detail = f"The {what} is larger than the limit of {limit:,} bytes."
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, {"Connection": "close"})


@dataclass
class BodyLimit:
    """ASGI middleware: ``multipart_bytes`` for multipart bodies, ``body_bytes`` for others.

    A declared length over the limit is refused before a byte is read; a body of unknown length
    is counted chunk by chunk.
    """

    app: ASGIApp
    body_bytes: int
    multipart_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a counted body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "transfer-encoding" in headers and "content-length" in headers:
            await _ambiguous(Request(scope))(scope, receive, send)
            return
        if (packed := headers.get("content-encoding", "identity").lower()) != "identity":
            await _packed(Request(scope), packed)(scope, receive, send)
            return
        multipart = headers.get("content-type", "").lower().startswith("multipart/")
        limit = self.multipart_bytes if multipart else self.body_bytes
        if _declared(headers.get("content-length", "")) > limit:
            error = TooLarge(limit)
            response = problem(
                Request(scope),
                error.status_code,
                "content-too-large",
                error.detail,
                headers=error.headers,
            )
            await response(scope, receive, send)
            return
        await self.app(scope, _counted(receive, limit), send)


def _ambiguous(request: Request) -> Response:
    """Refuse a body of two lengths: who stands between may read another one (RFC 9112, 6.3)."""
    detail = "A body has either a Content-Length or a Transfer-Encoding."
    return problem(
        request, HTTPStatus.BAD_REQUEST, "bad-request", detail, headers={"Connection": "close"}
    )


def _packed(request: Request, encoding: str) -> Response:
    """Refuse a body that would have to be unpacked (RFC 9110, 15.5.16)."""
    detail = f"Content-Encoding: found {encoding[:50]}, expected a body as it is."
    headers = {"Accept-Encoding": "identity", "Connection": "close"}
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    return problem(request, status, "unsupported-media-type", detail, headers=headers)


def _declared(length: str) -> int:
    """Return a declared length; 0 for none, and for what is no number: the bytes are counted.

    >>> _declared("12"), _declared(""), _declared("²"), _declared("9" * 5000) > 10**18
    (12, 0, 0, True)
    """
    digits = length if length.isascii() and length.isdigit() else "0"
    return int(digits[:20])


def _counted(receive: Receive, limit: int) -> Receive:
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise TooLarge(limit)
        return message

    return counted
