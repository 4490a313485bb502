"""The server itself: health, counts, history, and Cypher."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroweave.calls.dialogue import Answer, Ask, Dialogue, table

if TYPE_CHECKING:
    import pandas as pd


def health() -> Dialogue[Answer]:
    """Tell whether the server is up, which database it uses and its version."""
    return Answer((yield Ask("GET", "/health")))


def stats() -> Dialogue[Answer]:
    """Count nodes by label and relationships by type."""
    return Answer((yield Ask("GET", "/stats")))


def revisions(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the history."""
    return (yield from table("/revisions", limit))


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
    import pandas as pd

    body = {"query": query, "parameters": {**(parameters or {}), **more}, "limit": limit}
    answer = yield Ask("POST", "/cypher", json=body)
    frame = pd.DataFrame(answer["rows"], columns=answer["fields"])
    frame.attrs.update(truncated=answer["truncated"], took_ms=answer["took_ms"])
    return frame
