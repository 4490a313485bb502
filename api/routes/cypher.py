"""Free read-only queries."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access.policy import requires
from api.context import ConfigDep, StoreDep
from api.etag import TaggedRoute
from api.schemas.queries import CypherRequest, CypherResult
from graph.ask import ask

router = APIRouter(
    prefix="/cypher",
    tags=["query"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer", heavy=True)],
)


@router.post("", response_model=CypherResult)
def run_cypher(store: StoreDep, config: ConfigDep, body: CypherRequest) -> dict[str, Any]:
    """Run one reading statement under a time limit; anything that could write is refused."""
    limit = min(body.limit, config.cypher_max_rows)
    timeout = config.cypher_timeout_s
    return ask(store, body.query, body.parameters, limit=limit, timeout_s=timeout).to_dict()
