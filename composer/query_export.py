"""The result of any query as a file: its rows as a table, its regions as a network or a mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from atlas.activation import strongest_first
from atlas.errors import InvalidInput
from atlas.spreadsheet import csv_table
from composer.activation import Activation, Inputs, activate
from composer.export import ENDINGS, MEDIA, Export, export, require_format
from graph.store import Store

WEIGHT = "weight"
"""Column that says how strongly a region takes part."""


def export_query(
    store: Store, fields: Sequence[str], rows: Sequence[Sequence[Any]], format: str
) -> Export:
    """Write what a query found in one of :data:`composer.export.FORMATS`.

    - ``csv``: the rows as they are; lists and nodes as JSON.
    - ``graphml``, ``nifti``, ``dseg``: its regions, as :func:`composer.export.export` writes active
      ones. They are taken from the first column that holds regions or their ids; a column
      ``weight`` with numbers in (0, 1] says how strong each is, otherwise all are 1.

    Raises:
        InvalidInput: another format, no rows, no regions, regions of several atlases, or weights
            that are none.
        NotFound: a region that the graph does not know.
    """
    known = require_format(format)
    if not rows:
        raise InvalidInput("query", found="no rows", expected="at least one")
    if known == "csv":
        return Export("query" + ENDINGS[known], MEDIA[known], csv_table(fields, rows))
    made = export(store, regions_of(store, fields, rows), known)
    return replace(made, name=made.name.replace("desc-active", "desc-query"))


def regions_of(store: Store, fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> Activation:
    """The regions that a query found, as an activation with the weights that it gave them."""
    weights = _weights(fields, rows)
    atlases = sorted({id.rpartition(":")[0] for id in weights})
    if len(atlases) > 1:
        raise InvalidInput(
            "query", found="regions of " + ", ".join(atlases), expected="regions of one atlas"
        )
    found = activate(store, Inputs(atlas=atlases[0], regions=tuple(weights)))
    own = (replace(one, weight=weights[one.region]) for one in found.pattern.regions)
    return replace(found, pattern=replace(found.pattern, regions=strongest_first(own)))


def region_id(value: object) -> str | None:
    """The id of a region, from a query's cell that holds it or the region itself.

    >>> region_id({"id": "brainnetome246:7", "label": "7"}), region_id("a name"), region_id(7)
    ('brainnetome246:7', None, None)
    """
    if isinstance(value, Mapping):
        value = value.get("id")
    if not isinstance(value, str):
        return None
    atlas, colon, label = value.rpartition(":")
    return value if atlas and colon and label and " " not in atlas else None


def _weights(fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, float]:
    """Every region's weight, the largest where a region comes several times."""
    columns = range(len(fields))
    at = next((c for c in columns if all(region_id(row[c]) for row in rows)), None)
    if at is None:
        raise InvalidInput(
            "query",
            found=f"columns {', '.join(fields)}, none of them regions in every row",
            expected="a column of regions or their ids",
            hint="RETURN r.id AS region, and perhaps … AS weight",
        )
    weight = list(fields).index(WEIGHT) if WEIGHT in fields else None
    found: dict[str, float] = {}
    for row in rows:
        id = str(region_id(row[at]))
        value = 1.0 if weight is None else row[weight]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not 0 < value <= 1:
            raise InvalidInput(f"{WEIGHT} of {id}", found=value, expected="a number in (0, 1]")
        found[id] = max(float(value), found.get(id, 0.0))
    return found
