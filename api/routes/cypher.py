"""Free read-only queries."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.access.policy import requires
from api.attachment import FILE, ExportQuery, attached
from api.config import ApiConfig
from api.context import ConfigDep, StoreDep
from api.etag import TaggedRoute
from api.schemas.queries import CypherRequest, CypherResult
from composer.query_export import export_query
from graph.ask import CypherResult as Found
from graph.ask import ask
from graph.store import Store

router = APIRouter(
    prefix="/cypher",
    tags=["query"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer", heavy=True)],
)


@router.post("", response_model=CypherResult)
def run_cypher(store: StoreDep, config: ConfigDep, body: CypherRequest) -> dict[str, Any]:
    """Run one reading statement under a time limit; anything that could write is refused."""
    return _asked(store, config, body).to_dict()


@router.post("/export", response_class=Response, responses=FILE)
def export_cypher(
    store: StoreDep,
    config: ConfigDep,
    query: Annotated[ExportQuery, Query()],
    body: CypherRequest,
) -> Response:
    """Ask as `POST /cypher` does and answer with a file.

    CSV holds the rows. GraphML, NIfTI and BIDS dseg hold the regions of the first column that has
    them, with the weights of a column `weight` if there is one.
    """
    found = _asked(store, config, body)
    return attached(export_query(store, found.fields, found.rows, query.format))


def _asked(store: Store, config: ApiConfig, body: CypherRequest) -> Found:
    limit = min(body.limit, config.cypher_max_rows)
    return ask(store, body.query, body.parameters, limit=limit, timeout_s=config.cypher_timeout_s)
