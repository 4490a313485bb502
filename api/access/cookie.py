"""The cookie of a session: out of reach of scripts, never sent for another site."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from api.access.config import AccessConfig

PLAIN, HOST_ONLY = "neuroweave", "__Host-neuroweave"


def name(config: AccessConfig) -> str:
    """Return the cookie's name; its prefix makes browsers insist on ``Secure`` and no domain.

    A server on the loopback address speaks plain HTTP, where no cookie can be secure.
    """
    return PLAIN if config.local else HOST_ONLY


def cookie_of(cookies: Mapping[str, str], config: AccessConfig) -> str | None:
    """Return the session's cookie among those of a request."""
    return cookies.get(name(config))


def remember(response: Response, config: AccessConfig, secret: str) -> None:
    """Hand a browser the cookie of a session."""
    response.set_cookie(
        name(config),
        secret,
        max_age=int(config.session_s),
        secure=not config.local,
        httponly=True,
        samesite="strict",
    )


def forget(response: Response, config: AccessConfig) -> None:
    """Let a browser drop the cookie."""
    response.delete_cookie(name(config), secure=not config.local, httponly=True, samesite="strict")
