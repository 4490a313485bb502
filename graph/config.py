"""Where the graph lives: an own directory, or a Neo4j server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """How to reach the database.

    ``uri`` names a Neo4j 5 server (``bolt://`` or ``neo4j://``, with ``+s`` for TLS). Without it
    the embedded server is used, with its files in ``files``, by default ``home / "graph"``.
    """

    home: Path
    uri: str | None = None
    user: str = "neo4j"
    password: str | None = field(default=None, repr=False)
    database: str | None = None
    files: Path | None = None
