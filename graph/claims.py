"""Claims, the truth of the graph, and their projection ``HAS_FUNCTION``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace

from atlas.errors import Conflict, InvalidInput
from atlas.model import Claim, Source
from graph import changes, content, revisions, sources
from graph.changes import Difference, PutReport
from graph.clock import now
from graph.gone import require
from graph.pages import check_limit, page
from graph.projection import project
from graph.store import Row, Store, Tx
from graph.succession import Succession, standing
from graph.values import digest as digest_of

Pair = tuple[str, str]


def put(
    store: Store, source: Source, claims: Sequence[Claim], *, by: str, reason: str = ""
) -> PutReport:
    """Bring in claims of one source: claims, links and history in one transaction.

    Claims that are there already, with the same content, stay untouched, and so do those that a
    person has edited or reviewed. Other content for a known id changes the claim; the history
    keeps what it was. A claim about a function that another has replaced is one about that
    other; the report counts it as ``resolved``, the revision says which.

    Raises:
        InvalidInput: a weight outside (0, 1], or a claim that names another source.
        NotFound: a region or function that is not in the graph.
        Conflict: a new claim about a function that was split.
    """
    _validate(source, claims)

    def work(tx: Tx) -> PutReport:
        revisions.hold(tx)
        rows, resolved = _resolved(tx, claims)
        difference = _spared(tx, changes.compare(tx, "claim", rows))
        origin = changes.compare(tx, "source", [sources.row(source)])
        fresh = difference.fresh
        report = replace(difference.report, resolved=len(resolved))
        if not fresh and not origin.fresh:
            return report
        changes.require(tx, "region", {row["region"] for row in fresh}, "claim region")
        changes.require(tx, "function", {row["function"] for row in fresh}, "claim function")
        at = now()
        detail = {"source": source.id, "created": report.created, "changed": report.changed}
        if resolved:
            detail["resolved"] = dict(sorted(resolved.values()))
        seq = revisions.append(tx, by=by, action="put claims", at=at, reason=reason, detail=detail)
        changes.write(tx, "source", origin, seq, at)
        former = changes.write(tx, "claim", difference, seq, at)
        refresh(tx, [(row["region"], row["function"]) for row in [*former, *fresh]])
        return report

    return store.transaction(work)


def check(
    store: Store, source: Source, claims: Sequence[Claim], *, functions: Collection[str] = ()
) -> PutReport:
    """What :func:`put` would do with these claims, without writing anything.

    ``functions`` are ids that will be there by then.

    Raises:
        InvalidInput, NotFound, Conflict: as :func:`put`.
    """
    _validate(source, claims)

    def work(tx: Tx) -> PutReport:
        changes.require(tx, "region", {claim.region for claim in claims}, "claim region")
        wanted = {claim.function for claim in claims} - set(functions)
        changes.require(tx, "function", wanted, "claim function")
        rows, resolved = _resolved(tx, claims)
        report = _spared(tx, changes.compare(tx, "claim", rows)).report
        return replace(report, resolved=len(resolved))

    return store.transaction(work)


def refresh(tx: Tx, pairs: Iterable[Pair]) -> None:
    """Project the claims of these region-function pairs anew, within a running transaction."""
    wanted = [{"region": region, "function": function} for region, function in sorted(set(pairs))]
    for batch in changes.batches(wanted):
        links = project(tx.run("claim/of_pairs", pairs=batch))
        kept = {(link["region"], link["function"]) for link in links}
        gone = [pair for pair in batch if (pair["region"], pair["function"]) not in kept]
        tx.run("link/put", rows=links)
        if gone:
            tx.run("link/drop", rows=gone)


def recompute(store: Store, *, by: str = "recompute") -> int:
    """Compute every link from the claims again; returns how many were not as they should be.

    It repairs what it finds and leaves a revision then. On a sound graph it changes nothing and
    returns 0.
    """

    def work(tx: Tx) -> int:
        revisions.hold(tx)
        stored = {(row["region"], row["function"]): row for row in tx.run("link/all")}
        expected = {
            (row["region"], row["function"]): row for row in project(tx.run("claim/accepted"))
        }
        wrong = [row for pair, row in expected.items() if stored.get(pair) != row]
        gone = [row for pair, row in stored.items() if pair not in expected]
        if wrong or gone:
            detail = {"repaired": len(wrong), "dropped": len(gone)}
            revisions.append(tx, by=by, action="recompute links", at=now(), detail=detail)
            changes.run(tx, "link/put", wrong)
            changes.run(tx, "link/drop", gone)
        return len(wrong) + len(gone)

    return store.transaction(work)


def digest(store: Store) -> str:
    """sha256 of the whole projection: equal links, equal digest."""
    return digest_of(store.read("link/all"))


def list_claims(
    store: Store,
    *,
    region: str | None = None,
    function: str | None = None,
    source: str | None = None,
    status: str | None = "accepted",
    limit: int = 100,
    after: str | None = None,
) -> tuple[list[Row], str | None]:
    """Claims that meet every given condition, page by page in id order (None: any).

    A function that others have replaced stands for those.

    Raises:
        NotFound: a region, function or source that is not in the graph.
    """
    check_limit(limit)
    functions = standing(store, "function", function)

    def work(tx: Tx) -> list[Row]:
        given: Row = {"status": status, "after": after or "", "limit": limit + 1}
        ids = {id for one in functions for id in _ids(tx, region, one, source, given)}
        return tx.run("claim/list", ids=sorted(ids)[: limit + 1])

    rows = store.reading(work)
    if not rows:
        require(store, region=region, function=function, source=source)
    return page(rows, limit)


def _ids(
    tx: Tx, region: str | None, function: str | None, source: str | None, given: Row
) -> list[str]:
    """Ids of one page, reached from what has the fewest claims."""
    if region is not None:
        about = {"region": region, "function": function, "source": source}
        rows = tx.run("claim/ids_of_region", **about, **given)
    elif function is not None:
        rows = tx.run("claim/ids_of_function", function=function, source=source, **given)
    elif source is not None:
        rows = tx.run("claim/ids_of_source", source=source, **given)
    else:
        rows = tx.run("claim/ids", **given)
    return [row["id"] for row in rows]


def _validate(source: Source, claims: Sequence[Claim]) -> None:
    for claim in claims:
        if not 0.0 < claim.weight <= 1.0:
            raise InvalidInput(f"claim {claim.id} weight", found=claim.weight, expected="(0, 1]")
        if claim.source != source.id:
            raise InvalidInput(f"claim {claim.id} source", found=claim.source, expected=source.id)


def _resolved(tx: Tx, claims: Sequence[Claim]) -> tuple[list[Row], dict[str, Pair]]:
    """Rows about functions as they are now; by claim, the function it named and the one it got.

    A known claim about a function that was split stays with the part that it was given.
    """
    known = Succession.read(tx)
    rows, resolved, split = [], {}, []
    for row in map(_row, claims):
        successors = known.of("function", row["function"])
        if len(successors) > 1:
            split.append((row, successors))
        elif successors != (row["function"],):
            resolved[row["id"]] = (row["function"], successors[0])
            row["function"] = successors[0]
        rows.append(row)
    given = {
        row["id"]: row["function"]
        for row in content.read(tx, "claim", [row["id"] for row, _ in split])
    }
    for row, parts in split:
        part = given.get(row["id"])
        if part not in parts:
            raise Conflict(
                f"claim {row['id']} function",
                found=row["function"],
                expected=f"one of {', '.join(parts)}",
                hint="it was split into these",
            )
        resolved[row["id"]] = (row["function"], part)
        row["function"] = part
    return rows, resolved


def _row(claim: Claim) -> Row:
    row = asdict(claim)
    counts = row.pop("counts") or {}
    for name in ("both", "region_only", "function_only", "neither"):
        row[name] = counts.get(name)
    return row


def _spared(tx: Tx, difference: Difference) -> Difference:
    """The difference without claims in which a person had a hand: an import leaves them alone."""
    ids = [row["id"] for row in difference.changed]
    touched = {
        row["id"]
        for row in content.read(tx, "claim", ids)
        if row["proposed_by"] or row["reviewed_by"]
    }
    changed = [row for row in difference.changed if row["id"] not in touched]
    return Difference(difference.created, changed, difference.unchanged + len(touched))
