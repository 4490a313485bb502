"""The tree of mental functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from atlas.errors import InvalidInput, NotFound
from atlas.model import FunctionTerm
from graph import changes
from graph.changes import PutReport
from graph.pages import check_limit, full_text, page
from graph.store import Row, Store, Tx
from graph.succession import Succession, settled


def put(
    store: Store, terms: Sequence[FunctionTerm], *, by: str = "import", reason: str = ""
) -> PutReport:
    """Create or update functions and hang each under the parent that its id names.

    Functions that people have edited, deprecated or replaced stay as they are; what is new below
    one that was renamed comes below its new id.

    Raises:
        NotFound: a parent is neither stored nor among the terms.
    """
    rows = [{**asdict(term), "parent": term.parent} for term in terms]
    return changes.put(
        store,
        "function",
        rows,
        by=by,
        reason=reason,
        settle=_settle,
        check=_require_parents,
        relate=relate,
    )


def _settle(tx: Tx, rows: list[Row]) -> list[Row]:
    known = Succession.read(tx)
    placed: list[Row] = []
    for row in rows:
        id = known.placed(row["id"])
        moved = id != row["id"]
        placed.append({**row, "id": id, "parent": parent_of(id)} if moved else row)
    return settled(tx, "function", placed, carried=("aliases",))


def _require_parents(tx: Tx, fresh: list[Row]) -> None:
    own = {row["id"] for row in fresh}
    outside = {row["parent"] for row in fresh if row["parent"]} - own
    changes.require(tx, "function", outside, "function parent")


def parent_of(id: str) -> str | None:
    """Id one level up, None at a root."""
    return id.rpartition(".")[0] or None


def relate(tx: Tx, rows: list[Row]) -> None:
    """Hang functions under their parents."""
    children = [{"id": row["id"], "parent": row["parent"]} for row in rows if row["parent"]]
    changes.run(tx, "function/parents", children)


def list_functions(
    store: Store,
    *,
    q: str | None = None,
    replaced: bool = False,
    limit: int = 1000,
    after: str | None = None,
) -> tuple[list[Row], str | None]:
    """Functions in id order, page by page; with ``replaced`` also those that others replaced.

    Rows: id, name, definition, ontology, external_id, aliases, parent, n_regions, status (active
    or deprecated), replaced_by. ``q`` holds words, each of which begins a word of a name, an
    alias or the definition.
    """
    check_limit(limit)
    among = None
    if q is not None:
        text = full_text(q)
        found = store.read("function/text", text=text) if text else []
        among = {row["id"]: True for row in found}
    rows = store.read(
        "function/list", among=among, replaced=replaced, after=after or "", limit=limit + 1
    )
    return page(rows, limit)


def names(store: Store) -> dict[str, str]:
    """Name of every function, by id."""
    found: dict[str, str] = {}
    after: str | None = None
    while True:
        rows, after = list_functions(store, after=after)
        found |= {row["id"]: row["name"] for row in rows}
        if after is None:
            return found


def get(store: Store, id: str) -> Row:
    """One function, with its parent, the ids of its children and its relations beside the tree.

    One that others replaced says by which (``replaced_by``). Relations: function (the other),
    name, kind, source, outgoing.

    Raises:
        NotFound: no such function.
    """
    rows = store.read("function/get", id=id)
    if not rows:
        raise NotFound("function", found=id, expected="an id such as perception.vision.motion")
    return {**rows[0], "relations": store.read("relation/of_function", id=id)}


def regions(
    store: Store,
    function_id: str,
    *,
    descendants: bool = True,
    limit: int = 100,
    after: str | None = None,
) -> tuple[list[Row], str | None]:
    """Regions with evidence for a function, page by page, strongest first.

    A function that others have replaced stands for those. Rows: region, name, atlas, weight (the
    strongest), functions (ids that the region has).

    Raises:
        InvalidInput: ``after`` is not the ``next`` of a page.
    """
    check_limit(limit)
    weight, region = _position(after)
    rows = store.read(
        "function/regions",
        ids=list(Succession.load(store).of("function", function_id)),
        descendants=descendants,
        weight=weight,
        after=region,
        limit=limit + 1,
    )
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], f"{last['weight']!r} {last['region']}"


def _position(after: str | None) -> tuple[float, str]:
    """Weight and region that a page ended with; every weight is below 2."""
    weight, _, region = (after or "2.0 ").partition(" ")
    try:
        return float(weight), region
    except ValueError as error:
        raise InvalidInput("after", found=after, expected="the next of a page") from error
