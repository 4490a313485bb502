"""User-supplied Cypher, read-only by layers.

1. :mod:`graph.guard` reads the text: one statement, no word that writes, allow-listed procedures.
2. The server plans it (``EXPLAIN``); Neo4j says whether the plan only reads.
3. It runs in a READ transaction, on the embedded server as a user that may only read records.
4. Time, rows and bytes are limited.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atlas.errors import Forbidden, InvalidInput, NeuroweaveError
from graph import guard
from graph.failures import explain
from graph.store import Store
from graph.values import plain

if TYPE_CHECKING:
    from neo4j import Result

MAX_LIMIT = 10_000
MAX_BYTES = 8 * 2**20
MAX_TIMEOUT_S = 60.0
_TIMED_OUT = (
    "Neo.ClientError.Transaction.Terminated",
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
    "Neo.TransientError.Transaction.Terminated",
)


@dataclass(frozen=True, slots=True)
class CypherResult:
    """Rows as lists in the order of ``fields``; ``truncated`` if there were more."""

    fields: list[str]
    rows: list[list[Any]]
    truncated: bool
    took_ms: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form with the same keys."""
        return {
            "fields": self.fields,
            "rows": self.rows,
            "truncated": self.truncated,
            "took_ms": self.took_ms,
        }


def ask(
    store: Store,
    query: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    limit: int = 1000,
    timeout_s: float = 10.0,
) -> CypherResult:
    """Run one read-only statement.

    Args:
        store: the open graph.
        query: one Cypher statement.
        parameters: values for its ``$parameters``.
        limit: rows at most; at most 8 MiB of values are returned, too.
        timeout_s: seconds after which the server gives the statement up.

    Raises:
        Forbidden: the statement writes, calls a procedure that is not allowed, or is several.
        InvalidInput: a syntax error, a missing parameter, or no answer in time.
    """
    text = guard.check(query)
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput("limit", found=limit, expected=f"1 to {MAX_LIMIT}")
    if not 0 < timeout_s <= MAX_TIMEOUT_S:
        raise InvalidInput("timeout_s", found=timeout_s, expected=f"(0, {MAX_TIMEOUT_S:g}]")
    values = dict(parameters or {})
    started = time.perf_counter()
    with _said_plainly(store, timeout_s):
        _require_reading(store, text, values)
        fields, rows, truncated = _run(store, text, values, limit, timeout_s)
    took_ms = round((time.perf_counter() - started) * 1000, 3)
    return CypherResult(fields, rows, truncated, took_ms)


def _require_reading(store: Store, text: str, values: dict[str, Any]) -> None:
    with store.session(restricted=True) as session:
        kind = session.run("EXPLAIN " + text, values).consume().query_type
    # The embedded engine calls every plan a writing one; there the reader user decides.
    if store.server == "neo4j" and kind != "r":
        raise Forbidden("query", found="a plan that writes", expected="a statement that only reads")


def _run(
    store: Store, text: str, values: dict[str, Any], limit: int, timeout_s: float
) -> tuple[list[str], list[list[Any]], bool]:
    mark = f"ask-{secrets.token_hex(8)}"
    if store.server == "embedded":
        text = f"{text}\n// {mark}"
    with (
        store.session(restricted=True, fetch_size=min(limit + 1, 1000)) as session,
        session.begin_transaction(timeout=timeout_s) as transaction,
        _watched(store, mark, timeout_s),
    ):
        return _collect(transaction.run(text, values), limit)


def _collect(result: Result, limit: int) -> tuple[list[str], list[list[Any]], bool]:
    rows: list[list[Any]] = []
    size = 0
    for record in result:
        row = [plain(value) for value in record.values()]
        size += len(json.dumps(row))
        if len(rows) == limit or size > MAX_BYTES:
            return list(result.keys()), rows, True
        rows.append(row)
    return list(result.keys()), rows, False


@contextmanager
def _watched(store: Store, mark: str, timeout_s: float) -> Iterator[None]:
    """End the marked statement when its time is up, where the server does not do so itself."""
    if store.server != "embedded":
        yield
        return
    timer = threading.Timer(timeout_s, _terminate, (store, mark))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _terminate(store: Store, mark: str) -> None:
    with store.session() as session:
        for row in session.run("SHOW TRANSACTIONS").data():
            if row["currentQuery"].rstrip().endswith(mark):
                session.run("TERMINATE TRANSACTIONS $id", id=row["transactionId"]).consume()


@contextmanager
def _said_plainly(store: Store, timeout_s: float) -> Iterator[None]:
    from neo4j.exceptions import ClientError, DriverError, Neo4jError
    from neo4j.exceptions import Forbidden as Refused

    try:
        yield
    except NeuroweaveError:
        raise
    except (DriverError, Neo4jError) as error:
        code = str(getattr(error, "code", ""))
        text = str(getattr(error, "message", None) or error)
        if code in _TIMED_OUT or "imeout" in code:
            raise InvalidInput(
                "query", found=f"no answer in {timeout_s:g} s", expected="one within the time limit"
            ) from error
        if isinstance(error, Refused) or code.endswith("AccessMode"):
            raise Forbidden("query", found=text, expected="a statement that only reads") from error
        if isinstance(error, ClientError):
            raise InvalidInput("query", found=text, expected="valid Cypher") from error
        raise explain(store, error) from error
