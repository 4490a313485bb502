"""What ontologies say about functions beside the tree: other names, and relations of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from atlas.model import Source
from graph import changes, content, edges, revisions, sources
from graph.changes import PutReport
from graph.clock import now
from graph.store import Row, Store, Tx

Relation = tuple[str, str, str]
"""Function, the source's word for the relation (``isKindOf``), other function."""

_QUERIES = ("relation/write", "relation/drop")


def put(
    store: Store,
    source: Source,
    aliases: Mapping[str, Sequence[str]],
    relations: Iterable[Relation],
    *,
    by: str,
    reason: str = "",
) -> tuple[PutReport, PutReport]:
    """Store the other names of functions and a source's relations; a second time changes nothing.

    The relations replace what was stored of the source. Ids and the tree stay as they are.

    Returns:
        What was done to functions' names, and to relations.

    Raises:
        NotFound: a function that is not in the graph.
    """
    named = [
        {"id": id, "aliases": list(names), "alias_text": " | ".join(names)}
        for id, names in sorted(aliases.items())
    ]
    wanted = [
        {"a": a, "b": b, "kind": kind, "source": source.id} for a, kind, b in sorted(set(relations))
    ]

    def work(tx: Tx) -> tuple[PutReport, PutReport]:
        revisions.hold(tx)
        ids = set(aliases) | {row[end] for row in wanted for end in ("a", "b")}
        changes.require(tx, "function", ids, "function")
        names = _name(tx, source, named, by, reason)
        stored = tx.run("relation/of_source", source=source.id)
        about = {"source": source.id}
        return names, edges.replace(
            tx, _QUERIES, stored, wanted, by=by, reason=reason, about=about
        )[0]

    return store.transaction(work)


def of(store: Store, function: str) -> list[Row]:
    """Relations of one function: function (the other), name, kind, source, outgoing."""
    return store.read("relation/of_function", id=function)


def _name(tx: Tx, source: Source, rows: list[Row], by: str, reason: str) -> PutReport:
    known: dict[str, list[str]] = {}
    for batch in changes.batches(rows):
        found = tx.run("function/aliases", ids=[row["id"] for row in batch])
        known.update({row["id"]: row["aliases"] for row in found})
    fresh = [row for row in rows if known[row["id"]] != row["aliases"]]
    origin = changes.compare(tx, "source", [sources.row(source)])
    report = PutReport(0, len(fresh), len(rows) - len(fresh))
    if not (fresh or origin.fresh):
        return report
    at = now()
    detail = {"source": source.id, "changed": len(fresh)}
    seq = revisions.append(tx, by=by, action="name functions", at=at, reason=reason, detail=detail)
    changes.write(tx, "source", origin, seq, at)
    # Other names are no part of a function's content: it is before what it is after.
    same = {row["id"]: row for row in content.read(tx, "function", [row["id"] for row in fresh])}
    for batch in changes.batches(fresh):
        kept = [{**row, "before": changes.text(same[row["id"]])} for row in batch]
        tx.run("function/alias", rows=kept, seq=seq)
    return report
