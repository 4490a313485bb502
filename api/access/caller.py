"""Who asks: an id, what they may do, and how they showed who they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Via = Literal["local", "anonymous", "key", "session", "oidc"]


class Scope(StrEnum):
    """What somebody may do; each scope holds those before it.

    >>> Scope.REVIEWER.holds(Scope.EDITOR), Scope.VIEWER.holds(Scope.EDITOR)
    (True, False)
    """

    VIEWER = "viewer"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    ADMIN = "admin"

    def holds(self, other: Scope) -> bool:
        """Tell whether this scope is at least the other one."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request.

    Attributes:
        id: user id, written as ``by`` into everything that the request changes.
        scope: what the caller may do; None for nothing but public routes.
        via: how it is known: this machine's own user (no account exists yet), nobody in
            particular, an API key, a session of the page, or a token of an identity provider.
        credential: prefix of the key, digest of the session; empty for the others.
        expires_at: when a token ends, seconds since 1970; None where the account says.
    """

    id: str
    scope: Scope | None
    via: Via
    credential: str = ""
    expires_at: float | None = None

    def may(self, scope: Scope) -> bool:
        """Tell whether the caller may do what needs this scope."""
        return self.scope is not None and self.scope.holds(scope)


LOCAL = Caller("local", Scope.ADMIN, "local")
"""The person at a server that listens on this machine only and has no accounts."""

ANONYMOUS = Caller("anonymous", Scope.VIEWER, "anonymous")
"""Whoever shows no credential, where the settings let them read."""

NOBODY = Caller("anonymous", None, "anonymous")
"""Whoever shows no credential, where it takes one to read."""
