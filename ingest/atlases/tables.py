"""Tables of region names in the ten or so forms that atlases come with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

from atlas.checks.candidate import RegionRow
from atlas.errors import InvalidInput
from ingest.atlases import columns as column_names
from ingest.atlases.cells import number, split
from ingest.text import check_size, read_text, to_number


@dataclass(frozen=True, slots=True)
class LabelTable:
    """Rows of a table, the form it was taken for and what its columns were taken for.

    ``columns`` maps roles (``id``, ``name``, ``x`` …) to the table's own names; ``levels`` are
    columns that may be a hierarchy; ``space`` is what a column of spaces says, if it says one.
    ``by_order`` marks names without ids, in the order of the volume's labels.
    """

    form: str
    rows: tuple[RegionRow, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    space: str = ""
    by_order: bool = False


def read_table(
    path: Path, columns: Mapping[str, str] | None = None, field: str = "labels"
) -> LabelTable:
    """Read a table of names, or of coordinates.

    Rows of the background (id 0) are left out. Nothing else is corrected.

    Args:
        path: CSV, TSV, BIDS ``*_dseg.tsv``, FreeSurfer LUT, ITK-SNAP labels, FSL XML,
            ``id name`` text, a name a line, or pairs of lines (name, then ``id R G B A``).
        columns: roles and the columns that play them, where the guess is wrong.
        field: how a message names the table.

    Raises:
        InvalidInput: missing, not text, no form that is known, or columns that cannot be found.
    """
    return parse_table(read_text(path, field), columns, field)


def parse_table(
    text: str, columns: Mapping[str, str] | None = None, field: str = "labels"
) -> LabelTable:
    r""":func:`read_table` of a text.

    >>> table = parse_table("aHIP-rh\n1 144 246 45 255\npHIP-rh\n2 34 165 59 255\n")
    >>> table.form, [(row.id, row.name) for row in table.rows]
    ('pairs of lines', [('1', 'aHIP-rh'), ('2', 'pHIP-rh')])
    """
    if not text.strip():
        raise InvalidInput(field, found="an empty table", expected="names of regions")
    if text.lstrip().startswith("<"):
        table = _xml(text, field)
    else:
        check_size(text, field)
        table = _plain(text, columns, field)
    if not table.rows:
        raise InvalidInput(field, found=f"no rows ({table.form})", expected="names of regions")
    return table if table.by_order else replace(table, rows=_without_background(table.rows))


def _without_background(rows: Sequence[RegionRow]) -> tuple[RegionRow, ...]:
    return tuple(row for row in rows if row.label != 0)


def _plain(text: str, columns: Mapping[str, str] | None, field: str) -> LabelTable:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    body = [line for line in lines if not line.lstrip().startswith("#")]
    for parse in (_pairs, _snap, _lut):
        if found := parse(body):
            return found
    if cells := split(text):
        return _separated(cells, columns, field)
    return _numbered(body) or _names(body)


_Parse = Callable[[list[str]], LabelTable | None]
_COLOUR = r"\s+\d+\s+\d+\s+\d+(\s+\d+)?"


def _pairs(lines: list[str]) -> LabelTable | None:
    second = re.compile(rf"\s*(\d+){_COLOUR}\s*")
    if len(lines) % 2 or not all(second.fullmatch(line) for line in lines[1::2]):
        return None
    pairs = zip(lines[::2], lines[1::2], strict=True)
    rows = tuple(RegionRow(line.split()[0], name.strip()) for name, line in pairs)
    return LabelTable("pairs of lines", rows)


def _snap(lines: list[str]) -> LabelTable | None:
    return _matched(lines, r"\s*(\d+)(?:\s+[\d.]+){6}\s+\"(.*)\"\s*", "ITK-SNAP labels")


def _lut(lines: list[str]) -> LabelTable | None:
    return _matched(lines, rf"\s*(\d+)\s+(\S.*?){_COLOUR}\s*", "FreeSurfer LUT")


def _numbered(lines: list[str]) -> LabelTable | None:
    return _matched(lines, r"\s*(\d+)[\s:=]+(\S.*?)\s*", "id and name")


def _matched(lines: list[str], pattern: str, form: str) -> LabelTable | None:
    found = [re.fullmatch(pattern, line) for line in lines]
    rows = tuple(RegionRow(match[1], match[2].strip()) for match in found if match)
    return LabelTable(form, rows) if rows and len(rows) == len(lines) else None


def _names(lines: list[str]) -> LabelTable:
    rows = tuple(RegionRow(str(n), line.strip()) for n, line in enumerate(lines, start=1))
    return LabelTable("a name a line", rows, by_order=True)


def _separated(cells: list[list[str]], given: Mapping[str, str] | None, field: str) -> LabelTable:
    header, body = cells[0], cells[1:]
    header = [cell.lstrip("# ") for cell in header]
    if not column_names.is_header(header) and not set(header) & set((given or {}).values()):
        header, body = _made_up(cells[0]), cells
    width = len(header)
    for line, row in enumerate(body, start=2):
        if len(row) > width and any(row[width:]):
            found = f"line {line} with {len(row)} cells"
            raise InvalidInput(field, found=found, expected=f"{width}: {', '.join(header)}")
    body = [[*row[:width], *[""] * (width - len(row))] for row in body]
    roles = column_names.guess(header, body, given)
    if "name" not in roles and "id" not in roles and not {"x", "y", "z"} <= set(roles):
        hint = "say what the `columns` are: id=…, name=…"
        found = f"columns {', '.join(header)}"
        raise InvalidInput(field, found=found, expected="ids, names or coordinates", hint=hint)
    rows = tuple(
        _row(dict(zip(header, row, strict=True)), roles, n, field)
        for n, row in enumerate(body, start=1)
    )
    spaces = {row[header.index(roles["space"])] for row in body} if "space" in roles else set()
    space = spaces.pop() if len(spaces) == 1 else ""
    free = [column for column in header if column not in roles.values()]
    free += [roles["network"]] if "network" in roles else []
    by_order = "id" not in roles and not {"x", "y", "z"} <= set(roles)
    return LabelTable("table", rows, roles, column_names.levels(free), space, by_order)


def _made_up(first: Sequence[str]) -> list[str]:
    """Names for the columns of a table without a header; three numbers are a coordinate."""
    if len(first) == 3 and all(to_number(cell, decimal_comma=True) is not None for cell in first):
        return ["x", "y", "z"]
    names = ["id", "name"] if first[0].strip().isdigit() else ["name", "id"]
    return [*names, *(f"column {n}" for n in range(3, len(first) + 1))][: len(first)]


def _row(cells: dict[str, str], roles: Mapping[str, str], ordinal: int, field: str) -> RegionRow:
    def text(role: str) -> str:
        return cells[roles[role]] if role in roles else ""

    def value(role: str) -> float | None:
        return number(text(role), f"{field}.{role}, row {ordinal}")

    network = text("network")
    asked = {column for role, column in roles.items() if role != "network"}
    extra = {column: cell for column, cell in cells.items() if column not in asked}
    if abbreviation := text("abbreviation"):
        extra["abbreviation"] = abbreviation
    return RegionRow(
        id=text("id") if "id" in roles else str(ordinal),
        name=text("name"),
        hemisphere=text("hemisphere"),
        x=value("x"),
        y=value("y"),
        z=value("z"),
        radius_mm=value("radius"),
        network=network,
        parent=text("parent"),
        extra=extra,
    )


def _xml(text: str, field: str) -> LabelTable:
    """FSL's atlases: a summary image holds index + 1 where the atlas is probabilistic.

    A document that declares a type or entities is refused: no label table needs one, and they
    are how a small file grows without bound.
    """
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise InvalidInput(field, found="XML with declarations", expected="FSL's plain XML")
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml.*?\?>", "", text, flags=re.DOTALL))
    except ElementTree.ParseError as error:
        raise InvalidInput(field, found=f"broken XML ({error})", expected="FSL's XML") from error
    first = 1 if (root.findtext("header/type") or "").strip().lower().startswith("prob") else 0
    rows = []
    for label in root.iter("label"):
        index = (label.get("index") or "").strip()
        own = str(int(index) + first) if index.isdigit() else index
        rows.append(RegionRow(own, "".join(label.itertext()).strip()))
    return LabelTable("FSL XML", tuple(rows))
