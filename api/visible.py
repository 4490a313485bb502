"""What callers may see of jobs: no folders, and no insides of our own failures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.job import Event, Job

FAILED_INSIDE = "The job failed inside; the worker's log has more."


def job_data(job: Job) -> dict[str, Any]:
    """Return a job as JSON, fit to be shown."""
    plain = job.to_dict()
    payload = plain["payload"]
    if "map" in payload:
        plain["payload"] = {**payload, "map": Path(payload["map"]).name}
    return _without_insides(plain)


def event_data(event: Event) -> dict[str, Any]:
    """Return the data of an event, fit to be shown."""
    return _without_insides(event.data)


def _without_insides(data: Mapping[str, Any]) -> dict[str, Any]:
    problem = data.get("problem")
    if not problem or problem["status"] < 500:
        return dict(data)
    return {**data, "problem": {**problem, "detail": FAILED_INSIDE}}
