"""Many edits at once, as JSON or as a table out of a spreadsheet."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, ValidationError
from starlette.exceptions import HTTPException

from api.access.policy import requires
from api.curation import DeskDep
from api.openapi import reference
from api.paging import NoQuery
from api.schemas.base import PLAIN
from api.schemas.curation import EditReport, EditRow
from atlas.errors import InvalidInput
from graph.statements import MAX_TEXT
from ingest import edit_tables
from ingest.edit_batch import MAX_ROWS, Batch, Fault
from ingest.edit_tables import Status
from ingest.text import decode

router = APIRouter(prefix="/edits", tags=["brain"])

TABLES = ("text/csv", "text/tab-separated-values", "text/plain")
_TABLE = {"schema": {"type": "string"}}
_JSON = {"schema": {"type": "array", "items": {"$ref": reference(EditRow)}, "maxItems": MAX_ROWS}}
BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": _JSON, **dict.fromkeys(TABLES, _TABLE)},
    }
}


class EditsQuery(NoQuery):
    """Whether to write, and why."""

    dry_run: bool = Field(default=False, description="Only say what would change.")
    reason: str = Field(default="", max_length=MAX_TEXT, pattern=PLAIN)


async def _sent(request: Request) -> tuple[bool, bytes]:
    """Whether the body is a table, and the body."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in (*TABLES, "application/json"):
        raise HTTPException(415, f"Send application/json, or a table as {', '.join(TABLES)}.")
    return media in TABLES, await request.body()


@router.post(
    "",
    response_model=EditReport,
    openapi_extra=BODY,
    dependencies=[requires("editor", heavy=True)],
)
def make_edits(
    desk: DeskDep,
    query: Annotated[EditsQuery, Query()],
    sent: Annotated[tuple[bool, bytes], Depends(_sent)],
) -> dict[str, Any]:
    """Make all of them in one revision, or none; with `dry_run` say what they would do.

    JSON is a list of edits. A table has a row for each: CSV or tab-separated, columns known by
    their names. When a row cannot be made nothing is changed, and every fault is named with its
    row: of a table counted from its first line, of a list from 1.
    """
    is_table, body = sent
    batch = _table(body, desk.status) if is_table else _list(body, desk.status)
    return desk.batch(batch, reason=query.reason, dry_run=query.dry_run).to_dict()


def _table(body: bytes, status: Status) -> Batch:
    try:
        text = decode(body)
    except UnicodeError as error:
        raise InvalidInput("edits", found="no text", expected="a table, CSV or TSV") from error
    return edit_tables.read(text, status=status)


def _list(body: bytes, status: Status) -> Batch:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("edits", found="no JSON", expected="a list of edits") from error
    if not isinstance(data, list) or not 0 < len(data) <= MAX_ROWS:
        found = f"{len(data)} edits" if isinstance(data, list) else type(data).__name__
        raise InvalidInput("edits", found=found, expected=f"a list of 1 to {MAX_ROWS:,} edits")
    batch = Batch([])
    for number, item in enumerate(data, 1):
        try:
            said = EditRow.model_validate(item).model_dump(exclude_none=True)
            batch.edits.append((number, edit_tables.understood(said, status)))
        except ValidationError as error:
            batch.faults.extend(_faults(number, error))
        except InvalidInput as error:
            batch.faults.append(Fault(number, error))
    return batch


def _faults(number: int, error: ValidationError) -> Iterable[Fault]:
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"]) or "edit"
        found = reprlib.repr(item["input"])  # as deep as somebody may nest
        yield Fault(number, InvalidInput(name, found=found, expected=item["msg"]))
