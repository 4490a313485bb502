"""Optimistic editing: whoever changes a record says which state of it they have read.

The ETag of a record is its quoted digest. A change names it in ``If-Match``; when the record has
changed since, nothing is written and the answer is 412 with the current state and its ETag.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Depends, Header, Response

from api.access.caller import Caller, Scope
from api.access.config import AccessConfig
from atlas.errors import InvalidInput, NeuroweaveError

_TAG = re.compile(r'"([\x21\x23-\x7e]*)"')
IF_MATCH = r'^(\*|"[!#-~]*")$'
"""The same for the document, with the asterisk."""


class PreconditionRequired(NeuroweaveError):  # noqa: N818 - read as sentences
    """A change that does not say which state it is a change of."""

    status = 428
    code = "precondition-required"


def etag(digest: str) -> str:
    """Return the entity tag of a record with this digest.

    >>> etag("5f")
    '"5f"'
    """
    return f'"{digest}"'


IfMatchHeader = Annotated[
    str | None,
    Header(
        description="ETag of the record as you read it; `*`: whatever it is now. 428 without.",
        examples=['"5f1c09"'],
    ),
]
"""The header, as far as there is one."""


def expected(if_match: IfMatchHeader = None) -> str | None:
    """Return the digest that ``If-Match`` names, None for ``*``: the caller overwrites knowingly.

    Raises:
        PreconditionRequired: there is no such header.
        InvalidInput: it is no single strong entity tag.

    >>> expected('"5f"'), expected("*")
    ('5f', None)
    """
    if if_match is None:
        raise PreconditionRequired(
            "If-Match",
            found="nothing",
            expected="the ETag of the record as you read it",
            hint="GET it first; * overwrites whatever it is now",
        )
    header = if_match.strip()
    if header == "*":
        return None
    match = _TAG.fullmatch(header)
    if match is None:
        raise InvalidInput("If-Match", found=header, expected='one strong ETag ("…"), or *')
    return match[1]


def tagged(response: Response, record: dict[str, Any]) -> dict[str, Any]:
    """Set the ETag of a record, which holds its ``digest``, and pass it on."""
    response.headers["ETag"] = etag(record["digest"])
    return record


def may_review_own(caller: Caller, access: AccessConfig) -> bool:
    """Tell whether the caller may accept what they state themselves.

    Nobody who may not review may. For reviewers the setting decides; where it says nothing, the
    person at a server of their own may (nobody else is there), and people with accounts may not.
    """
    if not caller.may(Scope.REVIEWER):
        return False
    return caller.via == "local" if access.self_review is None else access.self_review


IfMatch = Annotated[str | None, Depends(expected)]
