"""The links between regions and functions, as people query them."""

from __future__ import annotations

from atlas.errors import InvalidInput, NotFound
from graph.pages import check_limit, page
from graph.projection import project
from graph.regions import with_sources
from graph.store import Row, Store


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

    Rows: region, region_name, function, function_name, weight, claims (ids), sources
    ``[{source, weight}]``, rule (how the sources were combined).
    """
    check_limit(limit)
    if include_proposed:
        return _with_proposed(store, region, function, limit, after)
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


def _with_proposed(
    store: Store, region: str | None, function: str | None, limit: int, after: str | None
) -> tuple[list[Row], str | None]:
    if region is not None:
        claims = store.read("claim/counting_of_region", region=region, function=function)
    elif function is not None:
        claims = store.read("claim/counting_of_function", function=function)
    else:
        raise InvalidInput(
            "include_proposed", found="neither", expected="a region or a function to look at"
        )
    names = {row[noun]: row[f"{noun}_name"] for row in claims for noun in ("region", "function")}
    own = "function" if region is not None else "region"
    found = [
        {
            "region": link["region"],
            "region_name": names[link["region"]],
            "function": link["function"],
            "function_name": names[link["function"]],
            **link,
        }
        for link in project(claims)
        if link[own] > (after or "")
    ]
    rows, following = page(found, limit, own)
    return [with_sources(row) for row in rows], following


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


def _position(after: str | None) -> tuple[str, str]:
    if not after:
        return "", ""
    region, gap, function = after.partition(" ")
    if not gap:
        raise InvalidInput("after", found=after, expected="the next of the page before")
    return region, function
