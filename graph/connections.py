"""Connections between regions of one atlas, as matrices gave them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from atlas.errors import InvalidInput
from atlas.model import Source
from graph import atlases, changes, edges, revisions, sources
from graph.changes import PutReport
from graph.clock import now
from graph.gone import require
from graph.store import Row, Store, Tx

_QUERIES = ("connection/write", "connection/drop")

Kind = Literal["functional", "structural"]
KINDS: tuple[Kind, ...] = ("functional", "structural")


def put(
    store: Store,
    atlas: str,
    source: Source,
    kind: Kind,
    pairs: Sequence[tuple[str, str, float]],
    *,
    by: str = "import",
    reason: str = "",
) -> PutReport:
    """Store the connections of one source; what it gave for this atlas and kind is replaced.

    Args:
        store: the open graph.
        atlas: id of the atlas both ends belong to.
        source: where the matrix came from; its id is the ``source`` of every connection.
        kind: functional or structural.
        pairs: (region id, region id, weight), each unordered pair once. The relationship starts
            at the id that comes first; readers ask without a direction.
        by: who is named in the history.
        reason: why.

    Raises:
        NotFound: an atlas or region that is not in the graph.
        InvalidInput: another kind, a region with itself, or a pair twice.
    """
    if kind not in KINDS:
        raise InvalidInput("kind", found=repr(kind), expected=" or ".join(KINDS))
    atlases.get(store, atlas)
    wanted = [_row(pair, kind, source.id) for pair in pairs]
    if len({(row["a"], row["b"]) for row in wanted}) < len(wanted):
        raise InvalidInput("connections", found="a pair twice", expected="each pair once")

    def work(tx: Tx) -> PutReport:
        revisions.hold(tx)
        changes.require(tx, "region", {row[end] for row in wanted for end in "ab"}, "connections")
        known = tx.run("connection/of_atlas", atlas=atlas, source=source.id)
        stored = [row for row in known if row["kind"] == kind]
        origin = changes.compare(tx, "source", [sources.row(source)])
        about = {"atlas": atlas, "source": source.id, "kind": kind}
        report, seq = edges.replace(tx, _QUERIES, stored, wanted, by=by, reason=reason, about=about)
        if origin.fresh:
            at = now()
            if seq is None:
                seq = revisions.append(tx, by=by, action="put source", at=at, reason=reason)
            changes.write(tx, "source", origin, seq, at)
        return report

    return store.transaction(work)


def list_sources(store: Store, atlas: str | None = None) -> list[Row]:
    """Who gave connections, by atlas and source.

    Rows: atlas, source, name, version, kind, connections, weakest, strongest, licence, citation.

    Raises:
        NotFound: an atlas that is not in the graph.
    """
    rows = store.read("connection/list", atlas=atlas)
    if not rows:
        require(store, atlas=atlas)
    return rows


def _row(pair: tuple[str, str, float], kind: str, source: str) -> Row:
    a, b = sorted(pair[:2])
    if a == b:
        raise InvalidInput("connections", found=f"{a} with itself", expected="two regions")
    return {"a": a, "b": b, "kind": kind, "weight": float(pair[2]), "source": source}
