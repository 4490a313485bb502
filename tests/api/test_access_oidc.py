"""Tokens of an identity provider that runs here: real keys, a real server for their public half."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.access import jwks
from api.access.caller import Scope
from api.access.config import OidcConfig
from api.access.errors import Unauthorized
from api.access.oidc import Verifier
from atlas.errors import Forbidden, InvalidInput, Unavailable
from tests.api.doors import Door, bearer, door

AUDIENCE = "neuroweave"
KINDS = {
    "RS256": (lambda: rsa.generate_private_key(65537, 2048), jwt.algorithms.RSAAlgorithm),
    "ES256": (lambda: ec.generate_private_key(ec.SECP256R1()), jwt.algorithms.ECAlgorithm),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate, jwt.algorithms.OKPAlgorithm),
}


class Provider:
    """An identity provider: signs tokens, and shows its public keys over HTTP."""

    def __init__(self) -> None:
        self.private: dict[str, Any] = {}
        self.public: list[dict[str, Any]] = []
        self.asked: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                content = json.dumps(provider.document(self.path)).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.issuer = self.url
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def document(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": f"{self.url}/keys"}
        return {"keys": self.public}

    def stop(self) -> None:
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join()
            self.server.server_close()

    def add(self, kid: str, algorithm: str = "ES256") -> None:
        make, kind = KINDS[algorithm]
        self.private[kid] = (make(), algorithm)
        found = json.loads(kind.to_jwk(self.private[kid][0].public_key()))
        self.public.append({**found, "kid": kid, "alg": algorithm, "use": "sig"})

    def token(self, kid: str = "one", **changes: Any) -> str:  # noqa: ANN401 - any claim
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "ada", "neuroweave_scope": "editor"}
        claims |= {"iat": now, "nbf": now, "exp": now + 300, **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        key, algorithm = self.private[kid]
        return jwt.encode(claims, key, algorithm, headers={"kid": kid})


class Clock:
    """Seconds that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    found = Provider()
    found.add("one")
    yield found
    found.stop()


@pytest.fixture
def own() -> Iterator[Provider]:
    found = Provider()
    found.add("one")
    yield found
    found.stop()


def verifier(provider: Provider, clock: Clock | None = None, **options: str) -> Verifier:
    config = OidcConfig(provider.url, AUDIENCE, **options)
    return Verifier(config, clock=clock or time.monotonic)


@pytest.mark.parametrize("algorithm", list(KINDS))
def test_the_algorithms_that_are_taken(own: Provider, algorithm: str) -> None:
    own.add("other", algorithm)
    caller = verifier(own).caller(own.token("other"))
    assert (caller.id, caller.scope, caller.via) == ("ada", Scope.EDITOR, "oidc")


def test_keys_are_fetched_once(own: Provider) -> None:
    found = verifier(own)
    for _ in range(5):
        found.caller(own.token())
    assert own.asked == ["/.well-known/openid-configuration", "/keys"]


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"iat": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another service"},
        {"aud": None},
        {"aud": []},
        {"sub": None},
        {"sub": ""},
        {"sub": "local"},
        {"sub": "ada\n"},
        {"sub": "x" * 201},
    ],
)
def test_claims_that_are_refused(provider: Provider, changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized):
        verifier(provider).caller(provider.token(**changes))


def test_a_little_difference_of_clocks(provider: Provider) -> None:
    now = time.time()
    found = verifier(provider)
    assert found.caller(provider.token(exp=int(now) - 10)).id == "ada"
    assert found.caller(provider.token(nbf=int(now) + 10, iat=int(now) + 10)).id == "ada"
    with pytest.raises(Unauthorized):
        found.caller(provider.token(exp=int(now) - 40))


@pytest.mark.parametrize(
    ("claim", "scope"),
    [
        ("admin", Scope.ADMIN),
        ("openid viewer reviewer", Scope.REVIEWER),
        (["viewer", "editor"], Scope.EDITOR),
    ],
)
def test_the_scope_comes_from_a_claim(provider: Provider, claim: object, scope: Scope) -> None:
    found = verifier(provider, scope_claim="roles", user_claim="email")
    caller = found.caller(provider.token(roles=claim, email="ada@lab.example"))
    assert (caller.id, caller.scope) == ("ada@lab.example", scope)


@pytest.mark.parametrize("claim", [None, "", "superadmin", ["ADMIN"], {"admin": True}, 4])
def test_a_token_without_a_scope_of_ours(provider: Provider, claim: object) -> None:
    with pytest.raises(Forbidden, match="neuroweave_scope"):
        verifier(provider).caller(provider.token(neuroweave_scope=claim))


def encoded(data: object) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_unsigned_tokens(provider: Provider) -> None:
    _, claims, signature = provider.token().split(".")
    for algorithm in ("none", "None", "NONE", "", None):
        for end in ("", signature):
            header = encoded({"alg": algorithm, "kid": "one", "typ": "JWT"})
            with pytest.raises(Unauthorized):
                verifier(provider).caller(f"{header}.{claims}.{end}")


def test_a_public_key_is_no_shared_secret(own: Provider) -> None:
    """HS256 with the public key as the secret: every form in which a library may keep it."""
    own.add("rsa", "RS256")
    public = own.private["rsa"][0].public_key()
    secrets = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(own.public[-1]).encode(),
    ]
    claims = own.token("rsa").split(".")[1]
    for secret in secrets:
        head = f"{encoded({'alg': 'HS256', 'kid': 'rsa'})}.{claims}"
        signature = hmac.digest(secret, head.encode(), hashlib.sha256)
        with pytest.raises(Unauthorized, match="HS256"):
            verifier(own).caller(f"{head}.{encoded(signature)}")


