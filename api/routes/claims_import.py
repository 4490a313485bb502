"""Published evidence, networks and tables of one's own brought in as claims."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.access.policy import CallerDep, requires
from api.config import ApiConfig
from api.context import ConfigDep, StoreDep
from api.paging import NoQuery
from api.schemas.evidence_import import BrainnetomeClaims, ClaimsImport, ClaimsSource, NetworkClaims
from api.server_data import folder
from composer.relate import shares_between
from graph.store import Store
from ingest import claims_import
from ingest.claims_import import Imported

router = APIRouter(prefix="/claims", tags=["brain"])


class ImportQuery(NoQuery):
    """Whether to write."""

    dry_run: bool = Field(default=False, description="Check all, write nothing.")


@router.post("/import", response_model=ClaimsImport, dependencies=[requires("editor", heavy=True)])
def import_claims(
    store: StoreDep,
    config: ConfigDep,
    caller: CallerDep,
    query: Annotated[ImportQuery, Query()],
    body: ClaimsSource,
) -> dict[str, Any]:
    """Bring in evidence: all of it, or nothing if something is wrong with it.

    Functional networks of an atlas, the published Brainnetome table, or a table of one's own. The
    same again changes nothing.
    """
    found = _imported(store, config, body, by=caller.id, dry_run=query.dry_run)
    return {"dry_run": query.dry_run, "sources": [asdict(one) for one in found]}


def _imported(
    store: Store, config: ApiConfig, body: ClaimsSource, *, by: str, dry_run: bool
) -> list[Imported]:
    if isinstance(body, NetworkClaims) and body.networks is not None:
        shares = shares_between(store, body.atlas, body.networks)
        return claims_import.from_overlap(
            store, body.atlas, body.networks, shares, by=by, dry_run=dry_run
        )
    if isinstance(body, NetworkClaims):
        return claims_import.from_networks(store, body.atlas, by=by, dry_run=dry_run)
    if isinstance(body, BrainnetomeClaims):
        data, inferences = folder(config, body.data), claims_import.INFERENCES[body.inference]
        return claims_import.from_brainnetome(
            store, data, body.atlas, inferences, by=by, dry_run=dry_run
        )
    with TemporaryDirectory(prefix="neuroweave-") as place:
        path = Path(place) / "table"
        path.write_text(body.table, "utf-8")
        return claims_import.from_table(store, path, body.source, by=by, dry_run=dry_run)
