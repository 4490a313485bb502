"""Questions with a name: the reading statements of ``cypher/``, and those that people saved.

A built-in one has a point in its name (``region.get``), a saved one has none. Each change of a
saved one makes a new version, and ``name@2`` goes on meaning what it meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from atlas.errors import Forbidden, InvalidInput, NotFound
from graph import guard, parameters, queries, revisions
from graph.ask import CypherResult, ask, run
from graph.clock import now
from graph.store import Row, Store, Tx
from graph.tokens import tokens

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_INTERNAL = ("schema/", "content/", "query/")


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A statement with the types of its parameters; ``owner`` is empty for a built-in one."""

    id: str
    version: int
    description: str
    parameters: dict[str, str]
    query: str
    owner: str = ""
    shared: bool = True

    def to_dict(self) -> dict[str, Any]:
        """JSON form with the same keys."""
        return asdict(self)


def list_queries(store: Store, *, by: str) -> list[StoredQuery]:
    """The built-in ones, then those that ``by`` owns or others share, in their latest versions."""
    latest = {row["name"]: _saved(row) for row in store.read("query/list", owner=by)}
    return [*_built_in().values(), *latest.values()]


def get(store: Store, id: str, *, by: str, admin: bool = False) -> StoredQuery:
    """One stored query: ``name`` in its latest version, or ``name@version``.

    Raises:
        NotFound: there is none, or it is somebody else's and not shared.
    """
    name, _, version = id.partition("@")
    found = [_built_in()[name]] if name in _built_in() else _versions(store, name)
    for query in found:
        if version in {"", str(query.version)} and (query.shared or query.owner == by or admin):
            return query
    raise NotFound("query", found=id, expected="a stored query", hint="see the list")


def save(
    store: Store,
    name: str,
    query: str,
    declared: Mapping[str, str],
    *,
    by: str,
    description: str = "",
    shared: bool = False,
    admin: bool = False,
) -> tuple[StoredQuery, bool]:
    """Keep a statement under a name; returns it, and whether that made a new version.

    Args:
        store: the open graph.
        name: lower-case letters, digits, ``_`` and ``-``.
        query: a statement that may be asked.
        declared: the type of each of its parameters, as in ``cypher/`` (``STRING?`` may be null).
        by: whose it is.
        description: what it answers.
        shared: whether others see it.
        admin: whether ``by`` may change what others own.

    Raises:
        InvalidInput: a name or type that cannot be, or parameters that are not the statement's.
        Forbidden: the statement may not be asked, or the name is another person's.
    """
    text = guard.check(query)
    _check_declared(name, text, declared)

    def work(tx: Tx) -> tuple[StoredQuery, bool]:
        before = _current(tx, name, by, admin)
        kept = [row for row in before if not row["withdrawn"]]
        version = before[0]["version"] + 1 if before else 1
        owner = before[0]["owner"] if before else by
        new = StoredQuery(name, version, description, dict(declared), text, owner, shared)
        if kept and _saved({**kept[0], "version": version}) == new:
            return _saved(kept[0]), False
        at = now()
        detail = {"query": name, "version": version}
        revisions.append(tx, by=by, action="save query", at=at, detail=detail)
        tx.run("query/save", row=_row(new), at=at)
        return new, True

    return store.transaction(work)


def delete(store: Store, name: str, *, by: str, admin: bool = False) -> None:
    """Take a saved query away, with all its versions.

    Raises:
        NotFound: there is none that ``by`` may see.
        Forbidden: it is another person's, or built in.
    """
    get(store, name, by=by, admin=admin)

    def work(tx: Tx) -> None:
        _current(tx, name, by, admin)
        revisions.append(tx, by=by, action="delete query", at=now(), detail={"query": name})
        tx.run("query/withdraw", query=name)

    store.transaction(work)


def execute(
    store: Store,
    query: StoredQuery,
    values: Mapping[str, Any],
    *,
    limit: int = 1000,
    timeout_s: float = 10.0,
) -> CypherResult:
    """Run a stored query with values of its declared types; limits as in :func:`graph.ask.ask`.

    Raises:
        InvalidInput: a value is missing, unknown or of another type, or no answer came in time.
    """
    given = parameters.typed(query.parameters, values)
    parameters.check(given)
    if query.owner:
        return ask(store, query.query, given, limit=limit, timeout_s=timeout_s)
    return run(store, query.query, given, limit=limit, timeout_s=timeout_s)


def _built_in() -> dict[str, StoredQuery]:
    loaded = [queries.load(name) for name in queries.names() if not name.startswith(_INTERNAL)]
    return {
        query.name.replace("/", "."): StoredQuery(
            query.name.replace("/", "."), 1, query.purpose, dict(query.params), query.text
        )
        for query in loaded
        if query.mode == "read" and not query.name.endswith("/digests")
    }


def _versions(store: Store, name: str) -> list[StoredQuery]:
    rows = store.read("query/versions", query=name)
    return [_saved(row) for row in rows if not row["withdrawn"]]


def _current(tx: Tx, name: str, by: str, admin: bool) -> list[Row]:
    """Every version under a name, the latest first, if ``by`` may change them."""
    before = tx.run("query/versions", query=name)
    if "." in name or (before and before[0]["owner"] != by and not admin):
        raise Forbidden("query", found=name, expected="a query of your own")
    return before


def _check_declared(name: str, text: str, declared: Mapping[str, str]) -> None:
    if not _NAME.fullmatch(name):
        expected = "at most 64 lower-case letters, digits, _ and -"
        raise InvalidInput("id", found=repr(name), expected=expected)
    for parameter, kind in declared.items():
        if parameters.base(kind) not in parameters.TYPES:
            known = ", ".join(parameters.TYPES)
            raise InvalidInput(f"parameters {parameter}", found=kind, expected=f"one of {known}")
    found = tokens(text)
    used = {after.text for sign, after in pairwise(found) if sign.text == "$"}
    if used != declared.keys():
        stated = ", ".join(sorted(declared)) or "none"
        expected = f"the type of each of: {', '.join(sorted(used)) or 'none'}"
        raise InvalidInput("parameters", found=stated, expected=expected)


def _row(query: StoredQuery) -> Row:
    return {
        "id": f"{query.id}@{query.version}",
        "name": query.id,
        "version": query.version,
        "text": query.query,
        "parameters": json.dumps(query.parameters, sort_keys=True),
        "description": query.description,
        "owner": query.owner,
        "shared": query.shared,
    }


def _saved(row: Row) -> StoredQuery:
    return StoredQuery(
        row["name"],
        row["version"],
        row["description"],
        json.loads(row["parameters"]),
        row["text"],
        row["owner"],
        row["shared"],
    )
