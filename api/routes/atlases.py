"""Atlases."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.access.policy import CallerDep, requires
from api.atlas_files import SENT_ATLAS, SentAtlas, request_body
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import NoQuery, Page, PageQuery, Paging, page_of
from api.schemas.atlas_import import AtlasImport
from api.schemas.brain import Atlas, Overlap
from api.schemas.checks import Check
from composer.relate import overlaps_between
from graph import atlases, candidates
from ingest.atlases import bring_in

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
    200: {"model": AtlasImport, "description": "A dry run, or what is stored already."}
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
    store: StoreDep,
    caller: CallerDep,
    query: Annotated[ImportQuery, Query()],
    sent: SentAtlas = SENT_ATLAS,
) -> dict[str, Any]:
    """Bring in a label volume with its names, or a table of coordinates.

    It is judged first: errors that are not accepted refuse it (422). The same again changes
    nothing (200); a changed file is refused with the difference (409) unless `version` is true.
    """
    form = sent.form
    plan = bring_in.plan(
        store, sent.reading(), levels=form.levels, parent=form.child_of, accept=form.accept
    )
    written = (
        None if query.dry_run else bring_in.write(store, plan, by=caller.id, versions=form.version)
    )
    if written is None or all(item.action == "keep" for item in plan.items):
        response.status_code = 200
    if written is not None:
        finest = plan.items[-1].atlas.id
        response.headers["Location"] = str(request.app.url_path_for("get_atlas", id=finest))
    counts = written and {
        "created": written.created,
        "changed": written.changed,
        "unchanged": written.unchanged,
    }
    return {**plan.to_dict(), "dry_run": query.dry_run, "written": counts}


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
