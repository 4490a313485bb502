"""Files of an atlas as they arrive: a label volume, a table, and what is said of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fastapi import Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.context import ConfigDep
from api.forms import fields
from api.inputs import named, validated
from api.openapi import FILE, form_schema
from api.schemas.atlas_import import AtlasForm
from api.uploads import keep, received, received_table
from atlas.errors import InvalidInput
from ingest.atlases.candidates import Description
from jobs.ingest import IngestRequest

MAX_FIELDS = 128
MAX_TABLE_BYTES = 8 * 1024**2
"""A table of names has a line a region; the largest known ones have a few hundred kilobytes."""

_FILES = ("volume", "labels")


@dataclass(frozen=True, slots=True)
class SentAtlas:
    """What was sent, checked as a form; the files lie in temporary folders."""

    form: AtlasForm
    volume: Path | None
    labels: Path | None

    def request(self) -> IngestRequest:
        """What is asked for, for as long as the files lie there."""
        form = self.form
        return IngestRequest(
            self.volume,
            self.labels,
            _description(form),
            levels=tuple(form.levels),
            child_of=form.child_of,
            accept=tuple(form.accept),
            version=form.version,
        )

    def lasting(self, folder: Path) -> IngestRequest:
        """The same request with its files kept in ``folder`` under the SHA-256 of their content.

        The files are read first, so that mistakes in them are found at once, and so that what
        their names said is not lost with the names.
        """
        request = self.request()
        found = request.reading().candidate
        said = replace(request.said, id=found.id, name=found.name, space=found.space)
        volume, labels = (path and keep(path, folder) for path in (self.volume, self.labels))
        return replace(request, volume=volume, labels=labels, said=said)


async def _read(request: Request, config: ConfigDep) -> AsyncIterator[SentAtlas]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "multipart/form-data":
        detail = "Send multipart/form-data with a file named volume or labels, or both."
        raise HTTPException(415, detail, {"Accept": "multipart/form-data"})
    async with (
        request.form(max_files=len(_FILES), max_fields=MAX_FIELDS) as form,
        AsyncExitStack() as stack,
    ):
        volume, labels = (_upload(form, name) for name in _FILES)
        if volume is None and labels is None:
            raise InvalidInput("volume", found="no file", expected="a volume, a table, or both")
        body = validated(AtlasForm, fields(form, AtlasForm, _FILES))
        paths: list[Path | None] = []
        for upload in (volume, labels):
            if upload is None:
                paths.append(None)
                continue
            waiting = (
                _volume(upload, config.max_map_bytes)
                if upload is volume
                else received_table(upload, MAX_TABLE_BYTES)
            )
            path = await stack.enter_async_context(contextmanager_in_threadpool(waiting))
            stack.enter_context(named(path, upload.filename))
            paths.append(path)
        yield SentAtlas(body, *paths)


SENT_ATLAS = Depends(_read, scope="function")
"""The dependency; its temporary files are removed once the route has run."""


def request_body() -> dict[str, Any]:
    """Describe the form for the OpenAPI document."""
    form = form_schema(AtlasForm)
    form["properties"] |= {
        "volume": {**FILE, "description": "Label volume or probability maps: .nii or .nii.gz."},
        "labels": {**FILE, "description": "Table of names, or of coordinates without a volume."},
    }
    form["anyOf"] = [{"required": [name]} for name in _FILES]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


@contextmanager
def _volume(upload: UploadFile, max_map_bytes: int) -> Iterator[Path]:
    with ExitStack() as stack:
        try:
            waiting = received(upload.file, upload.filename, max_map_bytes, several=True)
            path = stack.enter_context(waiting)
        except InvalidInput as error:  # it speaks of a map
            raise InvalidInput("volume", found=error.found, expected=error.expected) from error
        yield path


def _upload(form: FormData, name: str) -> UploadFile | None:
    sent = form.getlist(name)
    if not sent:
        return None
    if len(sent) > 1 or not isinstance(sent[0], UploadFile):
        found = f"{len(sent)} of them" if len(sent) > 1 else "text"
        raise InvalidInput(name, found=found, expected="one file")
    return sent[0]


def _description(form: AtlasForm) -> Description:
    return Description(
        id=form.id,
        name=form.name,
        space=form.space,
        template=form.template,
        licence=form.licence,
        citation=form.citation,
        radius_mm=form.radius,
        threshold=form.map_threshold,
        columns=dict(_pair(text) for text in form.columns),
    )


def _pair(text: str) -> tuple[str, str]:
    role, _, column = text.partition("=")
    return role.strip(), column.strip()
