"""What a caller is told who is not known or asks too often."""

from __future__ import annotations

from math import ceil

from atlas.errors import NeuroweaveError

SCHEME = 'Bearer realm="neuroweave"'


class Unauthorized(NeuroweaveError):  # noqa: N818 - read as sentences
    """No credential where one is needed, or one that is wrong; never taken for anonymous.

    ``wrong`` tells the two apart (RFC 6750); the answer then also forgets a wrong cookie.
    """

    status = 401
    code = "unauthorized"

    def __init__(self, field: str, *, found: str, expected: str, hint: str = "") -> None:
        super().__init__(field, found=found, expected=expected, hint=hint)
        wrong = ', error="invalid_token"' if field != "credential" else ""
        self.headers = {"WWW-Authenticate": SCHEME + wrong}


class TooMany(NeuroweaveError):  # noqa: N818 - read as sentences
    """More requests than the caller is allowed; ``Retry-After`` says when to come back."""

    status = 429
    code = "too-many-requests"

    def __init__(self, field: str, *, found: str, expected: str, wait_s: float) -> None:
        super().__init__(field, found=found, expected=expected)
        self.headers = {"Retry-After": str(max(1, ceil(wait_s)))}


def nobody() -> Unauthorized:
    """Return the error of a caller who shows no credential."""
    return Unauthorized(
        "credential",
        found="none",
        expected="Authorization: Bearer KEY, or X-API-Key: KEY",
        hint="an admin makes keys with: neuroweave keys create",
    )
