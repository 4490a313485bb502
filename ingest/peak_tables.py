"""Tables of peaks: plain ones, and those that SPM, FSL, FreeSurfer and nilearn write.

A header is understood by the words in it: ``x``, ``X (mm)``, ``z {mm}``, ``MNI_X``, ``MAX X (mm)``,
``Z-MAX X (mm)``, ``MNIX``. Columns that hold voxel indices or radiological (RAI) coordinates are
refused, because a wrong brain region would come out and nobody would notice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from atlas.errors import InvalidInput
from atlas.spaces import MNI, TALAIRACH
from ingest.text import cells_of, to_number

_AXIS = re.compile(
    r"(?:(?P<space>mni|tal|talairach)[ _-]?|(?:z-|t-)?max[ _-]|(?:peak|coord\w*)[ _-])?"
    r"(?P<axis>[xyz])(?:[ _-](?P<after>mni|tal|talairach|coord\w*))?"
    r"\s*(?P<unit>[\[({](?:mm|vox)[\])}]|_mm|_vox)?",
    re.IGNORECASE,
)
_VALUES = ("value", "statistic", "stat", "peak stat", "peak_stat", "z-max", "max", "t", "equivz",
           "zscore", "z-score", "z score", "t-value", "tstat", "zstat")  # fmt: skip
_NAMES = ("name", "label", "region")
_EXPERIMENTS = ("experiment", "contrast", "contrast_id", "study", "study_id", "pmid")


def parse(text: str, filename: str) -> tuple[str, list[Any]]:
    """Read a table: a header that names the columns, or bare rows of x, y, z and a value.

    Cells are separated by tabs, semicolons, commas or blanks; decimal commas are understood
    where commas do not separate cells. Lines that start with ``#`` are comments.

    Returns:
        The space that the header names, or an empty text; rows as mappings or lists.

    Raises:
        InvalidInput: no columns x, y, z; voxel indices; a table whose coordinates may be in
            another orientation; an empty table.
    """
    _refuse_afni(text)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise InvalidInput("peaks", found="an empty table", expected="rows of x, y, z")
    comment = _commented_header(text)
    delimiter = None if comment else _delimiter(lines)
    cells = [_split(line, delimiter) for line in lines]
    if comment:
        cells.insert(0, comment)
    number = _Numbers(delimiter != ",")
    if all(number(cell) is not None for cell in cells[0]):
        return "", [[number.cell(cell) for cell in row] for row in cells]
    cells = _below_titles(cells)
    columns, space = _columns(cells[0], filename)
    for i, row in enumerate(cells[1:]):
        _refuse_split_decimals(row, len(cells[0]), number, i)
    return space, [_labelled(columns, row, number) for row in cells[1:]]


class _Numbers:
    """How numbers are written in this table."""

    def __init__(self, decimal_comma: bool) -> None:
        self.decimal_comma = decimal_comma

    def __call__(self, text: str) -> float | None:
        return to_number(text, decimal_comma=self.decimal_comma)

    def cell(self, text: str) -> float | str:
        """The number in a cell, or its text, which the checks then name."""
        number = self(text)
        return text if number is None else number


def _delimiter(lines: Sequence[str]) -> str | None:
    """What separates the cells; bare ``12,5 3,0 8,1`` has decimal commas, not three cells."""
    for delimiter in "\t;":
        if delimiter in lines[0]:
            return delimiter
    blanks = [to_number(cell, decimal_comma=True) for cell in lines[0].split()]
    if len(blanks) in (3, 4) and None not in blanks:
        return None
    return "," if "," in lines[0] else None


def _split(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return line.split()
    return [cell.strip() for cell in cells_of([line], "peaks", delimiter)[0]]


def _below_titles(cells: list[list[str]]) -> list[list[str]]:
    """Drop the line of titles (``set, cluster, peak``) that SPM writes above the header."""
    if len(cells) > 1 and not _axes(cells[0]) and len(_axes(cells[1])) == 3:
        return cells[1:]
    return cells


def _axes(header: Sequence[str]) -> dict[str, tuple[int, re.Match[str]]]:
    """Column of each axis; a maximum wins over a centre of gravity, millimetres over voxels."""
    found: dict[str, tuple[int, re.Match[str]]] = {}
    for i, name in enumerate(header):
        match = _AXIS.fullmatch(name.strip())
        if match is None:
            continue
        axis = match["axis"].lower()
        known = found.get(axis)
        if known is None or (_is_voxel(known[1]) and not _is_voxel(match)):
            found[axis] = (i, match)
    return found


def _columns(header: Sequence[str], filename: str) -> tuple[dict[int, str], str]:
    axes = _axes(header)
    missing = [axis for axis in "xyz" if axis not in axes]
    if missing:
        raise InvalidInput(
            "peaks",
            found=f"columns {', '.join(header)}",
            expected="columns x, y, z",
            hint="coordinates in mm, in columns of their own",
        )
    _refuse_voxels(header, axes, filename)
    columns = {i: axis for axis, (i, _) in axes.items()}
    words = [name.strip().casefold() for name in header]
    for key, known in (("value", _VALUES), ("name", _NAMES), ("experiment", _EXPERIMENTS)):
        named = next((words.index(word) for word in known if word in words), None)
        if named is not None and named not in columns:
            columns[named] = key
    said = {(match["space"] or match["after"] or "").lower()[:3] for _, match in axes.values()}
    space = MNI if said == {"mni"} else TALAIRACH if said == {"tal"} else ""
    return columns, space


def _is_voxel(match: re.Match[str]) -> bool:
    return "vox" in (match["unit"] or "").lower()


def _refuse_voxels(
    header: Sequence[str], axes: dict[str, tuple[int, re.Match[str]]], filename: str
) -> None:
    voxels = any(_is_voxel(match) for _, match in axes.values())
    # FSL's lists of local maxima have one header for voxels and for mm: only the name tells.
    fsl = header[0].strip().casefold() == "cluster index" and axes["x"][1].group() == "x"
    if voxels or (fsl and "_std" not in filename):
        raise InvalidInput(
            "peaks",
            found=f"voxel indices (columns {', '.join(header)}, as FSL's cluster writes them)",
            expected="coordinates in mm",
            hint="use the table that ends in _std.txt, or run cluster with --mm",
        )


def _refuse_afni(text: str) -> None:
    for line in text.splitlines():
        if line.startswith("#") and re.search(r"\b(CM RL|MI RL|Volume\s+CM)\b", line):
            raise InvalidInput(
                "peaks",
                found="a cluster table of AFNI",
                expected="columns x, y, z in mm, x to the right and y to the front",
                hint="its coordinates may be in RAI order, with signs turned; write x, y, z as LPI",
            )


def _commented_header(text: str) -> list[str] | None:
    """FreeSurfer's summary has its header in the last comment line before the rows."""
    last = None
    for line in text.splitlines():
        if line.startswith("#"):
            last = line
        elif line.strip():
            break
    words = last.lstrip("# ").split() if last else []
    joined = [word.casefold() for word in words]
    return words if {"mnix", "mniy", "mniz"} <= set(joined) else None


def _labelled(columns: dict[int, str], row: Sequence[str], number: _Numbers) -> dict[str, Any]:
    return {
        key: row[at] if key in ("name", "experiment") else number.cell(row[at])
        for at, key in columns.items()
        if at < len(row)
    }


def _refuse_split_decimals(row: Sequence[str], width: int, number: _Numbers, i: int) -> None:
    """Refuse ``12,5,3,0`` under ``x,y``: it reads as four cells but is two numbers."""
    longer = not number.decimal_comma and len(row) > width
    if longer and all(number(cell) is not None for cell in row if cell):
        raise InvalidInput(
            f"peaks[{i}]",
            found=f"{len(row)} cells under {width} columns ({','.join(row)[:60]})",
            expected="as many cells as columns",
            hint="decimal commas need another separator, such as a semicolon or a tab",
        )
