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
    return _without_insides({**plain, "payload": _without_folders(plain["payload"])})


def event_data(event: Event) -> dict[str, Any]:
    """Return the data of an event, fit to be shown."""
    return _without_insides(event.data)


def _without_folders(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Files are kept under the digest of their content; where is nobody's business."""
    return {key: _name(value) for key, value in payload.items()}


def _name(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_name(item) for item in value]
    is_path = isinstance(value, str) and Path(value).is_absolute()
    return Path(value).name if is_path else value


def _without_insides(data: Mapping[str, Any]) -> dict[str, Any]:
    problem = data.get("problem")
    if not problem or problem["status"] < 500:
        return dict(data)
    return {**data, "problem": {**problem, "detail": FAILED_INSIDE}}
