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


def revisions(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the history."""
    return (yield from table("/revisions", limit))
