"""Table-shaped answers as JSON, CSV or Arrow, and what they were made from.

A table is a page (``{items, next}``) or the result of a query (``{fields, rows}``). What JSON
says beside the rows goes into headers: ``Link`` to the next page, ``X-Truncated``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from api.reproduce import again
from atlas.errors import InvalidInput
from atlas.spreadsheet import csv_table, json_text
from graph.trace import traced

JSON = "application/json"
CSV = "text/csv"
ARROW = "application/vnd.apache.arrow.stream"
OFFERED = (JSON, CSV, ARROW)

EXPLAIN = {
    "name": "explain",
    "in": "query",
    "schema": {"type": "string", "enum": ["query"]},
    "description": "`query`: answer with the Cypher, the Python and the HTTP of this answer.",
}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows, and what stands beside them."""

    columns: list[str]
    rows: list[list[Any]]
    next: str | None = None
    truncated: bool | None = None

    @classmethod
    def of(cls, body: dict[str, Any]) -> Table:
        """Read a page or the result of a query."""
        if "fields" in body:
            return cls(body["fields"], body["rows"], truncated=body["truncated"])
        columns = list(dict.fromkeys(key for item in body["items"] for key in item))
        rows = [[item.get(column) for column in columns] for item in body["items"]]
        return cls(columns, rows, next=body["next"])


def is_table(model: object) -> bool:
    """Tell whether a route's model is a page or the result of a query."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return False
    return {"items", "next"} <= model.model_fields.keys() or {
        "fields",
        "rows",
    } <= model.model_fields.keys()


def documented(responses: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """Add the other formats to what a route documents."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = {CSV: {"schema": {"type": "string"}}, ARROW: binary}
    ok = responses.get(200, {})
    return {**responses, 200: {**ok, "content": {**ok.get("content", {}), **content}}}


def chosen(accept: str | None) -> str:
    """Return the media type that a caller likes best among those offered.

    Raises:
        HTTPException: 406, none of them.

    >>> chosen(None), chosen("text/csv, */*;q=0.1"), chosen("text/*;q=0.5, application/json;q=0.4")
    ('application/json', 'text/csv', 'text/csv')
    """
    wanted = [_preference(part) for part in (accept or "*/*").split(",") if part.strip()]
    liked = {offer: _liking(offer, wanted) for offer in OFFERED}
    best = max(OFFERED, key=liked.__getitem__)
    if not liked[best]:
        detail = f"This address answers as {', '.join(OFFERED)}."
        raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, detail)
    return best


def _preference(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    try:
        return media, float(quality)
    except ValueError:
        return media, 0.0


def _liking(offer: str, wanted: Iterable[tuple[str, float]]) -> float:
    """The quality that the most exact range gives it."""
    fits = {offer: 2, f"{offer.partition('/')[0]}/*": 1, "*/*": 0}
    found = [(fits[media], quality) for media, quality in wanted if media in fits]
    return max(found, default=(0, 0.0))[1]


def offered(handler: Handler, name: str) -> Handler:
    """Let the handler of a table answer in each format, and explain itself.

    Args:
        handler: answers with JSON.
        name: of the operation.
    """

    async def negotiated(request: Request) -> Response:
        media = chosen(request.headers.get("accept"))
        query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        asked = [value for key, value in query if key == "explain"]
        if asked not in ([], ["query"]):
            raise InvalidInput("explain", found=", ".join(asked), expected="query, once")
        if asked:
            query.remove(("explain", "query"))
            request.scope["query_string"] = urlencode(query).encode()
            return await _explained(handler, request, name)
        response = await handler(request)
        if media != JSON and response.status_code == HTTPStatus.OK:
            response = _as(media, Table.of(json.loads(bytes(response.body))), request, query)
        response.headers.append("Vary", "Accept")
        return response

    return negotiated


async def _explained(handler: Handler, request: Request, name: str) -> Response:
    with traced() as statements:
        response = await handler(request)
    if response.status_code != HTTPStatus.OK:
        return response
    said = {"statements": [asdict(one) for one in statements], **await again(request, name)}
    return Response(json.dumps(said), media_type=JSON)


def _as(media: str, table: Table, request: Request, query: list[tuple[str, str]]) -> Response:
    content = csv_table(table.columns, table.rows) if media == CSV else _arrow(table)
    response = Response(content, media_type=media)
    if table.next is not None:
        following = urlencode(
            [*(pair for pair in query if pair[0] != "after"), ("after", table.next)]
        )
        response.headers["Link"] = f'<{request.url.path}?{following}>; rel="next"'
    if table.truncated is not None:
        response.headers["X-Truncated"] = str(table.truncated).lower()
    return response


def _arrow(table: Table) -> bytes:
    import pyarrow as pa

    arrays = [_array([row[place] for row in table.rows]) for place in range(len(table.columns))]
    found = pa.Table.from_arrays(arrays, names=table.columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, found.schema) as writer:
        writer.write_table(found)
    return bytes(sink.getvalue())


def _array(values: Sequence[Any]) -> Any:  # noqa: ANN401 - an Arrow array
    """One column; values of mixed kinds become JSON texts."""
    import pyarrow as pa

    if _alike(values):
        return pa.array(values)
    return pa.array([None if one is None else json_text(one) for one in values])


def _alike(values: Iterable[Any]) -> bool:
    """Tell whether Arrow has one type that keeps all of these JSON values as they are.

    >>> _alike([1, 2.5, None]), _alike([1, "1"]), _alike([[1], []]), _alike([{"a": 1}, {"b": 1}])
    (True, False, True, False)
    """
    there = [one for one in values if one is not None]
    kinds = {type(one) for one in there}
    if kinds == {list}:
        return _alike(one for inner in there for one in inner)
    if kinds == {dict}:
        keys = there[0].keys()
        same = all(one.keys() == keys for one in there)
        return same and all(_alike(one[key] for one in there) for key in keys)
    if int in kinds and kinds <= {int, float}:
        largest = 2**53 if float in kinds else 2**63 - 1
        return all(abs(one) <= largest for one in there if type(one) is int)
    return len(kinds) <= 1
