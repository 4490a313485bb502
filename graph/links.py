"""The links between regions and functions, as people query them."""

from __future__ import annotations

from operator import itemgetter

from atlas.errors import InvalidInput, NotFound
from graph.claims import Pair
from graph.gone import require
from graph.pages import check_limit
from graph.projection import project
from graph.regions import with_sources
from graph.store import Row, Store
from graph.succession import standing

_PAIR = itemgetter("region", "function")


def list_links(
    store: Store,
    *,
    region: str | None = None,
    function: str | None = None,
    limit: int = 100,
    after: str | None = None,
    include_proposed: bool = False,
) -> tuple[list[Row], str | None]:
    """Links of a region, of a function, of both, or all of them, page by page.

    With ``include_proposed`` the links are computed as if every proposed claim were accepted;
    that needs a region or a function.

    A function that others have replaced stands for those.

    Rows: region, region_name, function, function_name, weight, claims (ids), sources
    ``[{source, weight}]``, rule (how the sources were combined).

    Raises:
        NotFound: a region or function that is not in the graph.
    """
    check_limit(limit)
    if include_proposed and region is None and function is None:
        raise InvalidInput(
            "include_proposed", found="neither", expected="a region or a function to look at"
        )
    after_pair = _position(after)
    read = _with_proposed if include_proposed else _stored
    rows = [
        row
        for one in standing(store, "function", function)
        for row in read(store, region, one, after_pair, limit + 1)
    ]
    if not rows:
        require(store, region=region, function=function)
    rows.sort(key=_PAIR)
    following = " ".join(_PAIR(rows[limit - 1])) if len(rows) > limit else None
    return [with_sources(row) for row in rows[:limit]], following


def _stored(
    store: Store, region: str | None, function: str | None, after: Pair, limit: int
) -> list[Row]:
    if region is not None:
        return store.read(
            "link/of_region", region=region, function=function, after=after[1], limit=limit
        )
    page: Row = {"after_region": after[0], "after": after[1], "limit": limit}
    if function is not None:
        return store.read("link/of_function", function=function, **page)
    return store.read("link/list", **page)


def _with_proposed(
    store: Store, region: str | None, function: str | None, after: Pair, limit: int
) -> list[Row]:
    if region is not None:
        claims = store.read("claim/counting_of_region", region=region, function=function)
    else:
        claims = store.read("claim/counting_of_function", function=function)
    names = {row[noun]: row[f"{noun}_name"] for row in claims for noun in ("region", "function")}
    found = [
        {
            "region": link["region"],
            "region_name": names[link["region"]],
            "function": link["function"],
            "function_name": names[link["function"]],
            **link,
        }
        for link in project(claims)
        if _PAIR(link) > after
    ]
    return found[:limit]


def of_atlas(
    store: Store, atlas_id: str, source: str | None = None
) -> list[tuple[str, str, float]]:
    """All links of an atlas as (region, function, weight), or one source's part of them.

    Raises:
        NotFound: ``source`` has no link in this atlas; those that have are listed.
    """
    rows = store.read("link/of_atlas", atlas=atlas_id)
    if source is None:
        return [(row["region"], row["function"], row["weight"]) for row in rows]
    known = sorted({name for row in rows for name in row["sources"]})
    if source not in known:
        raise NotFound(
            "source", found=repr(source), expected=f"one of {', '.join(known) or 'none yet'}"
        )
    return [
        (row["region"], row["function"], weight)
        for row in rows
        for name, weight in zip(row["sources"], row["source_weights"], strict=True)
        if name == source
    ]


def _position(after: str | None) -> Pair:
    if not after:
        return "", ""
    region, gap, function = after.rpartition(" ")
    if not gap:
        raise InvalidInput("after", found=after, expected="the next of the page before")
    return region, function
