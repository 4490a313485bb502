"""Text files as people have them: with a byte-order mark, in Latin-1, with decimal commas."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable
from pathlib import Path

from atlas.errors import InvalidInput

MAX_BYTES = 64 * 2**20
MAX_LINES = 200_000
MAX_LINE = 20_000
"""The largest volume has 100,000 labels; some tables have a colour or a note for each."""


def read_text(path: Path, field: str) -> str:
    """Read a text file as UTF-8, as UTF-16 if its byte-order mark says so, else as Windows-1252.

    Windows-1252 holds Latin-1 and what spreadsheets on Windows add to it.

    Raises:
        InvalidInput: missing or unreadable, over :data:`MAX_BYTES`, or not text.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput(
                field,
                found=f"{path.name!r} of {path.stat().st_size:,} bytes",
                expected=f"at most {MAX_BYTES:,}",
            )
        return decode(path.read_bytes())
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidInput(
            field,
            found=f"{path.name!r}, which cannot be read ({reason})",
            expected="a text file",
        ) from error


def decode(content: bytes) -> str:
    r"""Decode the bytes of a text file.

    Raises:
        UnicodeError: they are not text.

    >>> decode(b"\xef\xbb\xbfx"), decode("Broca \u00e4".encode("latin-1"))
    ('x', 'Broca ä')
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    if b"\0" in content:
        raise UnicodeError("binary data")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def check_size(text: str, field: str, *, line: int = MAX_LINE) -> None:
    """Refuse what is no table before anything is tried on it: lines too many or too long.

    Raises:
        InvalidInput: more than :data:`MAX_LINES` lines, or one of more than ``line`` characters.
    """
    lines = text.splitlines()
    longest = max(map(len, lines), default=0)
    if len(lines) > MAX_LINES or longest > line:
        found = f"{len(lines):,} lines, the longest of {longest:,} characters"
        expected = f"at most {MAX_LINES:,} lines of {line:,} characters"
        raise InvalidInput(field, found=found, expected=expected)


def cells_of(
    lines: Iterable[str], field: str, delimiter: str, *, quoted: bool = True
) -> list[list[str]]:
    """Cut the lines of a separated table.

    Raises:
        InvalidInput: a quote that does not end, or a cell of more than 128 KiB.

    >>> cells_of(["a;b", "1;'x'"], "table", ";")
    [['a', 'b'], ['1', "'x'"]]
    """
    try:
        if quoted:
            return list(csv.reader(lines, delimiter=delimiter))
        return list(csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE))
    except csv.Error as error:
        raise InvalidInput(field, found=str(error), expected="a table, CSV or TSV") from error


def to_number(text: str, *, decimal_comma: bool = False) -> float | None:
    r"""The number that a cell holds, or None.

    A typographic minus is a minus. A comma is a decimal sign only where the caller knows that it
    does not separate cells.

    >>> to_number(" -12,5", decimal_comma=True), to_number("\u221242"), to_number("x")
    (-12.5, -42.0, None)
    """
    text = text.strip().replace("\u2212", "-").replace("\u2013", "-")
    if decimal_comma and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return None
