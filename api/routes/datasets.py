"""What networks are trained on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.access.policy import CallerDep, requires
from api.context import ConfigDep, LedgerDep, LivingDep, StoreDep
from api.editing import tagged
from api.etag import TaggedRoute
from api.paging import Page, Paging, page_of
from api.schemas.library import Dataset, RemovedDataset
from api.vocabulary import PlanQuery, add_routes
from graph import datasets
from jobs.own_data import remove_own

router = APIRouter(
    prefix="/datasets", tags=["library"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


@router.get("", response_model=Page[Dataset])
def list_datasets(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the data sets that something in the library was trained on."""
    return page_of(datasets.list_datasets(store), page)


@router.get("/{id:record}", response_model=Dataset)
def get_dataset(store: StoreDep, response: Response, id: str) -> dict[str, Any]:
    """Show one data set; one that others have replaced says by which."""
    return tagged(response, datasets.get(store, id))


@router.delete("/{id:record}", response_model=RemovedDataset, dependencies=[requires("admin")])
def remove_dataset(
    store: LivingDep,
    config: ConfigDep,
    ledger: LedgerDep,
    caller: CallerDep,
    plan: Annotated[PlanQuery, Query()],
    id: str,
) -> dict[str, Any]:
    """Delete an imported data set: its record, which answers 410 afterwards, files and features.

    409 names weights, compositions, scenarios and jobs that refer to it, as for a data set whose
    files were not imported on this server.
    """
    return remove_own(store, config.home, ledger, id, by=caller.id, dry_run=plan.dry_run)


add_routes(router, "dataset")
