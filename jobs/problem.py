"""Errors as stored with a job and shown over HTTP: the members of RFC 9457."""

from __future__ import annotations

from typing import Any

from atlas.errors import NeuroweaveError


def problem_of(error: BaseException) -> dict[str, Any]:
    """``{title, detail, status, code}`` and, for errors people can act on, ``field``.

    >>> from atlas.errors import NotFound
    >>> problem_of(NotFound("scenario", found="opera"))["field"]
    'scenario'
    """
    if isinstance(error, NeuroweaveError):
        return {
            "title": type(error).__doc__ or error.code,
            "detail": str(error),
            "status": error.status,
            "code": error.code,
            "field": error.field,
        }
    return {
        "title": "The job failed inside.",
        "detail": f"{type(error).__name__}: {error}",
        "status": 500,
        "code": "internal",
    }


def death(code: int, tail: str) -> dict[str, Any]:
    """The problem of a process that ended without a word; ``tail`` is the end of its stderr."""
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return {
        "title": "The job's process died.",
        "detail": f"{how}\n{tail}".strip(),
        "status": 500,
        "code": "process-died",
    }


LEASE_LOST = {
    "title": "The worker was lost.",
    "detail": "its lease ran out without being renewed, and no attempts are left",
    "status": 500,
    "code": "lease-lost",
}
