"""Bearer tokens of an identity provider (OpenID Connect): signed, for us, and not over.

The rules are those of RFC 8725: only the asymmetric algorithms named here, the algorithm taken
from the provider's key and never from the token, issuer and audience compared exactly.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from api.access.accounts import usable
from api.access.caller import Caller, Scope
from api.access.config import OidcConfig
from api.access.errors import Unauthorized
from api.access.jwks import KeySet
from atlas.errors import Forbidden

if TYPE_CHECKING:
    import jwt

ALGORITHMS = ("RS256", "ES256", "EdDSA")
LEEWAY_S = 30.0
REQUIRED = ("exp", "iat", "iss", "aud")


class Verifier:
    """Checks the tokens of one provider; safe to use from several threads.

    Args:
        config: whose tokens are taken and what their claims mean.
        clock: seconds that never go back, for the age of the cached keys.
    """

    def __init__(self, config: OidcConfig, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._keys = KeySet(config, clock=clock)

    def caller(self, token: str) -> Caller:
        """Return whom a token names.

        Raises:
            Unauthorized: not signed by the provider, not for us, over, or not begun.
            Forbidden: a good token without a scope of this service.
            Unavailable: the provider's keys cannot be had.
        """
        import jwt  # brings cryptography; only needed where tokens come in

        try:
            header = jwt.get_unverified_header(token)
            key = self._key(header)
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._config.audience,
                issuer=self._config.issuer,
                leeway=LEEWAY_S,
                options={"require": list(REQUIRED), "strict_aud": False},
            )
        except jwt.PyJWTError as error:
            raise _refused(str(error)) from error
        return self._named(claims)

    def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        if header.get("alg") not in ALGORITHMS:
            raise _refused(f"algorithm {header.get('alg')!r}")
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise _refused("no key id (kid)")
        key = self._keys.get(kid)
        if key is None:
            raise _refused("a key id that the provider does not know")
        if key.algorithm_name != header["alg"]:
            raise _refused(f"algorithm {header['alg']}, which is not that of its key")
        return key

    def _named(self, claims: Mapping[str, Any]) -> Caller:
        user = claims.get(self._config.user_claim)
        if not isinstance(user, str) or not usable(user):
            raise _refused(f"no usable claim {self._config.user_claim}")
        scope = _highest(claims.get(self._config.scope_claim))
        if scope is None:
            raise Forbidden(
                "scope",
                found=f"no scope of this service in the claim {self._config.scope_claim}",
                expected=f"one of {', '.join(Scope)}",
            )
        return Caller(user, scope, "oidc", expires_at=float(claims["exp"]) + LEEWAY_S)


def _highest(claim: object) -> Scope | None:
    """Return the highest scope that a claim names, as a word, as words, or in a list.

    >>> _highest("openid editor viewer"), _highest(["reviewer"]), _highest({"admin": 1})
    (<Scope.EDITOR: 'editor'>, <Scope.REVIEWER: 'reviewer'>, None)
    """
    words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return max((s for s in Scope if s in words), key=list(Scope).index, default=None)


def _refused(found: str) -> Unauthorized:
    return Unauthorized("token", found=found, expected="a valid token of the identity provider")
