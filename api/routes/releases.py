"""Releases: the graph as plain text, made by a job, downloaded as an archive."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from api.access.policy import CallerDep, requires
from api.attachment import File
from api.context import ConfigDep, LedgerDep, StoreDep
from api.etag import TaggedRoute
from api.paging import Page, Paging, page_of
from api.schemas.releases import Release, ReleaseRequest
from api.schemas.service import Job
from api.visible import job_data
from graph.content import snapshot
from graph.releases import selection
from graph.releases.archive import pack
from graph.releases.create import check_licences
from graph.releases.reading import verify
from graph.releases.shelf import Shelf
from jobs import release as release_job

router = APIRouter(
    prefix="/releases",
    tags=["releases"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer")],
)


@router.get("", response_model=Page[Release])
def list_releases(config: ConfigDep, page: Paging) -> dict[str, Any]:
    """List the releases, any of which the other routes answer from with `?release=`."""
    return page_of([asdict(one) for one in Shelf.at(config.home).list()], page)


@router.post(
    "",
    status_code=202,
    response_model=Job,
    dependencies=[requires("reviewer", heavy=True)],
)
def make_release(
    request: Request,
    response: Response,
    store: StoreDep,
    ledger: LedgerDep,
    caller: CallerDep,
    body: ReleaseRequest,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> dict[str, Any]:
    """Submit a job that makes a release of the graph; `Location` says where to watch it.

    Licences that do not go together are refused at once (409), with the list of what to leave out.
    """
    wanted = release_job.ReleaseRequest(
        body.id, tuple(body.without), body.policy, body.volumes, title=body.title
    )
    sources = snapshot(store)["source"]
    out = selection.left_out(sources, wanted.without)
    check_licences([row for row in sources if row["id"] not in out], wanted.policy)
    with ledger.submitting(caller.id, idempotency_key):
        job = ledger.submit(
            "release", wanted.to_dict(), by=caller.id, idempotency_key=idempotency_key
        )
    jobs = request.app.url_path_for("list_jobs")
    response.headers["Location"] = f"{jobs}/{quote(job.id, safe='')}"
    return job_data(job)


@router.get("/{id}", response_model=Release)
def get_release(config: ConfigDep, id: str) -> dict[str, Any]:
    """Show what a release holds, its licences and its digest."""
    return asdict(Shelf.at(config.home).get(id))


ARCHIVE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The archive.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/{id}/file", response_class=FileResponse, responses=ARCHIVE)
def get_release_file(config: ConfigDep, id: str) -> Response:
    """Download a release, checked just now, as one archive; the same bytes each time."""
    shelf = Shelf.at(config.home)
    release = verify(shelf.folder(shelf.get(id).id))
    with NamedTemporaryFile(prefix="neuroweave-", suffix=".zip", delete=False) as file:
        pack(release.folder, release.manifest, file)
    remove = BackgroundTask(Path(file.name).unlink, missing_ok=True)
    name = f"{release.manifest.id}.zip"
    return File(file.name, media_type="application/zip", filename=name, background=remove)
