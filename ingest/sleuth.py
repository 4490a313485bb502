"""BrainMap Sleuth text, the input of GingerALE.

::

    // Reference=MNI
    // Booth et al., 2006: semantic > phonological
    // Subjects=13
    -39 -57 18
    -24 -3 48

Lines that start with ``//`` are comments: the reference space (once, before the first focus), the
name of an experiment in one or several lines, its number of subjects. Spaces after the slashes
and around ``=`` vary; empty lines separate experiments. Source: GingerALE user manual.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from atlas.errors import InvalidInput
from atlas.spaces import require_space
from ingest.text import to_number

_REFERENCE = re.compile(r"reference\s*=\s*(.*)", re.IGNORECASE)
_SUBJECTS = re.compile(r"subjects\s*=", re.IGNORECASE)


def is_sleuth(text: str) -> bool:
    """Whether the first line that is not empty is a ``//`` comment."""
    return text.lstrip().startswith("//")


def parse(text: str) -> tuple[str, list[dict[str, Any]]]:
    r"""Read Sleuth text.

    Returns:
        The space, and per focus ``{x, y, z, experiment}``; foci of one experiment share its name.

    Raises:
        InvalidInput: no reference, an unknown or second, other one, or a line that is no focus.

    >>> parse("//Reference = Talairach\n// A\n//Subjects=9\n1 2 3\n")
    ('Talairach', [{'x': 1.0, 'y': 2.0, 'z': 3.0, 'experiment': 'A'}])
    """
    space, experiment = "", ""
    title: list[str] = []
    names: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("//"):
            comment = stripped.lstrip("/").strip()
            said = _REFERENCE.match(comment)
            if said is not None:
                space = _agreed(space, said.group(1), number)
            elif comment and not _SUBJECTS.match(comment):
                title.append(comment)
        elif stripped:
            if title:
                experiment = _unique(" ".join(title), names)
                title = []
            rows.append({**_focus(stripped, number), "experiment": experiment})
    if not space:
        raise InvalidInput(
            "peaks",
            found="Sleuth text without a reference",
            expected="a first line '// Reference=MNI' or '// Reference=Talairach'",
        )
    return space, rows


def _unique(name: str, names: Counter[str]) -> str:
    """Two experiments of one paper may have one name; they stay two."""
    names[name] += 1
    return name if names[name] == 1 else f"{name} ({names[name]})"


def _agreed(known: str, said: str, number: int) -> str:
    space = require_space(said, f"peaks, line {number}")
    if known and space != known:
        raise InvalidInput(
            f"peaks, line {number}",
            found=f"reference {space} after {known}",
            expected="one reference for the whole file",
        )
    return space


def _focus(line: str, number: int) -> dict[str, Any]:
    cells = [to_number(cell, decimal_comma=True) for cell in line.split()]
    if len(cells) != 3 or None in cells:
        raise InvalidInput(
            f"peaks, line {number}",
            found=repr(line[:60]),
            expected="x, y and z separated by blanks or tabs",
        )
    return dict(zip("xyz", cells, strict=True))
