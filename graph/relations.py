"""What ontologies say about functions beside the tree: other names, and relations of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from atlas.errors import Conflict
from atlas.model import Source
from graph import changes, content, edges, functions, revisions, sources
from graph.changes import PutReport
from graph.clock import now
from graph.store import Row, Store, Tx
from graph.succession import Succession

Relation = tuple[str, str, str]
"""Function, the source's word for the relation (``isKindOf``), other function."""

Moved = dict[str, list[Row]]
"""Relations that are ``gone``, and those that are ``new``."""

MOVED = "relations"
"""Under this a revision keeps what it did to relations, so that it can be undone."""

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

    The relations replace what was stored of the source. Ids and the tree stay as they are, and so
    do the names of functions that people have edited. What is said of a function that others have
    replaced is said of those.

    Returns:
        What was done to functions' names, and to relations.

    Raises:
        NotFound: a function that is not in the graph.
    """
    stated = sorted(set(relations))

    def work(tx: Tx) -> tuple[PutReport, PutReport]:
        revisions.hold(tx)
        known = Succession.read(tx)
        wanted = _among(known, stated, source.id)
        named = {known.only("function", id): list(names) for id, names in aliases.items()}
        ids = set(named) | {row[end] for row in wanted for end in ("a", "b")}
        changes.require(tx, "function", ids, "function")
        names = _name(tx, source, named, by, reason)
        stored = tx.run("relation/of_source", source=source.id)
        about = {"source": source.id}
        return names, edges.replace(
            tx, _QUERIES, stored, wanted, by=by, reason=reason, about=about
        )[0]

    return store.transaction(work)


def moved(tx: Tx, becomes: Mapping[str, Sequence[str]]) -> Moved:
    """What happens to the relations of functions that others replace; writes nothing."""
    gone = tx.run("relation/of_functions", ids=sorted(becomes))
    new = []
    for row in gone:
        for a in becomes.get(row["a"], (row["a"],)):
            new += [{**row, "a": a, "b": b} for b in becomes.get(row["b"], (row["b"],)) if a != b]
    targets = sorted({row[end] for row in new for end in ("a", "b")})
    there = tx.run("relation/of_functions", ids=targets)
    fresh = {tuple(row.values()): row for row in new if row not in there}
    return {"gone": gone, "new": list(fresh.values())}


def move(tx: Tx, change: Moved) -> None:
    """Write what :func:`moved` found; both ends of every relation are there."""
    write, drop = _QUERIES
    changes.run(tx, write, change["new"])
    changes.run(tx, drop, change["gone"])


def turned(change: Moved) -> Moved:
    """The change the other way round."""
    return {"gone": change["new"], "new": change["gone"]}


def take_back(tx: Tx, change: Moved) -> None:
    """Undo :func:`move`.

    Raises:
        Conflict: relations have changed since.
    """
    ends = {row[end] for rows in change.values() for row in rows for end in ("a", "b")}
    there = tx.run("relation/of_functions", ids=sorted(ends))
    back = turned(change)
    if any(row not in there for row in back["gone"]) or any(row in there for row in back["new"]):
        raise Conflict(
            "undo",
            found="relations of these functions that were brought in later",
            expected="relations that are as this revision left them",
            hint="bring the former set in again",
        )
    move(tx, back)


def _among(known: Succession, stated: Iterable[Relation], source: str) -> list[Row]:
    rows = {
        (a, kind, b): {"a": a, "b": b, "kind": kind, "source": source}
        for one, kind, other in stated
        for a in known.of("function", one)
        for b in known.of("function", other)
        if a != b or one == other
    }
    return [rows[key] for key in sorted(rows)]


def _name(
    tx: Tx, source: Source, aliases: Mapping[str, list[str]], by: str, reason: str
) -> PutReport:
    rows = [
        row if row["edited_by"] else {**row, "aliases": aliases[row["id"]] or None}
        for row in content.read(tx, "function", aliases)
    ]
    difference = changes.compare(tx, "function", rows)
    origin = changes.compare(tx, "source", [sources.row(source)])
    report = difference.report
    if not (difference.fresh or origin.fresh):
        return report
    at = now()
    detail = {"source": source.id, "changed": report.changed}
    seq = revisions.append(tx, by=by, action="name functions", at=at, reason=reason, detail=detail)
    changes.write(tx, "source", origin, seq, at)
    changes.write(tx, "function", difference, seq, at)
    functions.relate(tx, difference.fresh)
    return report
