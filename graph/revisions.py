"""The append-only history: who changed what, when and why."""

from __future__ import annotations

import json
from typing import Any

from graph.store import Row, Store, Tx

_NEWEST = 2**62


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


def list_revisions(
    store: Store, limit: int = 50, after: int | None = None
) -> tuple[list[Row], int | None]:
    """Revisions newest first, and the ``after`` of the next page (None at the end).

    Rows: seq, at (ISO 8601), by, action, reason, detail (dict), changed (number of nodes).
    """
    before = _NEWEST if after is None else after
    rows = store.read("revision/list", before=before, limit=limit)
    for row in rows:
        row["detail"] = json.loads(row["detail"] or "{}")
    return rows, (rows[-1]["seq"] if len(rows) == limit else None)
