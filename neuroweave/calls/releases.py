"""Releases: the graph as plain text with a digest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroweave.calls.dialogue import Answer, Ask, Dialogue, address, given, one, table

if TYPE_CHECKING:
    import pandas as pd


def releases(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the releases; ``Client(release=…)`` asks one instead of the living graph."""
    return (yield from table("/releases", limit))


def release(id: str) -> Dialogue[Answer]:
    """Show what a release holds, its licences and its digest."""
    return (yield from one("/releases", id))


def make_release(
    id: str,
    *,
    without: Sequence[str] = (),
    policy: str = "refuse",
    volumes: bool = False,
    title: str = "",
) -> Dialogue[Answer]:
    """Submit a job that makes a release of the graph as it is.

    Args:
        id: its name, such as ``v2026.11``.
        without: sources to leave out, by id or by a term of their licences (``noncommercial``).
        policy: licences that do not go together: ``refuse`` or ``note``.
        volumes: whether the voxels go along, where their licences let them.
        title: for the citation.
    """
    body = given(id=id, without=list(without), policy=policy, volumes=volumes, title=title)
    return Answer((yield Ask("POST", "/releases", json=body)))


def download_release(id: str, path: str | Path) -> Dialogue[Path]:
    """Save a release as a zip, which ``neuroweave release verify`` checks."""
    content = yield Ask("GET", address("/releases", id) + "/file", raw=True)
    target = Path(path)
    target.write_bytes(content)
    return target
