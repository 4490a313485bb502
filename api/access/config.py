"""Settings of who may do what."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from atlas.errors import InvalidInput

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


@dataclass(frozen=True, slots=True)
class OidcConfig:
    """An identity provider whose tokens are taken.

    Attributes:
        issuer: the ``iss`` of its tokens, exactly; its discovery document lies below it.
        audience: the ``aud`` that means this service.
        jwks_url: where its public keys are; found by discovery when not said.
        scope_claim: the claim that names a scope: a word, words, or a list.
        user_claim: the claim that names the person.
    """

    issuer: str
    audience: str
    jwks_url: str | None = None
    scope_claim: str = "neuroweave_scope"
    user_claim: str = "sub"

    def __post_init__(self) -> None:
        for field, url in (("oidc.issuer", self.issuer), ("oidc.jwks_url", self.jwks_url)):
            if url is not None and not _secure(url):
                expected = "an https:// address (http:// on this machine only)"
                raise InvalidInput(field, found=url, expected=expected)
        if not self.audience:
            raise InvalidInput(
                "oidc.audience", found="nothing", expected="the name of this service"
            )


@dataclass(frozen=True, slots=True)
class AccessConfig:
    """Who may do what on one server.

    Attributes:
        local: the server listens on this machine's loopback address only; without accounts the
            person at it is then admin.
        anonymous: whether callers without a credential may read.
        hosts: names in ``Host`` that are ours, beside those of the loopback address.
        origins: web pages of other origins that may call (CORS), such as ``https://lab.example``.
        oidc: an identity provider, or none.
        per_minute: requests a minute of one key, token or session.
        anonymous_per_minute: requests a minute of one address without a credential.
        heavy_at_once: heavy requests of one caller at work at the same time.
        session_s: seconds a session of the page lasts.
        self_review: whether reviewers may accept what they state themselves; None: only where
            there are no accounts.
    """

    local: bool = True
    anonymous: bool = False
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    oidc: OidcConfig | None = None
    per_minute: int = 600
    anonymous_per_minute: int = 60
    heavy_at_once: int = 4
    session_s: float = 12 * 3600.0
    self_review: bool | None = None

    def __post_init__(self) -> None:
        for field in ("per_minute", "anonymous_per_minute", "heavy_at_once"):
            if getattr(self, field) < 1:
                raise InvalidInput(field, found=getattr(self, field), expected="at least 1")
        for origin in self.origins:
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                expected = "scheme://host[:port] of one page; * is not taken"
                raise InvalidInput("origins", found=origin, expected=expected)


def _secure(url: str) -> bool:
    parts = urlsplit(url)
    plain = parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
    return bool(parts.hostname) and (plain or parts.scheme == "https")
