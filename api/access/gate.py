"""The gate before every route: who asks, from where, and how often."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problem
from api.access import origin
from api.access.accounts import Accounts
from api.access.caller import ANONYMOUS, LOCAL, NOBODY, Caller
from api.access.config import AccessConfig
from api.access.cookie import cookie_of, forget
from api.access.errors import TooMany, Unauthorized
from api.access.oidc import Verifier
from api.access.rates import AtWork, Rates, Standing, address_name
from atlas.errors import NeuroweaveError, Unavailable

MAX_CREDENTIAL = 16 * 1024

LOOK_S = 1.0
"""While there are no accounts: between two looks whether another process has made the first."""


@dataclass
class Access:
    """What the gate of one server knows and remembers."""

    config: AccessConfig
    accounts: Accounts
    rates: Rates = field(default_factory=Rates)
    at_work: AtWork = field(default_factory=AtWork)

    def __post_init__(self) -> None:
        self._looked_at = -LOOK_S
        self._verifier = None if self.config.oidc is None else Verifier(self.config.oidc)

    async def caller(self, request: Request) -> Caller:
        """Find out who asks.

        Raises:
            Unauthorized: a credential that is wrong; it is never taken for none.
            Forbidden: a page of another origin, or a name that is not ours.
            Unavailable: what the credential is checked against cannot be reached.
        """
        headers = request.headers
        if self.config.hosts:
            origin.own_name(headers, self.config)
        credential = credential_of(headers)
        if credential is not None:
            return await self._holder(credential)
        cookie = cookie_of(request.cookies, self.config)
        if cookie is not None:
            origin.own_page(request.method, headers, self.config, sure=True)
            return _known(await run_in_threadpool(self.accounts.by_session, cookie), "session")
        here = origin.from_here(address_of(request), headers)
        if self.config.local and here and not await self._closed():
            origin.own_name(headers, self.config)
            origin.own_page(request.method, headers, self.config, sure=False)
            return LOCAL
        return ANONYMOUS if self.config.anonymous else NOBODY

    def count(self, caller: Caller, address: str) -> Standing | None:
        """Take a request from the caller's minute; None for the local person, who is not counted.

        Raises:
            TooMany: nothing is left of it.
        """
        if caller.via == "local":
            return None
        per_minute = self.config.per_minute
        if caller.via == "anonymous":
            per_minute = self.config.anonymous_per_minute
        return self.rates.take(account_name(caller, address), per_minute=per_minute)

    def guess(self, address: str) -> None:
        """Count a wrong credential.

        Raises:
            TooMany: too many of them came from this address.
        """
        name, limit = f"guesses {address_name(address)}", self.config.anonymous_per_minute
        self.rates.take(name, per_minute=limit)

    async def valid(self, caller: Caller) -> bool:
        """Tell whether the caller would be let in again; a stream asks before it goes on."""
        return await run_in_threadpool(self.accounts.valid, caller)

    async def _holder(self, credential: str) -> Caller:
        if credential.count(".") == 2 and self._verifier is not None:
            return await run_in_threadpool(self._verifier.caller, credential)
        return _known(await run_in_threadpool(self.accounts.by_key, credential), "key")

    async def _closed(self) -> bool:
        """Tell whether there are accounts, so that being on this machine is not enough."""
        if self._verifier is not None or self.accounts.seen:
            return True
        if time.monotonic() - self._looked_at < LOOK_S:
            return False
        found = await run_in_threadpool(self.accounts.exist)
        self._looked_at = time.monotonic()
        return found


@dataclass
class Gate:
    """ASGI middleware: names the caller in ``request.state.caller`` or answers with the problem."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        context = getattr(request.app.state, "context", None)
        if context is None:  # not started: nobody can be known
            request.state.caller = NOBODY
            await self.app(scope, receive, send)
            return
        access: Access = context.access
        try:
            caller = await access.caller(request)
            standing = access.count(caller, address_of(request))
        except (NeuroweaveError, DBAPIError) as error:
            response = await _refusal(request, access, error)
            await response(scope, receive, send)
            return
        request.state.caller = caller
        await self.app(scope, receive, send if standing is None else _telling(standing, send))


def credential_of(headers: Headers) -> str | None:
    """Return the credential that a request shows in a header; None when it shows none.

    Raises:
        Unauthorized: more than one, or one of a kind that is not taken.
    """
    shown = [value.strip() for value in headers.getlist("x-api-key")]
    for value in headers.getlist("authorization"):
        scheme, _, rest = value.strip().partition(" ")
        shown.append(rest.strip() if scheme.lower() == "bearer" else "")
    if not shown:
        return None
    if len(shown) > 1 or not shown[0] or len(shown[0]) > MAX_CREDENTIAL:
        found = f"{len(shown)} credentials" if len(shown) > 1 else "one that cannot be read"
        raise Unauthorized("key", found=found, expected="one: Authorization: Bearer KEY")
    return shown[0]


def address_of(request: Request) -> str:
    """Return the address of the other side, as far as it has one."""
    return request.client.host if request.client else ""


def account_name(caller: Caller, address: str) -> str:
    """Name whom a request is counted for: the credential, else the address."""
    if caller.via == "anonymous":
        return address_name(address)
    return f"{caller.via} {caller.credential or caller.id}"


def _known(caller: Caller | None, kind: str) -> Caller:
    if caller is None:
        expected = f"a {kind} that is in use, neither over nor revoked"
        raise Unauthorized(kind, found="a wrong one", expected=expected)
    return caller


async def _refusal(request: Request, access: Access, error: Exception) -> Response:
    if isinstance(error, Unauthorized):
        try:  # guessing has a limit of its own, by address
            access.guess(address_of(request))
        except TooMany as many:
            error = many
    if not isinstance(error, NeuroweaveError):
        error = Unavailable("accounts", found=error)
    response = await problem.neuroweave_error(request, error)
    if cookie_of(request.cookies, access.config) is not None and error.status == 401:
        forget(response, access.config)  # or the browser could never get in again
    return response


def _telling(standing: Standing, send: Send) -> Send:
    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(standing.headers)
        await send(message)

    return telling
