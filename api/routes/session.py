"""Who am I; and a session of the page in place of a key in every request."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from api.access.cookie import forget, remember
from api.access.errors import nobody
from api.access.policy import CallerDep, public
from api.context import ContextDep
from api.etag import TaggedRoute
from api.schemas.access import Session
from atlas.errors import Forbidden

router = APIRouter(
    prefix="/session", tags=["service"], route_class=TaggedRoute, dependencies=[public]
)


@router.get("", response_model=Session)
def get_session(caller: CallerDep) -> dict[str, Any]:
    """Say who the caller is and what they may do."""
    return {"id": caller.id, "scope": caller.scope, "via": caller.via}


@router.post("", status_code=201, response_model=Session)
async def open_session(
    context: ContextDep, caller: CallerDep, response: Response
) -> dict[str, Any]:
    """Open a session with the key that the request shows, and set its cookie.

    The cookie is out of reach of scripts, stays with this site, and ends with the key at the
    latest. Requests with it that change something are taken from pages of this server only.
    """
    if caller.via == "anonymous":
        raise nobody()
    if caller.via != "key":
        raise Forbidden("credential", found=f"via {caller.via}", expected="an API key")
    access = context.access
    seconds = access.config.session_s
    secret = await run_in_threadpool(access.accounts.open_session, caller.credential, seconds)
    remember(response, access.config, secret)
    return {"id": caller.id, "scope": caller.scope, "via": "session"}


@router.delete("", status_code=204)
async def close_session(context: ContextDep, caller: CallerDep, response: Response) -> None:
    """End the session of the cookie and let the browser forget it."""
    if caller.via == "session":
        await run_in_threadpool(context.access.accounts.close_session, caller.credential)
    forget(response, context.access.config)
