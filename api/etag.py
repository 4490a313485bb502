"""Strong entity tags: the SHA-256 of the very bytes that are answered."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api import tables
from api.tables import Handler


def etag_of(body: bytes) -> str:
    """Return the quoted entity tag of a body.

    >>> etag_of(b"{}")
    '"44136fa355b3678a1146ad16f7e8649e"'
    """
    return f'"{sha256(body).hexdigest()[:32]}"'


def matches(header: str | None, etag: str) -> bool:
    """Tell whether an ``If-None-Match`` header names this tag (weak comparison, RFC 9110).

    >>> matches('"a", W/"b"', '"b"'), matches("*", '"b"'), matches(None, '"b"')
    (True, True, False)
    """
    if header is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag in tags


def not_modified(etag: str) -> Response:
    """Answer that the caller's copy is still right."""
    return Response(status_code=304, headers={"ETag": etag})


class TaggedRoute(APIRoute):
    """A route whose GET answers carry an ETag and which answers 304 to a matching one.

    One that answers with a table offers it in several formats (:mod:`api.tables`).
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        if tables.is_table(options.get("response_model")):
            options["responses"] = tables.documented(options.get("responses") or {})
            options["openapi_extra"] = {"parameters": [tables.EXPLAIN]}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """Wrap the handler of this route."""
        handler = super().get_route_handler()
        if tables.is_table(self.response_model):
            handler = tables.offered(handler, self.name)
        if self.methods != {"GET"}:
            return handler

        async def tagged(request: Request) -> Response:
            response = await handler(request)
            body = getattr(response, "body", None)
            if response.status_code != 200 or not isinstance(body, bytes):
                return response
            etag = response.headers.setdefault("ETag", etag_of(body))
            if matches(request.headers.get("if-none-match"), etag):
                return not_modified(etag)
            return response

        return tagged
