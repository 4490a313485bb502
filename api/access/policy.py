"""What a route asks of its caller, declared beside the route and enforced in one place.

A router or a route names its policy among its ``dependencies``::

    router = APIRouter(prefix="/claims", dependencies=[requires("viewer")])

    @router.post("", dependencies=[requires("editor")])
    def add_claim(caller: CallerDep) -> …

The strictest one counts. A route that declares none is the admin's alone, so that a forgotten
policy closes a route and never opens it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from starlette import types as asgi

from api.access.caller import Caller, Scope
from api.access.errors import nobody
from api.access.gate import Access, account_name, address_of
from atlas.errors import Forbidden

ScopeName = Literal["viewer", "editor", "reviewer", "admin"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What a route asks: a scope (None: nothing, it is public), and whether its work is heavy."""

    scope: Scope | None
    heavy: bool = False

    def allows(self, caller: Caller) -> bool:
        """Tell whether the caller holds what is asked."""
        return self.scope is None or caller.may(self.scope)

    async def __call__(self) -> None:
        """Do nothing: it only declares; :func:`authorised` looks at it."""


def requires(scope: ScopeName, *, heavy: bool = False) -> Any:  # noqa: ANN401 - as fastapi.Depends
    """Declare that a route is for callers who hold ``scope``.

    With ``heavy`` a caller may have a few of these requests at work at once (see the settings).
    """
    return Depends(Policy(Scope(scope), heavy))


UNDECLARED = Policy(Scope.ADMIN)

public: Any = Depends(Policy(None))
"""Declares that a route is for everybody who shows no wrong credential."""


def declared(route: APIRoute) -> Policy | None:
    """Return the policy of a route: the strictest that it or its router declares."""
    found = [d.dependency for d in route.dependencies if isinstance(d.dependency, Policy)]
    if not found:
        return None
    scopes = [policy.scope for policy in found if policy.scope is not None]
    strictest = max(scopes, key=list(Scope).index, default=None)
    return Policy(strictest, any(policy.heavy for policy in found))


def table(routers: Iterable[APIRouter]) -> dict[str, Policy]:
    """Return the policy of every route by its name; those that declare none are the admin's."""
    routes = (route for router in routers for route in router.routes)
    found = {route.name: declared(route) for route in routes if isinstance(route, APIRoute)}
    return {name: policy or UNDECLARED for name, policy in found.items()}


def caller_of(request: Request) -> Caller:
    """Return who sent a request, as the gate found out."""
    caller: Caller = request.state.caller
    return caller


async def authorised(request: Request) -> AsyncIterator[None]:
    """Let the request pass when its caller holds what the matched route asks for.

    Raises:
        Unauthorized: nobody is known. Forbidden: the caller is known and may not.
        TooMany: the caller has as many heavy requests at work as one may.
    """
    policy = declared(request.scope["route"]) or UNDECLARED
    caller = caller_of(request)
    if not policy.allows(caller):
        if caller.via == "anonymous":
            raise nobody()
        raise Forbidden("scope", found=str(caller.scope), expected=f"{policy.scope} or more")
    if not policy.heavy or caller.via == "local":
        yield
        return
    access: Access = request.app.state.context.access
    name = account_name(caller, address_of(request))
    with access.at_work.one_more(name, access.config.heavy_at_once):
        yield


@dataclass
class Unheard:
    """ASGI middleware: what somebody sends who may not call the route is not read.

    The framework reads and parses bodies before it comes to :func:`authorised`. With an empty one
    it gets there at once, and a refusal tells nothing about what was sent.
    """

    app: asgi.ASGIApp

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Pass the request on; its body only to those who may send it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = False

        async def heard() -> asgi.Message:
            nonlocal told
            route = scope.get("route")
            policy = UNDECLARED if not isinstance(route, APIRoute) else declared(route)
            if (policy or UNDECLARED).allows(caller_of(Request(scope))):
                return await receive()
            if not told:
                told = True
                return {"type": "http.request", "body": b"", "more_body": False}
            while (message := await receive())["type"] == "http.request":
                continue
            return message

        await self.app(scope, heard, send)


CallerDep = Annotated[Caller, Depends(caller_of)]
