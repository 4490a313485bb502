"""What the HTTP server needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from api.access.config import AccessConfig
from graph.config import StoreConfig
from jobs.ledger import default_url

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """Settings of one server; sizes in bytes, times in seconds.

    ``max_body_bytes`` bounds JSON bodies, ``max_upload_bytes`` multipart ones (a compressed map
    and its fields) and ``max_map_bytes`` the voxels a map's header claims, decompressed.
    ``jobs_url`` is an SQLAlchemy URL, by default of an SQLite file in ``home``; accounts lie there
    too. ``access`` says who may do what. ``metrics`` shows measures at ``/metrics``, ``tracing``
    sends traces.
    """

    home: Path
    store_config: StoreConfig
    jobs_url: str | None = None
    max_body_bytes: int = 16 * MIB
    max_upload_bytes: int = 64 * MIB
    max_map_bytes: int = 256 * MIB
    cypher_timeout_s: float = 10.0
    cypher_max_rows: int = 10_000
    event_poll_s: float = 0.25
    event_ping_s: float = 15.0
    metrics: bool = False
    tracing: bool = False
    access: AccessConfig = field(default_factory=AccessConfig)

    @property
    def ledger_url(self) -> str:
        """URL of the job ledger."""
        return self.jobs_url or default_url(self.home)

    @property
    def data(self) -> Path:
        """Folder of the databases that may be read over HTTP; its owner fills it."""
        return self.home / "data"

    @property
    def uploads(self) -> Path:
        """Folder of the maps that submitted jobs still need."""
        return self.home / "uploads"
