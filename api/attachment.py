"""An export as the file of an answer."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, MalformedRangeHeader, RangeNotSatisfiable

from api.paging import NoQuery
from composer.export import MEDIA, Export, Format


class ExportQuery(NoQuery):
    """As what."""

    format: Format = Field(default="graphml", description="The kind of file.")


FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()
        },
    }
}
"""What such a route answers, for the OpenAPI document."""


def attached(made: Export) -> Response:
    """Answer with the file under its own name."""
    headers = {"content-disposition": f'attachment; filename="{made.name}"'}
    return Response(made.content, media_type=made.media_type, headers=headers)


class File(FileResponse):
    """A file, or the part of it that ``Range`` names; what is no range is not looked at."""

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        # The base class would answer in plain text.
        try:
            return super()._parse_range_header(http_range, file_size)
        except MalformedRangeHeader:
            return []
        except RangeNotSatisfiable as error:
            headers = {"Content-Range": f"bytes */{file_size}"}
            raise HTTPException(416, headers=headers) from error

    @classmethod
    def _parse_ranges(cls, range_: str, file_size: int) -> list[tuple[int, int]]:
        # The base class would refuse all where one begins beyond the end.
        ranges = super()._parse_ranges(range_, file_size)
        return [one for one in ranges if 0 <= one[0] < file_size] or ranges
