"""Overlaps of regions across atlases, stored once for each pair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from atlas.errors import InvalidInput
from atlas.overlap import Overlap, qualify
from graph import atlases, edges, revisions
from graph.changes import PutReport
from graph.store import Row, Store, Tx

_QUERIES = ("overlap/write", "overlap/drop")

_STORED = ("a", "b", "dice", "inside", "contains", "qualification")


def put(
    store: Store, a: str, b: str, rows: Iterable[Overlap], *, by: str = "overlap", reason: str = ""
) -> PutReport:
    """Store how the regions of two atlases overlap; what was stored of the two is replaced.

    The relationship starts at the atlas whose id comes first. A second time changes nothing.

    Raises:
        NotFound: an atlas that is not in the graph.
        InvalidInput: an atlas against itself, or rows of other atlases.
    """
    if a == b:
        raise InvalidInput("overlaps", found=f"{a} against itself", expected="two atlases")
    for atlas in (a, b):
        atlases.get(store, atlas)
    first, second = sorted((a, b))
    wanted = [_turned(asdict(row), a > b) for row in rows]
    for row in wanted:
        if not (row["a"].startswith(f"{first}:") and row["b"].startswith(f"{second}:")):
            found = f"{row['a']} and {row['b']}"
            raise InvalidInput("overlaps", found=found, expected=f"regions of {a} and {b}")

    def work(tx: Tx) -> PutReport:
        revisions.hold(tx)
        stored = tx.run("overlap/list", atlas=first, other=second, region=None)
        known = [{key: row[key] for key in _STORED} for row in stored]
        about = {"atlas": first, "other": second}
        return edges.replace(tx, _QUERIES, known, wanted, by=by, reason=reason, about=about)[0]

    return store.transaction(work)


def list_overlaps(store: Store, a: str, b: str, region: str | None = None) -> list[Row]:
    """Stored overlaps seen from ``a``, the largest Dice of each region first.

    Rows: a, a_name, b, b_name, dice, inside, contains, qualification; empty if none are stored.
    """
    rows = store.read("overlap/list", atlas=a, other=b, region=region)
    return [_seen_from(row) for row in rows]


def _seen_from(row: Row) -> Row:
    if row.pop("outgoing"):
        return row
    inside, contains = row["contains"], row["inside"]
    row |= {"inside": inside, "contains": contains}
    return {**row, "qualification": qualify(inside, contains)}


def _turned(row: Row, turn: bool) -> Row:
    if turn:
        row["a"], row["b"] = row["b"], row["a"]
        row["inside"], row["contains"] = row["contains"], row["inside"]
        row["qualification"] = qualify(row["inside"], row["contains"])
    return {key: row[key] for key in _STORED}
