r"""Records as tab-separated text: one line each, sorted, readable in a diff.

Text is written as PostgreSQL's COPY does it: ``\N`` for null, and backslash, tab, line feed and
carriage return escaped with a backslash. Numbers, lists and maps are JSON in its shortest form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from atlas.errors import InvalidInput
from graph.content import Noun
from graph.store import Row

_NULL = "\\N"
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_PLAIN = {escaped: char for char, escaped in _ESCAPES.items()}
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)


def encode(noun: Noun, rows: Iterable[Row]) -> bytes:
    """The file of a noun: the names of the columns, then a line a record, in order of the keys.

    Raises:
        InvalidInput: text that no file can hold (half of a surrogate pair).
    """
    columns = noun.columns
    lines = ["\t".join(columns)]
    for row in sorted(rows, key=noun.key_of):
        lines.append("\t".join(_cell(row[name], name in noun.values) for name in columns))
    try:
        return ("\n".join(lines) + "\n").encode()
    except UnicodeEncodeError as error:
        found = repr(error.object[error.start : error.end])
        raise InvalidInput(f"{noun.name} records", found=found, expected="Unicode text") from error


def decode(noun: Noun, data: bytes) -> list[Row]:
    """The records of a file that :func:`encode` wrote; columns it does not have are null.

    Raises:
        InvalidInput: names the file, the line and the column.
    """
    where = f"{noun.name}.tsv"
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(where, found=f"{error.reason} at byte {error.start}") from error
    if not text.endswith("\n"):
        raise InvalidInput(where, found="a last line without an end", expected="the whole file")
    header, *lines = text[:-1].split("\n")
    columns = header.split("\t")
    _check_columns(noun, columns, where)
    missing = dict.fromkeys(set(noun.columns) - set(columns))
    rows = [{**missing, **row} for row in _rows(noun, columns, lines, where)]
    keys = [noun.key_of(row) for row in rows]
    if any(a >= b for a, b in pairwise(keys)):
        raise InvalidInput(where, found="lines out of order", expected="each key once, sorted")
    return rows


def _check_columns(noun: Noun, columns: Sequence[str], where: str) -> None:
    unknown = [name for name in columns if name not in noun.columns]
    if unknown or len(set(columns)) < len(columns) or not set(noun.key) <= set(columns):
        expected = f"columns out of {', '.join(noun.columns)}"
        hint = "a release of a later version?" if unknown else ""
        raise InvalidInput(where, found=", ".join(columns)[:200], expected=expected, hint=hint)


def _rows(noun: Noun, columns: Sequence[str], lines: Sequence[str], where: str) -> Iterator[Row]:
    for number, line in enumerate(lines, start=2):
        cells = line.split("\t")
        if len(cells) != len(columns):
            found, expected = f"{len(cells)} columns in line {number}", f"{len(columns)} columns"
            raise InvalidInput(where, found=found, expected=expected)
        row = {}
        for name, cell in zip(columns, cells, strict=True):
            try:
                row[name] = _value(cell, name in noun.values)
            except (ValueError, RecursionError) as error:
                found = f"{cell[:50]!r} in line {number}, column {name}"
                raise InvalidInput(where, found=found, expected=str(error)) from error
        if any(not isinstance(row[name], str) for name in noun.key):
            raise InvalidInput(where, found=f"a record without key in line {number}")
        yield row


def _cell(value: Any, json_form: bool) -> str:  # noqa: ANN401 - any value of a record
    if value is None:
        return _NULL
    if json_form:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], value)


def _value(cell: str, json_form: bool) -> Any:  # noqa: ANN401 - any value of a record
    if cell == _NULL:
        return None
    if json_form:
        return json.loads(cell, parse_constant=_refuse)
    return _ESCAPED.sub(_unescape, cell)


def _unescape(match: re.Match[str]) -> str:
    if match[0] not in _PLAIN:
        raise ValueError("an escape out of \\\\, \\t, \\n, \\r")
    return _PLAIN[match[0]]


def _refuse(name: str) -> Any:  # noqa: ANN401 - never returns
    raise ValueError(f"a finite number, not {name}")
