"""Strong entity tags: the SHA-256 of the very bytes that are answered."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api import tables
from api.conditions import conditional
from api.tables import Handler


def etag_of(body: bytes) -> str:
    """Return the quoted entity tag of a body.

    >>> etag_of(b"{}")
    '"44136fa355b3678a1146ad16f7e8649e"'
    """
    return f'"{sha256(body).hexdigest()[:32]}"'


class TaggedRoute(APIRoute):
    """A route whose GET answers carry an ETag and are conditional (:mod:`api.conditions`).

    Bytes are tagged here; a file may have a tag of its own. One that answers with a table offers
    it in several formats (:mod:`api.tables`).
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
            if response.status_code != 200:
                return response
            if isinstance(body := getattr(response, "body", None), bytes):
                response.headers.setdefault("ETag", etag_of(body))
            return conditional(request, response) if "etag" in response.headers else response

        return tagged
