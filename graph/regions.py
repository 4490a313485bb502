"""Regions: by atlas, by place, by name, by function."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from atlas.errors import InvalidInput, NotFound
from atlas.model import Region
from graph.gone import require
from graph.pages import check_limit, full_text, page
from graph.store import Row, Store
from graph.succession import standing

_FIELDS = tuple(Region.__dataclass_fields__)
_FARTHEST_MM = 1e6


def of_atlas(store: Store, atlas_id: str) -> list[Region]:
    """The regions of one atlas in the atlas' own order; empty if there is no such atlas."""
    rows = store.read("region/of_atlas", atlas=atlas_id)
    return [_region(row) for row in rows]


def _region(row: Row) -> Region:
    fields = {field: row[field] for field in _FIELDS}
    for field in ("centroid", "bounds"):
        fields[field] = None if fields[field] is None else tuple(fields[field])
    return Region(**fields)


def get(store: Store, id: str) -> Row:
    """One region: the fields of ``Region`` plus atlas and space.

    Raises:
        NotFound: no such region.
    """
    rows = store.read("region/get", id=id)
    if not rows:
        raise NotFound("region", found=id, expected="<atlas>:<label> of a loaded atlas")
    return rows[0]


def search(
    store: Store,
    *,
    atlas: str | None = None,
    q: str | None = None,
    function: str | None = None,
    near: Sequence[float] | None = None,
    radius_mm: float | None = None,
    limit: int = 50,
    after: str | None = None,
) -> tuple[list[Row], str | None]:
    """Regions that meet every given condition, page by page.

    Args:
        store: the open graph.
        atlas: id of an atlas.
        q: words, each of which begins a word of the name, abbreviation or network.
        function: id of a function; evidence for it or for one below it counts. One that others
            have replaced stands for those.
        near: x, y, z in mm; the nearest regions come first, with ``distance_mm``.
        radius_mm: with ``near``, the greatest distance.
        limit: rows of a page.
        after: the second value of the page before.

    Returns:
        Rows (fields of ``Region`` plus atlas), and ``after`` for the next page or None.

    Raises:
        NotFound: an atlas or function that is not in the graph.
    """
    check_limit(limit)
    among = None if q is None else _among(store, q)
    standing_for = standing(store, "function", function)
    given: Row = {"atlas": atlas, "among": among, "limit": limit + 1}
    if near is not None:
        filters = [{**given, "function": one} for one in standing_for]
        rows, following = _near(store, near, radius_mm, filters, limit, after)
    else:
        found = _of_functions(store, standing_for, {**given, "after": after or ""})
        rows, following = page(found[: limit + 1], limit)
    if not rows:
        require(store, atlas=atlas, function=function)
    return rows, following


def _of_functions(store: Store, functions: Sequence[str | None], given: Row) -> list[Row]:
    rows: list[Row] = []
    for one in functions:
        if one is None:
            rows += store.read("region/search", **given)
        else:
            rows += store.read("region/of_function", function=one, **given)
    return _each_once(rows, "id")


def _each_once(rows: list[Row], *order: str) -> list[Row]:
    """Regions in this order, each once though it has several of the functions asked for."""
    return sorted({row["id"]: row for row in rows}.values(), key=itemgetter(*order))


def _near(
    store: Store,
    near: Sequence[float],
    radius_mm: float | None,
    filters: list[Row],
    limit: int,
    after: str | None,
) -> tuple[list[Row], str | None]:
    if len(near) != 3:
        raise InvalidInput("near", found=f"{len(near)} numbers", expected="x, y, z in mm")
    mm, after_id = _position(after)
    place: Row = dict(zip("xyz", map(float, near), strict=True))
    place["radius_mm"] = _FARTHEST_MM if radius_mm is None else float(radius_mm)
    found = [
        row
        for one in filters
        for row in store.read("region/near", **one, **place, after_mm=mm, after=after_id)
    ]
    rows, following = page(_each_once(found, "distance_mm", "id")[: limit + 1], limit)
    return rows, f"{rows[-1]['distance_mm']!r}|{following}" if following else None


def _position(after: str | None) -> tuple[float, str]:
    if not after:
        return -1.0, ""
    distance, _, id = after.partition("|")
    try:
        return float(distance), id
    except ValueError as error:
        raise InvalidInput("after", found=after, expected="the next of the page before") from error


def _among(store: Store, q: str) -> dict[str, bool]:
    text = full_text(q)
    rows = store.read("region/text", text=text) if text else []
    return {row["id"]: True for row in rows}


def functions(store: Store, id: str) -> list[Row]:
    """Functions of a region, strongest first.

    Rows: function, name, weight, claims (ids), sources ``[{source, weight}]``.
    """
    return [with_sources(row) for row in store.read("region/functions", id=id)]


def connections(store: Store, id: str) -> list[Row]:
    """Regions a region is connected to, strongest first: region, name, kind, weight, source."""
    return store.read("region/connections", id=id)


def with_sources(row: Row) -> Row:
    """A link row whose parallel source lists are joined to ``sources: [{source, weight}]``."""
    weights = row.pop("source_weights") or []
    pairs = zip(row["sources"] or [], weights, strict=True)
    row["sources"] = [{"source": source, "weight": weight} for source, weight in pairs]
    row["claims"] = row["claims"] or []
    return row
