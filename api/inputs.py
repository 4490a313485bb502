"""An activation as it arrives: JSON, or multipart with a map file or files of masks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from fastapi import Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.context import ConfigDep
from api.openapi import reference
from api.schemas.selection import ActivationOptions, ActivationRequest
from api.uploads import received
from atlas.activation import Peak
from atlas.errors import InvalidInput, NeuroweaveError
from composer.activation import Inputs

MAX_FIELDS = 32
MAX_FILES = 32

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Submission:
    """What was sent, checked: the body, the activation in it, its files' fields and own names."""

    body: ActivationOptions
    inputs: Inputs
    files: tuple[tuple[str, str], ...] = ()


def submission(json_model: type[ActivationRequest], form_model: type[ActivationOptions]) -> Any:  # noqa: ANN401 - a FastAPI dependency, whatever its class is called
    """Make the dependency that reads a request in either form.

    Maps and masks lie in temporary files until the route has run, then it is removed.
    """

    async def read(request: Request, config: ConfigDep) -> AsyncIterator[Submission]:
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media == "multipart/form-data":
            async with _multipart(request, form_model, config.max_map_bytes) as sent:
                yield sent
        elif media == "application/json" or media.endswith("+json"):
            body = validated(json_model, _parsed(await request.body()))
            yield Submission(body, _inputs(body))
        else:
            detail = "Send application/json, or multipart/form-data with a file named map or mask."
            raise HTTPException(415, detail, {"Accept": "application/json, multipart/form-data"})

    return Depends(read, scope="function")


def request_body(json_model: type[BaseModel], form_model: type[BaseModel]) -> dict[str, Any]:
    """Describe both forms for the OpenAPI document."""
    file = {"type": "string", "format": "binary", "description": "A .nii or .nii.gz file."}
    form = form_model.model_json_schema()
    form["properties"] |= {"map": file, "mask": {"type": "array", "items": file}}
    form["anyOf"] = [{"required": ["map"]}, {"required": ["mask"]}]
    content = {
        "application/json": {"schema": {"$ref": reference(json_model)}},
        "multipart/form-data": {"schema": form},
    }
    return {"requestBody": {"required": True, "content": content}}


@asynccontextmanager
async def _multipart(
    request: Request, model: type[ActivationOptions], max_map_bytes: int
) -> AsyncIterator[Submission]:
    async with request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS) as form:
        name = "mask" if "mask" in form else "map"
        uploads = [file for file in form.getlist(name) if isinstance(file, UploadFile)]
        if not uploads or (name == "map" and len(uploads) > 1):
            found = f"{len(uploads)} files" if uploads else "no file"
            raise InvalidInput(name, found=found, expected="a .nii or .nii.gz file")
        body = validated(model, _fields(form, name))
        async with AsyncExitStack() as stack:
            paths = []
            for upload in uploads:
                waiting = received(upload.file, upload.filename, max_map_bytes)
                paths.append(await stack.enter_async_context(contextmanager_in_threadpool(waiting)))
                stack.enter_context(named(paths[-1], upload.filename))
            files = {"map": paths[0]} if name == "map" else {"masks": tuple(paths)}
            sent = tuple((name, upload.filename or name) for upload in uploads)
            yield Submission(body, _inputs(body, files), sent)


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


def _fields(form: FormData, files: str) -> dict[str, Any]:
    return {key: value for key, value in form.multi_items() if key != files}


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
    if isinstance(body, ActivationRequest):
        if body.sign != "positive":
            raise InvalidInput("threshold", found="no map", expected="a map to apply it to")
        options["peaks"] = body.peaks and tuple(Peak(**peak.model_dump()) for peak in body.peaks)
        options["regions"] = body.regions and tuple(body.regions)
        options["functions"] = body.functions and tuple(body.functions)
        options["scenario"] = body.scenario
    return Inputs(**options)
