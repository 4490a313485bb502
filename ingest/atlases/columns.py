"""What the columns of a table mean: guessed by their names, said, and overridable."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from atlas.errors import InvalidInput

# Spellings without case and signs, the likeliest first.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "id": (
        *("id", "index", "idx", "labelid", "regionid", "roiid", "parcelid", "value", "labelvalue"),
        *("voxelvalue", "intensity", "no", "nr", "number", "num", "key", "roi", "parcel", "label"),
    ),
    "name": (
        *("name", "regionname", "roiname", "labelname", "parcelname", "fullname", "longname"),
        *("region", "area", "structure", "anatomy", "title", "label", "roi", "parcel"),
        *("description", "abbreviation", "acronym"),
    ),
    "hemisphere": ("hemisphere", "hemi", "side", "laterality", "lateralization"),
    "x": ("x", "xmm", "mnix", "xmni", "xcoord", "coordx", "cogx", "centroidx", "rasx", "pubx"),
    "y": ("y", "ymm", "mniy", "ymni", "ycoord", "coordy", "cogy", "centroidy", "rasy", "puby"),
    "z": ("z", "zmm", "mniz", "zmni", "zcoord", "coordz", "cogz", "centroidz", "rasz", "pubz"),
    "radius": ("radius", "radiusmm", "r"),
    "network": ("network", "networkname", "netname", "system", "community", "functionalnetwork"),
    "parent": ("parent", "parentid", "parentregion"),
    "space": ("space", "coordinatespace", "coordsystem", "template"),
    "abbreviation": ("abbreviation", "abbr", "acronym", "shortname"),
}
ROLES = tuple(_SPELLINGS)

_LEVELS = ("gyrus", "lobe", "network", "system", "structure", "region", "division")


def guess(
    header: Sequence[str], rows: Sequence[Sequence[str]], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Which column plays which role: ``{"id": "index", "name": "region", …}``.

    Args:
        header: names of the columns.
        rows: the cells, of which a few are looked at (``label`` is an id where it is numbers).
        given: roles that the caller names; an empty column takes a guess away.

    Raises:
        InvalidInput: a role or column that there is not.

    >>> guess(["label", "region", "hemi"], [["7", "V1", "L"]])
    {'id': 'label', 'name': 'region', 'hemisphere': 'hemi'}
    """
    given = dict(given or {})
    _require(given, header)
    plain = {column: re.sub(r"[^a-z0-9]", "", column.lower()) for column in header}
    numeric = {
        column
        for index, column in enumerate(header)
        if rows and all(_whole(row[index]) for row in rows[:50] if index < len(row))
    }
    found: dict[str, str] = {}
    used = set(given.values())
    for role in ROLES:
        if role in given:
            if given[role]:
                found[role] = given[role]
            continue
        fits = (
            column
            for spelling in _SPELLINGS[role]
            for column in header
            if plain[column] == spelling and column not in used
            if (role != "id" or column in numeric or spelling in {"id", "index"})
            if (role != "name" or column not in numeric)
        )
        if column := next(fits, ""):
            found[role] = column
            used.add(column)
    return found


def levels(header: Sequence[str]) -> tuple[str, ...]:
    """Columns that may be levels of a hierarchy.

    >>> levels(["id", "name", "lobe", "gyrus"])
    ('lobe', 'gyrus')
    """
    return tuple(column for column in header if column.lower() in _LEVELS)


def is_header(row: Sequence[str]) -> bool:
    """Whether a first line names columns rather than a region.

    >>> is_header(["id", "name"]), is_header(["0", "empty"])
    (True, False)
    """
    known = {spelling for spellings in _SPELLINGS.values() for spelling in spellings}
    words = [re.sub(r"[^a-z0-9]", "", cell.lower()) for cell in row]
    return not any(_whole(cell) for cell in row) and any(word in known for word in words)


def _whole(cell: str) -> bool:
    return bool(re.fullmatch(r"\s*\d+(\.0*)?\s*", cell))


def _require(given: Mapping[str, str], header: Sequence[str]) -> None:
    for role, column in given.items():
        if role not in ROLES:
            expected = "one of " + ", ".join(ROLES)
            raise InvalidInput("columns", found=f"{role}=…", expected=expected)
        if column and column not in header:
            expected = "one of " + ", ".join(header)
            raise InvalidInput(f"columns.{role}", found=repr(column), expected=expected)
