"""Atlases."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.access.policy import CallerDep, requires
from api.atlas_files import SENT_ATLAS, SentAtlas, request_body
from api.context import ContextDep, StoreDep
from api.etag import TaggedRoute
from api.paging import NoQuery, Page, PageQuery, Paging, page_of
from api.schemas.atlas_import import AtlasImport
from api.schemas.brain import Atlas, Overlap
from api.schemas.checks import Check
from api.schemas.service import Job
from api.visible import job_data
from composer.relate import overlaps_between
from graph import atlases, candidates
from jobs.ingest import run_ingest

router = APIRouter(
    prefix="/atlases", tags=["brain"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


@router.get("", response_model=Page[Atlas])
def list_atlases(store: StoreDep, page: Paging) -> dict[str, Any]:
    """List the atlases by id."""
    return page_of(atlases.list_atlases(store), page)


class ImportQuery(NoQuery):
    """Whether to write."""

    dry_run: bool = Field(default=False, description="Judge and compare only.")


UNCHANGED: dict[int | str, dict[str, Any]] = {
    200: {"model": AtlasImport, "description": "A dry run, or what is stored already."},
    202: {"model": Job, "description": "Asked for by `Prefer: respond-async`: the job."},
}


@router.post(
    "",
    response_model=AtlasImport,
    status_code=201,
    responses=UNCHANGED,
    openapi_extra=request_body(),
    dependencies=[requires("editor", heavy=True)],
)
def import_atlas(
    request: Request,
    response: Response,
    context: ContextDep,
    caller: CallerDep,
    query: Annotated[ImportQuery, Query()],
    sent: SentAtlas = SENT_ATLAS,
    prefer: Annotated[str, Header(max_length=200)] = "",
) -> Any:  # noqa: ANN401 - the import, or the response that names its job
    """Bring in a label volume with its names, or a table of coordinates.

    It is judged first: errors that are not accepted refuse it (422). The same again changes
    nothing (200); a changed file is refused with the difference (409) unless `version` is true.
    With `Prefer: respond-async` the files are kept and a job does the rest (202).
    """
    if "respond-async" in prefer and not query.dry_run:
        payload = sent.lasting(context.config.uploads).to_dict()
        job = context.ledger.submit("ingest", payload, by=caller.id)
        place = str(request.app.url_path_for("get_job", id=job.id))
        headers = {"Location": place, "Preference-Applied": "respond-async"}
        return JSONResponse(job_data(job), 202, headers)
    found = run_ingest(context.store, sent.request(), by=caller.id, dry_run=query.dry_run)
    if query.dry_run or all(item["action"] == "keep" for item in found["atlases"]):
        response.status_code = 200
    if not query.dry_run:
        finest = found["atlases"][-1]["id"]
        response.headers["Location"] = str(request.app.url_path_for("get_atlas", id=finest))
    return found


@router.get("/{id}", response_model=Atlas)
def get_atlas(store: StoreDep, id: str) -> dict[str, Any]:
    """Show one atlas with its source and the number of its regions."""
    return atlases.get(store, id)


@router.get("/{id}/check", response_model=Check)
def check_atlas(store: StoreDep, id: str) -> dict[str, Any]:
    """Judge an atlas: errors make answers wrong, warnings doubtful, notes are good to know."""
    return candidates.check_stored(store, id).to_dict()


class OverlapQuery(PageQuery):
    """With which atlas."""

    other: str = Field(alias="with", description="The other atlas.")
    region: str | None = Field(default=None, description="Of this region only.")


@router.get("/{id}/overlaps", response_model=Page[Overlap])
def list_atlas_overlaps(
    store: StoreDep, id: str, query: Annotated[OverlapQuery, Query()]
) -> dict[str, Any]:
    """List how its regions overlap those of another atlas: Dice, both containments, a word."""
    rows = overlaps_between(store, id, query.other, query.region)
    for row in rows:
        row["id"] = f"{row['a']} {row['b']}"
    return page_of(rows, query)
