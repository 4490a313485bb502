"""Tables that a spreadsheet may open."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    r"""A table as CSV in UTF-8 (RFC 4180), whose texts are no formulas.

    Lists, maps, true and false are JSON; what is not there is empty.

    >>> csv_table(["name", "tags"], [["=1+1", ["a", "é"]], [None, True]]).decode()
    'name,tags\r\n\'=1+1,"[""a"", ""é""]"\r\n,true\r\n'
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([harmless(column) for column in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue().encode()


def harmless(text: str) -> str:
    """Begin what a spreadsheet would take for a formula with an apostrophe (OWASP's advice).

    >>> harmless("=1+1"), harmless("left motion")
    ("'=1+1", 'left motion')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def json_text(value: object) -> str:
    """A value in a cell of texts.

    >>> json_text({"name": "é"})
    '{"name": "é"}'
    """
    return json.dumps(value, ensure_ascii=False)


def _cell(value: object) -> object:
    if isinstance(value, str):
        return harmless(value)
    return json_text(value) if isinstance(value, (list, dict, bool)) else value
