"""Functions, areas, and what speaks for a region having a function."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neuroweave.calls.dialogue import Answer, Ask, Dialogue, address, given, one, table

if TYPE_CHECKING:
    import pandas as pd


def region_functions(id: str, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the functions of a region with weights, claims and sources."""
    return (yield from table(address("/regions", id) + "/functions", limit))


def functions(q: str | None = None, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the function tree, or search it by words."""
    return (yield from table("/functions", limit, {"q": q}))


def function(id: str) -> Dialogue[Answer]:
    """Show one function."""
    return (yield from one("/functions", id))


def function_regions(
    id: str, descendants: bool = True, limit: int | None = None
) -> Dialogue[pd.DataFrame]:
    """List the regions that have a function, also of the functions below it if not told else."""
    query = {"descendants": descendants}
    return (yield from table(address("/functions", id) + "/regions", limit, query))


def areas(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the functional areas."""
    return (yield from table("/areas", limit))


def links(
    region: str | None = None,
    function: str | None = None,
    limit: int | None = None,
    include_proposed: bool = False,
) -> Dialogue[pd.DataFrame]:
    """List region-function links with their weights and sources.

    With ``include_proposed`` as if every proposed claim of the region or function were accepted.
    """
    query = {"region": region, "function": function, "include_proposed": include_proposed or None}
    return (yield from table("/links", limit, query))


def claims(
    region: str | None = None,
    function: str | None = None,
    source: str | None = None,
    limit: int | None = None,
    status: str | None = None,
) -> Dialogue[pd.DataFrame]:
    """List what each source claims, with its own statistic and value.

    The accepted ones; ``status`` may be ``proposed``, ``rejected`` or ``any``.
    """
    query = {"region": region, "function": function, "source": source, "status": status}
    return (yield from table("/claims", limit, query))


def import_claims(
    what: str,
    *,
    atlas: str | None = None,
    networks: str | None = None,
    data: str | None = None,
    inference: str | None = None,
    source: str | None = None,
    table: str | Path | None = None,
    dry_run: bool = False,
) -> Dialogue[Answer]:
    """Bring in evidence: all of it, or nothing if something is wrong with it.

    Args:
        what: ``networks`` (of an atlas), ``brainnetome`` (the published table) or ``table``.
        atlas: networks, brainnetome: id of the atlas.
        networks: networks: atlas of networks whose overlap with the regions counts, instead of
            the networks that the regions name.
        data: brainnetome: folder of the published tables in the server's folder ``data``.
        inference: brainnetome: ``forward``, ``reverse`` or ``both``.
        source: table: id of the source.
        table: a tab-separated file with the columns region, function, statistic, value, weight
            and perhaps q, n_studies, citation, rationale.
        dry_run: check all, write nothing.

    Returns:
        ``sources``: claims written, rows that make none, terms without an exact function.
    """
    text = None if table is None else Path(table).read_text("utf-8")
    body = given(what=what, atlas=atlas, networks=networks, data=data, inference=inference,
                 source=source, table=text)  # fmt: skip
    return Answer((yield Ask("POST", "/claims/import", {"dry_run": dry_run}, json=body)))
