"""Conditional requests: which copy a caller has, or insists on (RFC 9110, section 13)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from fastapi import Request, Response

from atlas.errors import NeuroweaveError

KEPT = ("cache-control", "content-location", "etag", "expires", "last-modified", "vary")
"""Headers that a 304 has like the 200 in whose place it stands."""


class PreconditionFailed(NeuroweaveError):  # noqa: N818 - read as sentences
    """A request for another state of a thing than the one it is in."""

    status = 412
    code = "precondition-failed"


def conditional(request: Request, response: Response) -> Response:
    """Answer a GET with what was found, or with 304 where the caller has it.

    The headers are looked at in the order of section 13.2.2. ``Range`` comes after them and is
    for the response itself.

    Raises:
        PreconditionFailed: the caller insists on another state.
    """
    tag, modified = response.headers["etag"], _date(response.headers.get("last-modified"))
    wanted, unmodified = (
        _header(request, "if-match"),
        _date(_header(request, "if-unmodified-since")),
    )
    if wanted is not None:
        if not _named(wanted, tag):
            raise PreconditionFailed("If-Match", found=tag, expected=wanted)
    elif unmodified and modified and modified > unmodified:
        raise PreconditionFailed("If-Unmodified-Since", found=modified, expected=str(unmodified))
    known, since = _header(request, "if-none-match"), _date(_header(request, "if-modified-since"))
    if known is not None:
        same = _named(known, tag, weak=True)
    else:
        same = bool(since and modified and modified <= since)
    return _not_modified(response) if same else response


def _header(request: Request, name: str) -> str | None:
    """A header, which may have come in several lines."""
    return ", ".join(request.headers.getlist(name)) or None


def _named(header: str, tag: str, *, weak: bool = False) -> bool:
    """Whether a list of entity tags has this one, by weak or strong comparison (8.8.3.2).

    >>> _named('W/"b"', '"b"'), _named('W/"b"', '"b"', weak=True), _named('"a","b"', '"b"')
    (False, True, True)
    """
    tags = [one.strip() for one in header.split(",")]
    if weak:
        tags = [one.removeprefix("W/") for one in tags]
    return "*" in tags or tag in tags


def _date(header: str | None) -> datetime | None:
    """A time as headers have it; what is none is not looked at.

    >>> str(_date("Sun, 06 Nov 1994 08:49:37 GMT")), _date("yesterday")
    ('1994-11-06 08:49:37+00:00', None)
    """
    try:
        found = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _not_modified(response: Response) -> Response:
    headers = {name: response.headers[name] for name in KEPT if name in response.headers}
    return Response(status_code=304, headers=headers)
