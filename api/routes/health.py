"""Is the server up, and what is in it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from api.access.policy import public, requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.schemas.service import Health, Stats
from graph import revisions, stats

router = APIRouter(tags=["service"], route_class=TaggedRoute)


@router.get("/health", response_model=Health, dependencies=[public])
def get_health(request: Request, store: StoreDep) -> dict[str, Any]:
    """Say that the server is up and its database answers (503 when it does not)."""
    latest, _ = revisions.list_revisions(store, limit=1)
    return {
        "status": "ok",
        "server": store.server,
        "version": request.app.version,
        "revision": latest[0]["seq"] if latest else 0,
    }


@router.get("/stats", response_model=Stats, dependencies=[requires("viewer")])
def get_stats(store: StoreDep) -> dict[str, Any]:
    """Count nodes by label and relationships by type."""
    return stats.counts(store)
