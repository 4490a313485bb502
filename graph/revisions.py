"""The append-only history: who changed what, when and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from atlas.errors import InvalidInput, NotFound
from graph.store import Row, Store, Tx

_NEWEST = 2**62


def hold(tx: Tx) -> int:
    """Wait for the turn to write and keep it; the number of the last revision.

    The first statement of a transaction that reads what it is about to change: nobody else
    changes it in between.
    """
    return int(tx.run("content/hold")[0]["seq"])


def append(
    tx: Tx, *, by: str, action: str, at: str, reason: str = "", detail: dict[str, Any] | None = None
) -> int:
    """Add the next revision to a running transaction and return its number.

    Numbers are unique, increase, and have no gaps: a transaction that fails gives its number
    back. Call it before other writes of the transaction, so that writers queue here.
    """
    rows = tx.run(
        "revision/append",
        by=by,
        action=action,
        reason=reason,
        detail=json.dumps(detail or {}, sort_keys=True),
        at=at,
    )
    return int(rows[0]["seq"])


def get(store: Store, seq: int) -> Row:
    """One revision, as :func:`list_revisions` shows it.

    Raises:
        NotFound: no such revision.
    """
    rows, _ = list_revisions(store, 1, seq + 1)
    if not rows or rows[0]["seq"] != seq:
        raise NotFound("revision", found=seq, expected="the number of a revision")
    return rows[0]


def list_revisions(
    store: Store,
    limit: int = 50,
    after: int | None = None,
    *,
    by: str | None = None,
    since: str | None = None,
    until: str | None = None,
    among: Iterable[int] | None = None,
) -> tuple[list[Row], int | None]:
    """Revisions newest first, and the ``after`` of the next page (None at the end).

    Args:
        store: the open graph.
        limit: rows of a page.
        after: the second value of the page before.
        by: id of the person or program.
        since: ISO 8601, inclusive; without a zone it is UTC.
        until: ISO 8601, exclusive.
        among: numbers of the revisions that count.

    Returns:
        Rows seq, at (ISO 8601), by, action, reason, detail (dict), changed (number of records).

    Raises:
        InvalidInput: ``since`` or ``until`` is no time.
    """
    rows = store.read(
        "revision/list",
        before=_NEWEST if after is None else after,
        by=by,
        since=_time("since", since),
        until=_time("until", until),
        among=None if among is None else {str(seq): True for seq in among},
        limit=limit,
    )
    for row in rows:
        row["detail"] = json.loads(row["detail"] or "{}")
    return rows, (rows[-1]["seq"] if len(rows) == limit else None)


def _time(field: str, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        # In an address that was not quoted, the + of an offset has become a space.
        found = datetime.fromisoformat(re.sub(r"(T.+) (\d\d:?\d\d)$", r"\1+\2", value))
    except ValueError as error:
        raise InvalidInput(
            field, found=value, expected="a time such as 2026-11-21T16:00Z"
        ) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()
