"""The server itself: health, counts and history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuroweave.calls.dialogue import Answer, Ask, Dialogue, table

if TYPE_CHECKING:
    import pandas as pd


def health() -> Dialogue[Answer]:
    """Tell whether the server is up, which database it uses and its version."""
    return Answer((yield Ask("GET", "/health")))


def stats() -> Dialogue[Answer]:
    """Count nodes by label and relationships by type."""
    return Answer((yield Ask("GET", "/stats")))


def revisions(
    limit: int | None = None,
    *,
    region: str | None = None,
    function: str | None = None,
    model: str | None = None,
    by: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Dialogue[pd.DataFrame]:
    """List the entries of the history that meet every condition, newest first."""
    query = {"region": region, "function": function, "model": model, "by": by,
             "since": since, "until": until}  # fmt: skip
    return (yield from table("/revisions", limit, query))
