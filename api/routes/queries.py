"""Stored queries: the built-in ones, and those that people save."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.access.caller import Scope
from api.access.policy import CallerDep, requires
from api.context import BesideDep, ConfigDep, LivingDep, StoreDep
from api.etag import TaggedRoute
from api.paging import Page, PageQuery, page_of
from api.schemas.queries import CypherResult, QueryRun, QueryToSave, StoredQuery
from graph import stored_queries

router = APIRouter(prefix="/queries", tags=["query"], route_class=TaggedRoute)


class QueryQuery(PageQuery):
    """Which stored queries."""

    q: str | None = Field(default=None, description="Part of id or description.", max_length=200)


@router.get("", response_model=Page[StoredQuery], dependencies=[requires("viewer")])
def list_queries(
    store: BesideDep, caller: CallerDep, query: Annotated[QueryQuery, Query()]
) -> dict[str, Any]:
    """List the built-in queries, one's own, and those that others share."""
    words = (query.q or "").lower()
    found = stored_queries.list_queries(store, by=caller.id)
    rows = [one.to_dict() for one in found if words in f"{one.id} {one.description}".lower()]
    return page_of(rows, query)


@router.get("/{id}", response_model=StoredQuery, dependencies=[requires("viewer")])
def get_query(store: BesideDep, caller: CallerDep, id: str) -> dict[str, Any]:
    """Show one, `id` in its latest version or `id@version`."""
    admin = caller.may(Scope.ADMIN)
    return stored_queries.get(store, id, by=caller.id, admin=admin).to_dict()


@router.post(
    "",
    response_model=StoredQuery,
    status_code=201,
    responses={200: {"model": StoredQuery, "description": "It was there already."}},
    dependencies=[requires("editor")],
)
def save_query(
    request: Request, response: Response, store: LivingDep, caller: CallerDep, body: QueryToSave
) -> dict[str, Any]:
    """Keep a statement under a name; a change makes the next version, the former ones stay."""
    saved, new = stored_queries.save(
        store,
        body.id,
        body.query,
        body.parameters,
        by=caller.id,
        description=body.description,
        shared=body.shared,
        admin=caller.may(Scope.ADMIN),
    )
    response.status_code = 201 if new else 200
    response.headers["Location"] = str(request.app.url_path_for("get_query", id=saved.id))
    return saved.to_dict()


@router.delete("/{id}", status_code=204, dependencies=[requires("editor")])
def delete_query(store: LivingDep, caller: CallerDep, id: str) -> None:
    """Take one of one's own queries away, with all its versions."""
    stored_queries.delete(store, id, by=caller.id, admin=caller.may(Scope.ADMIN))


@router.post(
    "/{id}/run",
    response_model=CypherResult,
    dependencies=[requires("viewer", heavy=True)],
)
def run_query(
    store: StoreDep,
    beside: BesideDep,
    config: ConfigDep,
    caller: CallerDep,
    id: str,
    body: QueryRun,
) -> dict[str, Any]:
    """Run one with values for its parameters, under the limits of `POST /cypher`."""
    query = stored_queries.get(beside, id, by=caller.id, admin=caller.may(Scope.ADMIN))
    limit = min(body.limit, config.cypher_max_rows)
    timeout = config.cypher_timeout_s
    found = stored_queries.execute(store, query, body.parameters, limit=limit, timeout_s=timeout)
    return found.to_dict()
