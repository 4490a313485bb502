"""API keys: made once, shown once, kept as a digest.

A key reads ``prefix.secret``. The prefix is public and finds the row; the secret is 256 bits of
the system's randomness. A plain SHA-256 of it is kept: slow hashes (Argon2, bcrypt) make guessing
a *password* dear, and nobody guesses 256 random bits, while a fast one costs each request nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any

from api.access.caller import Scope
from jobs.job import iso

SECRET_BYTES = 32
KEY = re.compile(r"(?P<prefix>nw[0-9a-f]{12})\.(?P<secret>[\w-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; times in seconds since 1970."""

    prefix: str
    owner: str
    scope: Scope
    label: str
    created_at: float
    expires_at: float | None = None
    last_used_at: float | None = None
    revoked_at: float | None = None

    def live(self, now: float) -> bool:
        """Tell whether the key opens anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def to_dict(self) -> dict[str, Any]:
        """As JSON, times as ISO 8601."""
        times = ("created_at", "expires_at", "last_used_at", "revoked_at")
        shown = {name: iso(getattr(self, name)) for name in times}
        plain = {"prefix": self.prefix, "owner": self.owner, "scope": str(self.scope)}
        return {**plain, "label": self.label, **shown}


def new_prefix() -> str:
    """Return a fresh public part of a key."""
    return f"nw{secrets.token_hex(6)}"


def new_secret() -> str:
    """Return 256 fresh random bits as text, for a key or a session."""
    return secrets.token_urlsafe(SECRET_BYTES)


def parts(credential: str) -> tuple[str, str] | None:
    """Split a key into prefix and secret; None when it is no key at all.

    >>> parts("nw0123456789ab." + "s" * 43)[0]
    'nw0123456789ab'
    >>> parts("nw0123456789ab.short") is None
    True
    """
    found = KEY.fullmatch(credential)
    return None if found is None else (found["prefix"], found["secret"])


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(secret: str, stored: str) -> bool:
    """Compare a secret with a stored digest in a time that tells nothing."""
    return hmac.compare_digest(digest(secret), stored)
