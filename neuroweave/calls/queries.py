"""Questions with a name, and questions in Cypher."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroweave.calls.dialogue import Answer, Ask, Dialogue, address, one, table

if TYPE_CHECKING:
    import pandas as pd


def cypher(
    query: str,
    /,
    *,
    limit: int = 1000,
    parameters: Mapping[str, Any] | None = None,
    **more: Any,  # noqa: ANN401 - any parameter value
) -> Dialogue[pd.DataFrame]:
    """Run one read-only statement; keyword arguments are its parameters.

    Returns:
        One row a record; ``.attrs["truncated"]`` tells whether there were more.
    """
    body = {"query": query, "parameters": {**(parameters or {}), **more}, "limit": limit}
    return _frame((yield Ask("POST", "/cypher", json=body)))


def export_query(
    path: str | Path,
    query: str,
    format: str = "csv",
    *,
    limit: int = 1000,
    parameters: Mapping[str, Any] | None = None,
) -> Dialogue[Path]:
    """Save what a statement finds as a file.

    ``format`` is ``csv`` (its rows), or of the regions in its first column that has them:
    ``graphml`` (their network), ``nifti`` (a map of a column ``weight``) or ``dseg`` (a zipped BIDS
    segmentation with its table).
    """
    body = {"query": query, "parameters": dict(parameters or {}), "limit": limit}
    asked = Ask("POST", "/cypher/export", params={"format": format}, json=body, raw=True)
    target = Path(path)
    target.write_bytes((yield asked))
    return target


def queries(q: str | None = None, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the stored queries: the built-in ones, one's own and shared ones."""
    return (yield from table("/queries", limit, {"q": q} if q else None))


def query(id: str) -> Dialogue[Answer]:
    """Show a stored query, ``id`` in its latest version or ``id@version``."""
    return (yield from one("/queries", id))


def run_query(
    id: str,
    /,
    *,
    limit: int = 1000,
    parameters: Mapping[str, Any] | None = None,
    **more: Any,  # noqa: ANN401 - any parameter value
) -> Dialogue[pd.DataFrame]:
    """Run a stored query; keyword arguments are its parameters. Returns as :meth:`cypher`."""
    body = {"parameters": {**(parameters or {}), **more}, "limit": limit}
    return _frame((yield Ask("POST", address("/queries", id) + "/run", json=body)))


def save_query(
    id: str,
    query: str,
    parameters: Mapping[str, str] | None = None,
    *,
    description: str = "",
    shared: bool = False,
) -> Dialogue[Answer]:
    """Keep a statement under a name; ``parameters`` says the type of each of its parameters."""
    body = {"id": id, "query": query, "parameters": dict(parameters or {})}
    more = {"description": description, "shared": shared}
    return Answer((yield Ask("POST", "/queries", json={**body, **more})))


def delete_query(id: str) -> Dialogue[None]:
    """Take one of one's own stored queries away, with all its versions."""
    yield Ask("DELETE", address("/queries", id), raw=True)


def _frame(answer: Mapping[str, Any]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(answer["rows"], columns=answer["fields"])
    frame.attrs.update(truncated=answer["truncated"], took_ms=answer["took_ms"])
    return frame
