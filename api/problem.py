"""Every error as ``application/problem+json`` (RFC 9457), and nothing of the server's insides."""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.editing import etag
from api.schemas.base import IN_WORDS
from atlas.errors import InvalidInput, NeuroweaveError, Unavailable
from graph.history import Stale

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 100
FOUND_CHARACTERS = 200
"""A problem quotes at most this much of what was sent."""
DETAIL_CHARACTERS = 4000

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

log = logging.getLogger("neuroweave.api")


class FieldError(BaseModel):
    """One field that could not be used."""

    field: str = Field(examples=["peaks.0.x"])
    found: str | None = Field(default=None, examples=["'left'"])
    expected: str | None = Field(default=None, examples=["a valid number"])
    hint: str | None = None


class Problem(BaseModel):
    """What went wrong, for people (``title``, ``detail``) and programs (``type``, ``errors``)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:neuroweave:problem:invalid-input"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str
    instance: str = Field(description="Path of the request.", examples=["/api/v1/activations"])
    errors: list[FieldError] = Field(default_factory=list)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    **more: str,
) -> JSONResponse:
    """Build the response of one error."""
    body = Problem(
        type=f"urn:neuroweave:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=list(errors),
        **more,
    )
    content = body.model_dump(mode="json")
    content["errors"] = [_without_none(error) for error in content["errors"]]
    return JSONResponse(content, status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every error of the app leave as a problem."""
    app.exception_handler(NeuroweaveError)(neuroweave_error)
    app.exception_handler(Stale)(_stale)
    app.exception_handler(RequestValidationError)(_validation_error)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(DBAPIError)(_ledger_error)
    app.exception_handler(UnicodeEncodeError)(_unicode_error)
    app.exception_handler(Exception)(_server_error)


def _clip(text: str, characters: int = FOUND_CHARACTERS) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"


def _without_none(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None}


async def neuroweave_error(request: Request, error: Exception) -> Response:
    """Build the answer of an error of ours, with the headers and several errors it may bring."""
    assert isinstance(error, NeuroweaveError)
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return _unavailable(request, error)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return await _server_error(request, error)
    errors = [_field_of(one) for one in getattr(error, "errors", (error,))]
    headers = getattr(error, "headers", None)
    said = _clip(str(error), DETAIL_CHARACTERS)
    return problem(request, error.status, error.code, said, errors=errors, headers=headers)


def _field_of(error: NeuroweaveError) -> FieldError:
    return FieldError(
        field=error.field,
        found=None if error.found is None else _clip(str(error.found)),
        expected=error.expected or None,
        hint=error.hint or None,
    )


async def _stale(request: Request, error: Exception) -> Response:
    # What the record is now comes along, so that an editor can merge without asking again.
    assert isinstance(error, Stale)
    response = await neuroweave_error(request, error)
    content = json.loads(bytes(response.body))
    content["current"] = error.current and {**error.current, "digest": error.digest}
    headers = {"ETag": etag(error.digest)} if error.current else None
    return JSONResponse(content, error.status, headers=headers, media_type=MEDIA_TYPE)


async def _unicode_error(request: Request, error: Exception) -> Response:
    # JSON can spell half of a surrogate pair; it becomes a string that no database takes.
    assert isinstance(error, UnicodeEncodeError)
    found = _clip(repr(error.object[error.start : error.end]))
    return await neuroweave_error(
        request, InvalidInput("body", found=found, expected="Unicode text")
    )


async def _ledger_error(request: Request, error: Exception) -> Response:
    return _unavailable(request, Unavailable("job ledger", found=error))


def _unavailable(request: Request, error: NeuroweaveError) -> Response:
    # The full sentence names addresses and folders; it is for the operator's log.
    log.error("%s", error)
    return problem(
        request,
        error.status,
        error.code,
        f"A part that the server depends on ({error.field}) cannot be used right now.",
        headers={"Retry-After": "5"},
    )


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()[:MAX_ERRORS]
    if any(item["type"] == "json_invalid" for item in found):
        detail = f"The body is not JSON: {found[0].get('ctx', {}).get('error', 'unreadable')}."
        errors = [FieldError(field="body", expected="a JSON document")]
        return problem(request, HTTPStatus.BAD_REQUEST, "not-json", detail, errors=errors)
    errors = [_field_error(item) for item in found]
    detail = "; ".join(_sentence(item) for item in errors[:3])
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", detail, errors=errors)


_OPENING = re.compile(r"^(Value error, |Input should be |\w+ should have )")
"""How pydantic's sentences open; what remains says what was expected."""


def _field_error(item: Mapping[str, Any]) -> FieldError:
    where, *path = (str(part) for part in item["loc"])
    missing = item["type"] == "missing"
    message = _OPENING.sub("", str(item["msg"])).partition(" after validation")[0]
    message = IN_WORDS.get(item.get("ctx", {}).get("pattern"), message)
    return FieldError(
        field=".".join(path) or where,
        found="nothing" if missing else _found(item.get("input")),
        expected="a value" if missing else _expected(item["type"], message),
    )


def _found(sent: object) -> str:
    return "a file" if isinstance(sent, UploadFile) else _clip(repr(sent))


def _expected(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "no such field"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "an object"
    return "a file" if message.startswith("Expected UploadFile") else message


def _sentence(error: FieldError) -> str:
    return f"{error.field}: found {error.found}, expected {error.expected}"


_CODES = {
    HTTPStatus.NOT_FOUND: ("no-such-route", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method-not-allowed", "This address does not take {method}."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("content-too-large", ""),
    HTTPStatus.BAD_REQUEST: ("bad-request", "The body cannot be read."),
}


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    code, detail = _CODES.get(status, (status.phrase.lower().replace(" ", "-"), ""))
    detail = detail.format(method=request.method) or error.detail or status.description
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(allowed(request))
    return problem(request, status, code, detail, headers=headers)


def allowed(request: Request) -> list[str]:
    """List every method that the address of a request takes, whichever route serves it."""

    def taken(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    found = [method for method in METHODS if taken(method)]
    return [*found, "HEAD"] if "GET" in found else found


async def _server_error(request: Request, error: Exception) -> Response:
    """Say only a reference; the log has the traceback under the same reference."""
    reference = uuid.uuid4().hex[:12]
    log.error("failed (%s)", reference, exc_info=error)
    detail = f"The server failed. Its log has more under the reference {reference}."
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        detail,
        # uvicorn closes the connection after an exception; unsaid, the next request would break.
        headers={"Connection": "close"},
        reference=reference,
    )
