"""A job and its events, as the ledger hands them out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def done(self) -> bool:
        """Whether nothing more happens unless somebody asks for a retry."""
        return self not in (Status.QUEUED, Status.RUNNING)


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the ledger. Times are seconds since 1970, UTC.

    ``fence`` grows by one with every claim: whoever holds an older number no longer owns the job.
    ``beat`` grows with every renewal of the lease, which lasts ``lease_s`` seconds of silence.
    Higher ``priority`` runs first. ``message`` and ``fraction`` (0 to 1) are the last progress.
    """

    id: str
    kind: str
    payload: dict[str, Any]
    by: str
    status: Status
    priority: int
    submitted_at: float
    started_at: float | None
    finished_at: float | None
    attempts: int
    max_attempts: int
    cancel_requested: bool
    worker: str | None
    fence: int
    lease_s: float | None
    beat: int
    message: str
    fraction: float
    last_checkpoint: dict[str, Any] | None
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    last_event: int

    @property
    def done(self) -> bool:
        """Whether the job has ended, well or not."""
        return self.status.done

    def to_dict(self) -> dict[str, Any]:
        """JSON form for people: ISO times, without the worker's private marks."""
        plain = asdict(self)
        for private in ("fence", "lease_s", "beat", "last_checkpoint", "worker"):
            del plain[private]
        for time in ("submitted_at", "started_at", "finished_at"):
            plain[time] = iso(plain[time])
        return plain


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job; ``id`` counts from 1 for each job."""

    id: int
    at: float
    kind: str
    data: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as sent over SSE."""
        return {"id": self.id, "at": iso(self.at), "kind": self.kind, "data": self.data}


Jobs = list[Job]
Events = list[Event]


def iso(seconds: float | None) -> str | None:
    """ISO 8601 in UTC with milliseconds.

    >>> iso(0.5)
    '1970-01-01T00:00:00.500+00:00'
    """
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
