"""Claims from a table that somebody made: one line, one region, one function."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable
from pathlib import Path

from atlas.errors import InvalidInput
from atlas.model import Claim, Source
from ingest.text import cells_of

REQUIRED = ("region", "function", "statistic", "value", "weight")
OPTIONAL = ("q", "n_studies", "citation", "rationale")
_ABOUT = ("name", "version", "licence", "citation", "url")
MAX_BYTES, MAX_FAULTS = 50_000_000, 20


def read(path: Path, source_id: str = "") -> tuple[Source, list[Claim]]:
    """Read a tab-separated table with the columns :data:`REQUIRED` and perhaps :data:`OPTIONAL`.

    Lines that start with ``#`` are comments; ``# name: …``, ``# version: …``, ``# licence: …``,
    ``# citation: …`` and ``# url: …`` describe the source. ``weight`` lies in (0, 1], ``q`` in
    [0, 1], ``n_studies`` is a whole number.

    Args:
        path: the table, UTF-8.
        source_id: id of the source; the file's name without its ending if empty.

    Raises:
        InvalidInput: unreadable, too large, missing or unknown columns, or faults in lines: all
            of them (the first twenty) are named with their line numbers.
    """
    text = _text(path)
    lines = text.splitlines()
    about = dict(_about(lines))
    source = Source(
        id=source_id or path.stem,
        name=about.get("name") or path.name,
        version=about.get("version", ""),
        licence=about.get("licence", ""),
        citation=about.get("citation", ""),
        url=about.get("url", ""),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    numbered = [(n, line) for n, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not numbered:
        raise InvalidInput(path.name, found="an empty table", expected=", ".join(REQUIRED))
    header = cells_of([numbered[0][1]], path.name, "\t")[0]
    _check_columns(path.name, header)
    found: list[Claim] = []
    faults: list[str] = []
    for n, line in numbered[1:]:
        cells = cells_of([line], path.name, "\t", quoted=False)[0]
        try:
            found.append(_claim(header, [cell.strip() for cell in cells], source))
        except ValueError as error:
            faults.append(f"line {n}: {error}")
    faults += _repeated(found)
    if faults:
        more = f" and {len(faults) - MAX_FAULTS} more" if len(faults) > MAX_FAULTS else ""
        raise InvalidInput(path.name, found="; ".join(faults[:MAX_FAULTS]) + more)
    if not found:
        raise InvalidInput(path.name, found="no lines below the header", expected="claims")
    return source, found


def _claim(header: list[str], cells: list[str], source: Source) -> Claim:
    if len(cells) != len(header):
        raise ValueError(f"{len(cells)} cells, expected {len(header)}")
    row = dict(zip(header, cells, strict=True))
    if empty := [name for name in REQUIRED if not row[name]]:
        raise ValueError(f"{empty[0]} is empty")
    return Claim(
        id=f"{source.id}:{row['region']}:{row['function']}:{row['statistic']}",
        region=row["region"],
        function=row["function"],
        source=source.id,
        statistic=row["statistic"],
        value=_number("value", row["value"], math.isfinite, "a finite number"),
        weight=_number("weight", row["weight"], lambda x: 0 < x <= 1, "a number in (0, 1]"),
        q=_number("q", row["q"], lambda x: 0 <= x <= 1, "a number in [0, 1]")
        if row.get("q")
        else None,
        n_studies=_whole(row["n_studies"]) if row.get("n_studies") else None,
        citation=row.get("citation") or source.citation,
        rationale=row.get("rationale", ""),
    )


def _number(name: str, text: str, good: Callable[[float], bool], expected: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not good(value):
        hint = " (a point for decimals)" if "," in text else ""
        raise ValueError(f"{name} {text!r}, expected {expected}{hint}")
    return value


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"n_studies {text!r}, expected a whole number")
    return int(text)


def _repeated(claims: Iterable[Claim]) -> list[str]:
    seen: set[str] = set()
    faults = []
    for claim in claims:
        if claim.id in seen:
            faults.append(f"{claim.region}, {claim.function}, {claim.statistic}: more than once")
        seen.add(claim.id)
    return faults


def _check_columns(name: str, header: list[str]) -> None:
    missing = [column for column in REQUIRED if column not in header]
    unknown = [column for column in header if column not in (*REQUIRED, *OPTIONAL)]
    if missing or unknown or len(set(header)) != len(header):
        wanted = f"tab-separated {', '.join(REQUIRED)} and perhaps {', '.join(OPTIONAL)}"
        raise InvalidInput(name, found=f"columns {', '.join(header)[:200]}", expected=wanted)


def _about(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        key, colon, value = line.removeprefix("#").partition(":")
        if line.startswith("#") and colon and key.strip() in _ABOUT:
            yield key.strip(), value.strip()


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            size = f"{path.stat().st_size:,} bytes"
            raise InvalidInput(path.name, found=size, expected=f"at most {MAX_BYTES:,}")
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            path.name, found=f"no readable text ({error})", expected="a table in UTF-8"
        ) from error
