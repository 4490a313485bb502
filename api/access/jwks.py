"""The public keys of an identity provider: fetched, kept a while, fetched again when they turn."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from api.access.config import OidcConfig
from atlas.errors import Unavailable

if TYPE_CHECKING:
    import ssl

    import httpx2
    import jwt

FRESH_S = 600.0
"""Keys this old are fetched anew."""
STALE_S = 3600.0
"""Keys this old are used while the provider does not answer, and no longer."""
PAUSE_S = 10.0
"""Between two attempts: tokens with invented key ids must not make us hammer the provider."""
TIMEOUT_S = 3.0
MAX_BYTES = 1024 * 1024

log = logging.getLogger("neuroweave.access")


class KeySet:
    """The keys by their id. One thread fetches; the others use what is there meanwhile."""

    def __init__(self, config: OidcConfig, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._clock = clock
        self._lock = Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._failing = False

    def get(self, kid: str) -> jwt.PyJWK | None:
        """Return a key; None when the provider does not have it.

        Raises:
            Unavailable: the keys cannot be fetched, and none young enough are at hand.
        """
        known = self._keys.get(kid)
        if known is not None and self._younger(FRESH_S):
            return known
        usable = known is not None and self._younger(STALE_S)
        self._refresh(wait=not usable)
        known = self._keys.get(kid) if self._younger(STALE_S) else None
        if known is None and self._failing:
            raise Unavailable(
                "identity provider", found="no answer", expected="its public keys (JWKS)"
            )
        return known

    def _younger(self, seconds: float) -> bool:
        return self._fetched_at is not None and self._clock() - self._fetched_at < seconds

    def _refresh(self, *, wait: bool) -> None:
        if not self._lock.acquire(blocking=wait):
            return
        try:
            now = self._clock()
            if self._tried_at is not None and now - self._tried_at < PAUSE_S:
                return
            self._tried_at, self._failing = now, True
            self._keys = _fetched(self._config)
            self._fetched_at, self._failing = self._clock(), False
        except Unavailable as error:
            log.warning("keys of %s: %s", self._config.issuer, error)
        finally:
            self._lock.release()


def _fetched(config: OidcConfig) -> dict[str, jwt.PyJWK]:
    import httpx2
    import jwt

    with httpx2.Client(verify=_trusted(), timeout=TIMEOUT_S) as http:
        document = _json(http, config.jwks_url or _discovered(http, config))
    try:
        keys = jwt.PyJWKSet.from_dict(document).keys
    except (jwt.PyJWTError, TypeError, ValueError, AttributeError) as error:
        raise _unusable(f"no usable keys: {error}") from error
    return {key.key_id: key for key in keys if key.key_id}


@cache
def _trusted() -> ssl.SSLContext:
    """The roots of trust, read once: that takes longer than to ask for the keys."""
    import httpx2

    return httpx2.create_ssl_context()


def _discovered(http: httpx2.Client, config: OidcConfig) -> str:
    document = _json(http, f"{config.issuer.rstrip('/')}/.well-known/openid-configuration")
    url = document.get("jwks_uri")
    # A document that names another issuer must not bring its keys in (OIDC Discovery 4.3).
    if document.get("issuer") != config.issuer or not isinstance(url, str):
        raise _unusable("a discovery document of another issuer, or without jwks_uri")
    return OidcConfig(config.issuer, config.audience, url).jwks_url or url


def _json(http: httpx2.Client, url: str) -> dict[str, Any]:
    import httpx2

    try:
        with http.stream("GET", url) as answer:
            answer.raise_for_status()
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise _unusable(f"more than {MAX_BYTES:,} bytes")
        found = json.loads(body)
    except (httpx2.HTTPError, ValueError, RecursionError) as error:
        raise _unusable(str(error) or type(error).__name__) from error
    if not isinstance(found, dict):
        raise _unusable("no JSON object")
    return found


def _unusable(found: str) -> Unavailable:
    return Unavailable("identity provider", found=found, expected="its public keys (JWKS)")
