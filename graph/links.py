"""The links between regions and functions, as people query them."""

from __future__ import annotations

from atlas.errors import InvalidInput
from graph.pages import check_limit
from graph.regions import with_sources
from graph.store import Row, Store


def list_links(
    store: Store,
    *,
    region: str | None = None,
    function: str | None = None,
    limit: int = 100,
    after: str | None = None,
) -> tuple[list[Row], str | None]:
    """Links of a region, of a function, of both, or all of them, page by page.

    Rows: region, region_name, function, function_name, weight, claims (ids), sources
    ``[{source, weight}]``, rule (how the sources were combined).
    """
    check_limit(limit)
    if region is not None:
        rows = store.read(
            "link/of_region", region=region, function=function, after=after or "", limit=limit + 1
        )
    elif function is not None:
        rows = store.read("link/of_function", function=function, after=after or "", limit=limit + 1)
    else:
        first, second = _position(after)
        rows = store.read("link/list", after_region=first, after=second, limit=limit + 1)
    following = None
    if len(rows) > limit:
        rows = rows[:limit]
        last = rows[-1]
        if region is not None:
            following = last["function"]
        elif function is not None:
            following = last["region"]
        else:
            following = f"{last['region']} {last['function']}"
    return [with_sources(row) for row in rows], following


def _position(after: str | None) -> tuple[str, str]:
    if not after:
        return "", ""
    region, gap, function = after.partition(" ")
    if not gap:
        raise InvalidInput("after", found=after, expected="the next of the page before")
    return region, function
