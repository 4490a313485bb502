"""The model library: trained weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse

from api.access.policy import CallerDep, requires
from api.context import ConfigDep, LivingDep, StoreDep
from api.editing import IfMatch, tagged
from api.etag import TaggedRoute
from api.forms import fields
from api.paging import Page, page_of
from api.schemas.library import Checkpoint, CheckpointQuery
from api.schemas.models import CheckpointFields, SentCheckpoint, Statistics, Withdrawn
from api.weights import SAFETENSORS, weights_file
from composer.checkpoints import CheckpointStore
from graph import changes, checkpoint_edits, checkpoints, library, models
from graph.checkpoints import CheckpointRecord
from graph.library import Search

router = APIRouter(
    prefix="/checkpoints",
    tags=["library"],
    route_class=TaggedRoute,
    dependencies=[requires("viewer")],
)

Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@router.get("", response_model=Page[Checkpoint])
def list_checkpoints(store: StoreDep, query: Annotated[CheckpointQuery, Query()]) -> dict[str, Any]:
    """List trained weights by any column of the library."""
    asked = query.model_dump(exclude={"limit", "after", "dataset"})
    search = Search(trained=True, **asked)
    table = {row["sha256"]: row for row in library.found(store, search)}
    rows = checkpoints.list_checkpoints(store, model=query.model, dataset=query.dataset)
    joined = [{**table[row["sha256"]], **row} for row in rows if row["sha256"] in table]
    return page_of(joined, query, key="sha256")


@router.get("/statistics", response_model=Statistics)
def library_statistics(store: StoreDep) -> dict[str, Any]:
    """Count models by area, family and more, with distributions of size and accuracy."""
    return library.statistics(store)


async def _once(request: Request) -> None:
    """Refuse a field that was sent twice; FastAPI takes the last one."""
    fields(await request.form(), SentCheckpoint)


@router.post(
    "",
    response_model=Checkpoint,
    status_code=201,
    dependencies=[requires("editor", heavy=True), Depends(_once)],
)
def upload_checkpoint(
    store: LivingDep,
    config: ConfigDep,
    caller: CallerDep,
    response: Response,
    sent: Annotated[SentCheckpoint, Form(media_type="multipart/form-data")],
) -> dict[str, Any]:
    """Upload weights as safetensors; they must be those of the model's family, and finite.

    Anything else, pickles and archives above all, is refused with the reason. The same weights may
    be sent again: their record stays as it is, and 409 says where the upload contradicts it.
    """
    # This brings torch; of the other routes only predictions need it.
    from composer.untrusted import taken

    family = models.get(store, sent.model)["family"] or None
    files = CheckpointStore.at(config.home)
    with _received(sent.file) as path, taken(files, path, family=family) as weights:
        draft = weights.draft
        stated = sent.model_dump(exclude={"file"})
        record = CheckpointRecord(sha256=draft.sha256, bytes=draft.bytes, **stated)
        part = checkpoints.new_part([record])
        changes.put_together(store, [part], by=caller.id, action="put checkpoint", last=draft.keep)
    response.headers["Location"] = f"/api/v1/checkpoints/{draft.sha256}"
    return tagged(response, checkpoints.get(store, draft.sha256))


@router.get("/{sha256:weights}", response_model=Checkpoint)
def get_checkpoint(store: StoreDep, response: Response, sha256: Sha256) -> dict[str, Any]:
    """Show where weights come from and how good they are."""
    return tagged(response, checkpoints.get(store, sha256))


@router.patch("/{sha256:weights}", response_model=Checkpoint, dependencies=[requires("editor")])
def edit_checkpoint(
    store: LivingDep,
    caller: CallerDep,
    response: Response,
    sha256: Sha256,
    body: CheckpointFields,
    expected: IfMatch,
) -> dict[str, Any]:
    """Change what is recorded of weights; 412 with the current state if it has changed."""
    said = body.model_dump(exclude_unset=True)
    reason = said.pop("reason", "")
    row = checkpoint_edits.edit(store, sha256, said, by=caller.id, expected=expected, reason=reason)
    return tagged(response, row)


@router.get("/{sha256:weights}/file", response_class=FileResponse, responses=SAFETENSORS)
def get_checkpoint_file(config: ConfigDep, sha256: Sha256) -> Response:
    """Download weights as safetensors, those of compositions included."""
    return weights_file(config, sha256)


@router.delete("/{sha256:weights}", response_model=Withdrawn, dependencies=[requires("editor")])
def withdraw_checkpoint(store: LivingDep, caller: CallerDep, sha256: Sha256) -> dict[str, Any]:
    """Withdraw weights that no composition and no other weights refer to.

    Their record answers 410 afterwards; the file goes with the next garbage collection.
    """
    revision = library.withdraw(store, "checkpoint", sha256, by=caller.id)
    return {"id": sha256, "revision": revision}


@contextmanager
def _received(file: UploadFile) -> Iterator[File]:
    with TemporaryDirectory(prefix="neuroweave-") as folder:
        path = File(folder) / "weights"
        with path.open("wb") as target:
            copyfileobj(file.file, target)
        yield path
