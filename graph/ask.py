"""User-supplied Cypher, read-only by layers.

1. :mod:`graph.guard` reads the text: one statement, no word that writes, allow-listed procedures,
   and nothing that no time limit could stop.
2. A Neo4j server plans it (``EXPLAIN``) and says whether the plan only reads.
3. It runs in a READ transaction, on the embedded server as a user that may only read records.
4. Time and memory are limited (on the embedded server by :mod:`graph.embedded.warden`), and so
   are rows, what is taken in (:mod:`graph.intake`), and how many statements run at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from atlas.errors import Forbidden, InvalidInput, NeuroweaveError
from graph import guard
from graph.columns import returned
from graph.embedded.warden import OUT_OF_MEMORY, OUT_OF_TIME, mark
from graph.failures import explain
from graph.intake import Intake
from graph.store import Store
from graph.trace import note
from graph.turns import Turn, turn_of, watched
from graph.values import plain

if TYPE_CHECKING:
    from neo4j import Result, Transaction

MAX_LIMIT = 10_000
MAX_BYTES = 8 * 2**20
MAX_VALUES = 1_000_000
MAX_TIMEOUT_S = 60.0
_LATE_S = 0.7
"""After its time limit the server may take so long to say that it has ended a statement."""
_READS_FILES = {"LoadCSV"}


@dataclass(frozen=True, slots=True)
class CypherResult:
    """Rows as lists in the order of ``fields``; ``truncated`` if there were more."""

    fields: list[str]
    rows: list[list[Any]]
    truncated: bool
    took_ms: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form with the same keys."""
        return asdict(self)


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
        Forbidden: the statement writes, calls a procedure that is not allowed, is several, or
            could cost more than any limit bounds.
        InvalidInput: a syntax error, a missing parameter, no answer in time, or too much memory.
        Unavailable: others are asking, and go on doing so.
    """
    values = dict(parameters or {})
    return run(store, guard.check(query, values), values, limit=limit, timeout_s=timeout_s)


def run(
    store: Store,
    text: str,
    values: dict[str, Any],
    *,
    limit: int = 1000,
    timeout_s: float = 10.0,
) -> CypherResult:
    """Run a statement that has passed the guard, or is one of our own; otherwise as :func:`ask`."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput("limit", found=limit, expected=f"1 to {MAX_LIMIT}")
    if not 0 < timeout_s <= MAX_TIMEOUT_S:
        raise InvalidInput("timeout_s", found=timeout_s, expected=f"(0, {MAX_TIMEOUT_S:g}]")
    note("", text, values)
    with turn_of(store) as turn, _said_plainly(store, timeout_s):
        started = time.perf_counter()
        found = _Found(limit)
        if store.server == "embedded":
            _limited(store, mark(timeout_s) + text, values, found, timeout_s)
        else:
            _planned(store, text, values, found, timeout_s, turn)
        took_ms = round((time.perf_counter() - started) * 1000, 3)
    return CypherResult(found.fields or returned(text), found.rows, found.truncated, took_ms)


@dataclass(slots=True)
class _Found:
    """What has come in so far."""

    limit: int
    fields: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    truncated: bool = False

    def take(self, result: Result) -> None:
        """Take rows until there are no more, or enough; those of an attempt before are dropped."""
        self.fields, self.rows, self.truncated = list(result.keys()), [], False
        size = 0
        for record in result:
            row = [plain(value) for value in record.values()]
            size += len(json.dumps(row))
            if len(self.rows) == self.limit or size > MAX_BYTES:
                self.truncated = True
                return
            self.rows.append(row)


def _limited(
    store: Store, text: str, values: dict[str, Any], found: _Found, timeout_s: float
) -> None:
    from neo4j.exceptions import DatabaseError

    try:
        with _reading(store, found, timeout_s) as transaction:
            found.take(transaction.run(text, values))
    except DatabaseError as error:
        # The end of the statement before may reach the next one of its connection: ask again.
        if not str(error.message).endswith("interrupted"):
            raise
        with _reading(store, found, timeout_s) as transaction:
            found.take(transaction.run(text, values))


