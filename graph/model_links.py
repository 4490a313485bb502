"""Links between regions and models as people state them, and their projection ``MODELLED_BY``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graph import changes, content, revisions
from graph.clock import now
from graph.gone import require
from graph.pages import check_limit, page
from graph.store import Row, Store, Tx

Pair = tuple[str, str]
"""Region and model."""


def id_of(region: str, model: str) -> str:
    """There is one link for each pair.

    >>> id_of("a:1", "lenet5")
    'a:1|lenet5'
    """
    return f"{region}|{model}"


def list_links(
    store: Store,
    *,
    region: str | None = None,
    model: str | None = None,
    status: str | None = "accepted",
    limit: int = 100,
    after: str | None = None,
) -> tuple[list[Row], str | None]:
    """Links that meet every given condition, page by page in id order (None: any).

    Rows: id, region, model, status (proposed, accepted, rejected), allow (False: the model is
    forbidden), weight, rationale, citation, proposed_by, reviewed_by, reviewed_at, digest.

    Raises:
        NotFound: a region or model that is not in the graph.
    """
    check_limit(limit)

    def work(tx: Tx) -> list[Row]:
        given: Row = {"status": status, "after": after or "", "limit": limit + 1}
        return tx.run("model_link/list", ids=_ids(tx, region, model, given))

    rows = store.reading(work)
    if not rows:
        require(store, region=region, model=model)
    return page(rows, limit)


def _ids(tx: Tx, region: str | None, model: str | None, given: Row) -> list[str]:
    """Ids of one page, reached from what has the fewest links."""
    if region is not None:
        rows = tx.run("model_link/ids_of_region", region=region, model=model, **given)
    elif model is not None:
        rows = tx.run("model_link/ids_of_model", model=model, **given)
    else:
        rows = tx.run("model_link/ids", **given)
    return [row["id"] for row in rows]


def refresh(tx: Tx, pairs: Iterable[Pair]) -> None:
    """Project the links of these pairs anew, within a running transaction."""
    wanted = sorted(set(pairs))
    links = content.read(tx, "model_link", [id_of(*pair) for pair in wanted])
    accepted = [_projected(link) for link in links if link["status"] == "accepted"]
    kept = {(row["region"], row["model"]) for row in accepted}
    gone = [{"region": pair[0], "model": pair[1]} for pair in wanted if pair not in kept]
    _write(tx, accepted, gone)


def recompute(store: Store, *, by: str = "recompute") -> int:
    """Project every link again; returns how many were not as they should be.

    It repairs what it finds and leaves a revision then. On a sound graph it changes nothing and
    returns 0.
    """

    def work(tx: Tx) -> int:
        revisions.hold(tx)
        stored = {(row["region"], row["model"]): row for row in tx.run("model_link/projected")}
        expected = {(row["region"], row["model"]): row for row in tx.run("model_link/accepted")}
        wrong = [row for pair, row in expected.items() if stored.get(pair) != row]
        gone = [row for pair, row in stored.items() if pair not in expected]
        if wrong or gone:
            detail = {"repaired": len(wrong), "dropped": len(gone)}
            revisions.append(tx, by=by, action="recompute model links", at=now(), detail=detail)
            _write(tx, wrong, gone)
        return len(wrong) + len(gone)

    return store.transaction(work)


def _projected(link: Row) -> Row:
    shown = {name: link[name] for name in ("region", "model", "weight", "allow")}
    return {**shown, "by": link["proposed_by"]}


def _write(tx: Tx, rows: Sequence[Row], gone: Sequence[Row]) -> None:
    changes.run(tx, "model_link/project", rows)
    changes.run(tx, "model_link/drop", gone)
