"""What every answer tells browsers: load nothing, guess nothing, show it nowhere else, keep it.

The values follow the OWASP list of secure headers.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Of data: a browser that shows it runs and loads nothing."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Of pages that set none of their own: what this server has, and no script inside the page."""

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
HSTS = "max-age=31536000"


@dataclass
class SecurityHeaders:
    """ASGI middleware around everything, so that failures of the server carry them too."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the headers of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        secure = scope.get("scheme") == "https"

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message), secure=secure)
            await send(message)

        await self.app(scope, receive, completed)


def _complete(headers: MutableHeaders, *, secure: bool) -> None:
    for name, value in ALWAYS.items():
        headers.setdefault(name, value)
    page = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("Content-Security-Policy", PAGE_POLICY if page else DATA_POLICY)
    # Only the caller's own browser may keep an answer, and asks whether it is still right.
    kept = "private, no-cache" if "etag" in headers else "no-store"
    headers.setdefault("Cache-Control", kept)
    if secure:
        headers.setdefault("Strict-Transport-Security", HSTS)
