"""The log: lines for people or for programs, without secrets.

Every line of a request carries its number. A request is told of by its route's template, status,
milliseconds and caller; paths, queries, headers and bodies are not written at all. What others put
into their messages (an address with a password in it, say) is blackened before it is written.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from starlette.types import Scope

from api.telemetry.requests import Seen, current

Form = Literal["human", "json"]

log = logging.getLogger("neuroweave.request")

BLACK = "***"
_FIELDS = ("method", "route", "status", "ms", "caller")
_SECRETS = [
    # The password in an address: scheme://user:password@host
    (re.compile(r"(\w://[^\s:/@]*:)[^\s/]*(?=@)"), rf"\1{BLACK}"),
    # The values of headers and fields by name, up to the end of the word or the quotes.
    (
        re.compile(
            r"(?i)(authorization|cookie|api[-_]?key|password|passwd|secret|token)"
            r"(['\"]?\s*[:=]\s*)"
            r"(?:(['\"]).*?\3|(?:bearer|basic)\s+[^\s,;'\"]+|[^\s,;&'\"]+)"
        ),
        rf"\1\2{BLACK}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {BLACK}"),
    # Keys of ours (prefix.secret) and tokens of identity providers, wherever they stand.
    (re.compile(r"\b(nw[0-9a-f]{6,})\.[A-Za-z0-9_-]{16,}"), rf"\1.{BLACK}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), BLACK),
    # What follows a question mark in an address, and what a database was given as values.
    (re.compile(r"(\w://[^\s?'\"]*\?|(?<=\s)/[^\s?'\"]*\?)[^\s'\"]+"), rf"\1{BLACK}"),
    (re.compile(r"\[parameters: .*?\](?=\s*(?:\n|$|\())", re.DOTALL), f"[parameters: {BLACK}]"),
]


def blackened(text: str) -> str:
    """Return a text without what looks like a secret.

    >>> blackened("postgresql://ada:s3cret@host/jobs refused; Authorization: Bearer abcdefgh")
    'postgresql://ada:***@host/jobs refused; Authorization: ***'
    >>> blackened("GET /api/v1/regions?key=abc HTTP/1.1")
    'GET /api/v1/regions?*** HTTP/1.1'
    """
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and what is known of the request."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "at": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": blackened(record.getMessage()),
        }
        number = getattr(record, "request_id", None) or current.get()
        if number:
            line["request_id"] = number
        seen: Seen | None = getattr(record, "seen", None)
        if seen is not None:
            line |= {name: getattr(seen, name) for name in _FIELDS}
        if record.exc_info:
            line["exception"] = blackened(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class Lines(logging.Formatter):
    """A line for people; tracebacks as usual."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        number = current.get()
        text = super().format(record)
        return blackened(f"{text} [{number}]" if number and not record.exc_info else text)


def configure(form: Form, stream: TextIO | None = None) -> None:
    """Let this process's log go to a stream, by default stderr; warnings only of what is not ours.

    Args:
        form: for people (``human``) or programs (``json``).
        stream: where to.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    people = Lines("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonLines() if form == "json" else people)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("neuroweave", "jobs"):
        logging.getLogger(ours).setLevel(logging.INFO)


@contextmanager
def told(scope: Scope, seen: Seen) -> Iterator[None]:
    """Write a line when a request has ended."""
    try:
        yield
    finally:
        level = logging.WARNING if seen.status >= 500 else logging.INFO
        log.log(
            level,
            "%s %s %d %.1f ms %s",
            seen.method,
            seen.route,
            seen.status,
            seen.ms,
            seen.caller or "-",
            extra={"seen": _rounded(seen), "request_id": seen.id},
        )


def _rounded(seen: Seen) -> Seen:
    return Seen(seen.id, seen.method, seen.status, seen.route, seen.caller, round(seen.ms, 1))
