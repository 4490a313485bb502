"""An activation as it arrives: JSON, or multipart with a map, masks or a time series."""

from __future__ import annotations

import json
import reprlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from fastapi import Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.context import ConfigDep
from api.forms import fields
from api.openapi import FILE, form_schema, reference
from api.schemas.selection import ActivationForm, ActivationOptions, ActivationRequest
from api.uploads import received, received_table
from atlas.activation import Peak
from atlas.errors import InvalidInput, NeuroweaveError
from composer.activation import Inputs

MAX_FIELDS = 32
MAX_FILES = 32
MAX_TABLE_BYTES = 64 * 1024**2
"""As much as the reader of tables takes."""

_KINDS = ("map", "mask", "series")
_FILES = (*_KINDS, "events")

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Submission:
    """What was sent, checked: the body, the activation in it, its files' fields and own names."""

    body: ActivationOptions
    inputs: Inputs
    files: tuple[tuple[str, str], ...] = ()


def submission(
    json_model: type[ActivationRequest],
    form_model: type[ActivationForm],
    others: Mapping[str, type[BaseModel]] | None = None,
) -> Any:  # noqa: ANN401 - a FastAPI dependency, whatever its class is called
    """Make the dependency that reads a request in either form.

    ``others`` are models of JSON bodies that hold no activation, by their ``kind``. Files that are
    sent lie in temporary ones until the route has run.
    """
    known = [*get_args(json_model.model_fields["kind"].annotation), *others] if others else []

    async def read(request: Request, config: ConfigDep) -> AsyncIterator[Submission | BaseModel]:
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media == "multipart/form-data":
            async with _multipart(request, form_model, config.max_map_bytes) as sent:
                yield sent
        elif media == "application/json" or media.endswith("+json"):
            data = _parsed(await request.body())
            kind = data.get("kind") if isinstance(data, dict) else None
            if known and isinstance(data, dict) and kind not in known:
                found = "nothing" if kind is None else reprlib.repr(kind)
                raise InvalidInput("kind", found=found, expected=f"one of {', '.join(known)}")
            if isinstance(kind, str) and kind in (others or {}):
                yield validated((others or {})[kind], data)
                return
            body = validated(json_model, data)
            yield Submission(body, _inputs(body))
        else:
            detail = "Send application/json, or multipart/form-data with a map, mask or series."
            raise HTTPException(415, detail, {"Accept": "application/json, multipart/form-data"})

    return Depends(read, scope="function")


def request_body(
    json_model: type[BaseModel], form_model: type[BaseModel], *others: type[BaseModel]
) -> dict[str, Any]:
    """Describe both forms for the OpenAPI document."""
    own = {"$ref": reference(json_model)}
    kinds = [own, *({"$ref": reference(other)} for other in others)]
    file = {**FILE, "description": "A .nii or .nii.gz file."}
    form = form_schema(form_model)
    table = {**FILE, "description": "A table, CSV or TSV."}
    masks = {"type": "array", "items": file}
    form["properties"] |= {"map": file, "mask": masks, "series": table, "events": table}
    form["anyOf"] = [{"required": [name]} for name in _KINDS]
    content = {
        "application/json": {"schema": {"oneOf": kinds} if others else own},
        "multipart/form-data": {"schema": form},
    }
    return {"requestBody": {"required": True, "content": content}}


@asynccontextmanager
async def _multipart(
    request: Request, model: type[ActivationForm], max_map_bytes: int
) -> AsyncIterator[Submission]:
    async with request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS) as form:
        uploads = _uploads(form)
        body = validated(model, fields(form, model, {name for name, _ in uploads}))
        paths: dict[str, list[Path]] = {name: [] for name in _FILES}
        async with AsyncExitStack() as stack:
            for name, upload in uploads:
                waiting = _received(name, upload, max_map_bytes)
                path = await stack.enter_async_context(contextmanager_in_threadpool(waiting))
                stack.enter_context(named(path, upload.filename))
                paths[name].append(path)
            files: dict[str, Any] = {"masks": tuple(paths.pop("mask")) or None}
            files |= {name: found[0] for name, found in paths.items() if found}
            sent = tuple((name, upload.filename or name) for name, upload in uploads)
            yield Submission(body, _inputs(body, files), sent)


def _uploads(form: FormData) -> list[tuple[str, UploadFile]]:
    """The files of one activation: a map, or masks, or a series and perhaps its events."""
    found = [(name, file) for name in _FILES for file in form.getlist(name)]
    sent = [(name, file) for name, file in found if isinstance(file, UploadFile)]
    kinds = [name for name in _KINDS if any(name == other for other, _ in sent)]
    if len(kinds) != 1:
        shown = " and ".join(kinds) or "no file"
        raise InvalidInput("map", found=shown, expected="a file named map, mask or series")
    for name in ("map", "series", "events"):
        if (count := sum(name == other for other, _ in sent)) > 1:
            raise InvalidInput(name, found=f"{count} files", expected="one file")
    return sent


def _received(name: str, upload: UploadFile, max_map_bytes: int) -> AbstractContextManager[Path]:
    if name in ("map", "mask"):
        several = name == "map"  # which of its volumes is meant is said beside it
        return received(upload.file, upload.filename, max_map_bytes, several=several)
    return received_table(upload, MAX_TABLE_BYTES)


@contextmanager
def named(path: Path, name: str | None) -> Iterator[None]:
    """Let errors speak of the sender's file name, not of where the server put it."""
    try:
        yield
    except NeuroweaveError as error:
        shown = Path(name or "the map").name
        for attribute in ("found", "expected", "hint"):
            value = getattr(error, attribute)
            if value is not None and str(path) in str(value):
                setattr(error, attribute, str(value).replace(str(path), shown))
        raise type(error)(
            error.field, found=error.found, expected=error.expected, hint=error.hint
        ) from error


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON document
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        context = {"error": str(error) or "nested too deeply"}
        item = {"type": "json_invalid", "loc": ("body",), "msg": "not JSON", "ctx": context}
        raise RequestValidationError([item]) from error


def validated(model: type[Model], data: Any) -> Model:  # noqa: ANN401 - any JSON document
    """Check data that a route reads by itself as FastAPI checks the others."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        items = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        raise RequestValidationError(items) from error


def _inputs(body: ActivationOptions, files: Mapping[str, Any] | None = None) -> Inputs:
    options: dict[str, Any] = {
        "atlas": body.atlas,
        "space": body.space,
        "threshold": body.threshold,
        "top": body.top,
        "fdr": body.fdr,
        "unthresholded": body.unthresholded,
        "score": body.score,
        "sign": body.sign,
        **(files or {}),
    }
    if isinstance(body, ActivationForm):
        options |= {"volume": body.volume, "tr": body.tr, "condition": body.condition}
        options["noise"] = body.noise
        options["window"] = body.window and _seconds(body.window)
    if isinstance(body, ActivationRequest):
        if body.sign != "positive":
            raise InvalidInput("threshold", found="no map", expected="a map to apply it to")
        options["peaks"] = body.peaks and tuple(Peak(**peak.model_dump()) for peak in body.peaks)
        options["regions"] = body.regions and tuple(body.regions)
        options["functions"] = body.functions and tuple(body.functions)
        options["scenario"] = body.scenario
    return Inputs(**options)


def _seconds(text: str) -> tuple[float, float]:
    start, _, stop = text.partition(":")
    try:
        return float(start), float(stop)
    except ValueError as error:
        expected = "seconds, start:stop"
        raise InvalidInput("window", found=repr(text), expected=expected) from error