def test_shared_secrets_of_the_provider_are_not_taken(own: Provider) -> None:
    secret = b"s" * 32
    own.public.append({"kty": "oct", "k": encoded(secret), "kid": "shared", "alg": "HS256"})
    forged = jwt.encode({"sub": "ada"}, secret, "HS256", headers={"kid": "shared"})
    with pytest.raises(Unauthorized, match="HS256"):
        verifier(own).caller(forged)


def test_another_algorithm_than_the_keys(own: Provider) -> None:
    own.add("rsa", "RS256")
    own.private["one"] = own.private["rsa"]
    with pytest.raises(Unauthorized, match="RS256"):
        verifier(own).caller(own.token("one"))


def test_another_signature(own: Provider) -> None:
    stranger, _ = KINDS["ES256"][0](), None
    good = own.token()
    own.private["one"] = (stranger, "ES256")
    found = verifier(own)
    with pytest.raises(Unauthorized):
        found.caller(own.token())
    head, claims, signature = good.split(".")
    more = json.loads(base64.urlsafe_b64decode(claims + "=="))
    for forged in (
        f"{head}.{encoded({**more, 'neuroweave_scope': 'admin'})}.{signature}",
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature[:-4]}",
        f"{head}..{signature}",
        "..",
        "a.b.c",
        f"{encoded(b'[]')}.{claims}.{signature}",
        f"{encoded(b'{' * 100_000)}.{claims}.{signature}",
    ):
        with pytest.raises(Unauthorized):
            found.caller(forged)


def test_keys_that_the_token_brings_itself(own: Provider) -> None:
    """``jwk``, ``jku`` and ``x5u`` in a header are an attacker's words."""
    stranger = Provider()
    try:
        stranger.add("one")
        claims = jwt.decode(own.token(), options={"verify_signature": False})
        key, algorithm = stranger.private["one"]
        headers = {"kid": "one", "jwk": stranger.public[0], "jku": f"{stranger.url}/keys"}
        with pytest.raises(Unauthorized):
            verifier(own).caller(jwt.encode(claims, key, algorithm, headers=headers))
        assert not stranger.asked
    finally:
        stranger.stop()


def test_keys_turn(own: Provider) -> None:
    clock = Clock()
    found = verifier(own, clock)
    assert found.caller(own.token()).id == "ada"
    own.add("two")
    clock.now += jwks.PAUSE_S
    assert found.caller(own.token("two")).id == "ada"
    del own.public[0]
    clock.now += jwks.FRESH_S
    with pytest.raises(Unauthorized, match="does not know"):
        found.caller(own.token("one"))


def test_invented_key_ids_do_not_hammer_the_provider(own: Provider) -> None:
    clock = Clock()
    found = verifier(own, clock)
    found.caller(own.token())
    own.private |= {f"invented-{n}": own.private["one"] for n in range(20)}
    before = len(own.asked)
    for n in range(20):
        with pytest.raises(Unauthorized):
            found.caller(own.token(f"invented-{n}"))
    assert len(own.asked) == before
    clock.now += jwks.PAUSE_S
    with pytest.raises(Unauthorized):
        found.caller(own.token("invented-0"))
    assert len(own.asked) == before + 2


def test_a_provider_that_is_down(own: Provider) -> None:
    clock = Clock()
    found = verifier(own, clock)
    token = own.token()
    found.caller(token)
    own.private["two"] = own.private["one"]
    own.stop()
    clock.now += jwks.FRESH_S
    assert found.caller(token).id == "ada", "keys that are known are used for a while"
    with pytest.raises(Unavailable, match="identity provider"):
        found.caller(own.token("two"))
    clock.now += jwks.STALE_S
    with pytest.raises(Unavailable, match="identity provider"):
        found.caller(token)


def test_discovery_of_another_issuer(own: Provider) -> None:
    own.issuer = "https://evil.example"
    with pytest.raises(Unavailable):
        verifier(own).caller(own.token())
    assert own.asked == ["/.well-known/openid-configuration"]


def test_a_key_set_without_end(own: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "MAX_BYTES", 100)
    with pytest.raises(Unavailable):
        verifier(own, jwks_url=f"{own.url}/keys").caller(own.token())


@pytest.mark.parametrize("url", ["http://idp.example", "file:///etc/passwd", "idp.example", ""])
def test_addresses_that_are_not_safe(url: str) -> None:
    with pytest.raises(InvalidInput, match="https"):
        OidcConfig(url, AUDIENCE)
    with pytest.raises(InvalidInput, match="https"):
        OidcConfig("https://idp.example", AUDIENCE, url)


@pytest.fixture
def closed(own: Provider, tmp_path: Path) -> Iterator[Door]:
    with door(tmp_path, oidc=OidcConfig(own.url, AUDIENCE), anonymous=True) as found:
        yield found


def test_at_the_gate(own: Provider, closed: Door) -> None:
    assert closed.who(**bearer(own.token())) == (
        200,
        {"id": "ada", "scope": "editor", "via": "oidc"},
    )
    key = closed.key(Scope.ADMIN, "root")
    assert closed.who(**bearer(key))[1]["id"] == "root", "keys go on beside tokens"
    assert closed.who(**bearer(own.token(exp=1)))[0] == 401
    assert closed.who(**bearer(own.token(neuroweave_scope="none")))[0] == 403
    assert closed.who()[1]["via"] == "anonymous", "with a provider nobody is local"


def test_at_the_gate_while_the_provider_is_down(own: Provider, closed: Door) -> None:
    own.stop()
    answer = closed.client.get("/api/v1/health", headers=bearer(own.token()))
    assert answer.status_code == 503
    assert "identity provider" in answer.json()["detail"]
    assert answer.headers["retry-after"]
    assert own.url not in answer.text
