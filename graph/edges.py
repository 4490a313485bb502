"""Relationships between regions that come in whole sets: only what differs is written."""

from __future__ import annotations

from collections.abc import Sequence

from graph import changes, revisions
from graph.changes import PutReport
from graph.clock import now
from graph.store import Row, Tx


def replace(
    tx: Tx,
    queries: tuple[str, str],
    stored: Sequence[Row],
    wanted: Sequence[Row],
    *,
    by: str,
    reason: str,
    about: dict[str, str],
) -> tuple[PutReport, int | None]:
    """Turn the stored set into the wanted one with the queries that write and drop.

    Rows are told apart by ``a``, ``b`` and, where they have one, ``kind``. Returns what was
    created, changed and left alone, and the number of the revision, None if nothing differed.
    """
    write, drop = queries
    before = {_key(row): row for row in stored}
    after = {_key(row): row for row in wanted}
    created = [row for key, row in after.items() if key not in before]
    changed = [row for key, row in after.items() if key in before and before[key] != row]
    gone = [row for key, row in before.items() if key not in after]
    report = PutReport(len(created), len(changed), len(after) - len(created) - len(changed))
    if not (report.written or gone):
        return report, None
    counts = {"created": report.created, "changed": report.changed, "dropped": len(gone)}
    detail = {**about, **counts}
    action = f"put {write.partition('/')[0]}s"
    seq = revisions.append(tx, by=by, action=action, at=now(), reason=reason, detail=detail)
    changes.run(tx, write, created + changed)
    changes.run(tx, drop, gone)
    return report, seq


def _key(row: Row) -> tuple[str, ...]:
    return row["a"], row["b"], row.get("kind", "")