def _planned(
    store: Store,
    text: str,
    values: dict[str, Any],
    found: _Found,
    timeout_s: float,
    turn: Turn,
) -> None:
    """The same on a Neo4j server, once its plan is known to read only."""
    with watched(store, timeout_s, turn.about):
        try:
            with _reading(store, found, timeout_s, turn.about) as transaction:
                _require_reading(transaction, text, values)
                found.take(transaction.run(text, values))
        except InvalidInput:
            turn.left_behind = True
            raise


@contextmanager
def _reading(
    store: Store, found: _Found, timeout_s: float, about: dict[str, str] | None = None
) -> Iterator[Transaction]:
    """A transaction of which no more is taken in than may be, and not for longer."""
    from neo4j.exceptions import DriverError

    intake = Intake(timeout_s + _LATE_S, 2 * MAX_BYTES, MAX_VALUES)
    size = min(found.limit + 1, 1000)
    try:
        with (
            store.session(restricted=True, fetch_size=size) as session,
            session.begin_transaction(
                metadata=about, timeout=timeout_s if about else None
            ) as transaction,
            intake.of(transaction),
        ):
            yield transaction
    except (DriverError, OSError) as error:
        if intake.over == "time":
            raise _late(timeout_s) from error
        if intake.over != "size":
            raise
        found.truncated = True


def _require_reading(transaction: Transaction, text: str, values: dict[str, Any]) -> None:
    summary = transaction.run("EXPLAIN " + text, values).consume()
    if summary.query_type != "r" or not _READS_FILES.isdisjoint(_operators(summary.plan or {})):
        found = "a plan that writes or reads files"
        raise Forbidden("query", found=found, expected="a statement that only reads the graph")


def _operators(plan: Mapping[str, Any]) -> Iterator[str]:
    yield str(plan.get("operatorType", "")).partition("@")[0]
    for child in plan.get("children", ()):
        yield from _operators(child)


@contextmanager
def _said_plainly(store: Store, timeout_s: float) -> Iterator[None]:
    from neo4j.exceptions import DriverError, Neo4jError

    started = time.perf_counter()
    try:
        yield
    except NeuroweaveError:
        raise
    except RecursionError as error:
        raise InvalidInput("query", found="values nested too deeply to be returned") from error
    except (DriverError, Neo4jError) as error:
        raise _plain_error(store, error, time.perf_counter() - started, timeout_s) from error


def _plain_error(store: Store, error: Exception, took_s: float, timeout_s: float) -> Exception:
    from neo4j.exceptions import AuthError, BrokenRecordError, Neo4jError, ServiceUnavailable
    from neo4j.exceptions import Forbidden as Refused

    code = str(getattr(error, "code", ""))
    text = str(getattr(error, "message", None) or error).replace(mark(timeout_s), "")
    # A statement that dies of its memory can take its connection along, but not the server.
    lost = isinstance(error, ServiceUnavailable) and store.attachment and store.attachment.alive
    ended = "Terminated" in code or "TimedOut" in code or OUT_OF_TIME in text
    ended = ended or OUT_OF_MEMORY in text
    if took_s >= timeout_s and (ended or lost or "interrupted" in text):
        return _late(timeout_s)
    if ended or lost or "OutOfMemory" in code:
        return InvalidInput(
            "query", found="more memory than it may use", expected="fewer and smaller values"
        )
    if isinstance(error, BrokenRecordError):
        expected = "dates of the years 1 to 9999, and other values that can be told"
        return InvalidInput("query", found=str(error), expected=expected)
    if isinstance(error, Refused) or code.endswith("AccessMode"):
        return Forbidden("query", found=text, expected="a statement that only reads")
    if isinstance(error, Neo4jError) and not isinstance(error, AuthError):
        return InvalidInput("query", found=text, expected="valid Cypher")
    return explain(store, error)


def _late(timeout_s: float) -> InvalidInput:
    return InvalidInput(
        "query", found=f"no answer in {timeout_s:g} s", expected="one within the time limit"
    )
