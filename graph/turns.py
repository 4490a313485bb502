"""How many statements of users are at work at once, and the end of those on a Neo4j server."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from atlas.errors import Unavailable
from graph.store import Store

AT_ONCE = 4
"""Statements at work at once in one process."""

_PATIENCE_S = 2.0
_GONE_EVERY_S = 1.0
_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(slots=True)
class Turn:
    """One of the statements at work; ``about`` names its transaction where it may outlast us."""

    about: dict[str, str] = field(default_factory=lambda: {"ask": secrets.token_hex(8)})
    left_behind: bool = False


@contextmanager
def turn_of(store: Store) -> Iterator[Turn]:
    """One of the turns while the block runs, and longer if it leaves its transaction behind.

    Raises:
        Unavailable: others are asking, and go on doing so.
    """
    if not _turns.acquire(timeout=_PATIENCE_S):
        raise Unavailable(
            "query", found=f"{AT_ONCE} statements at work", expected="a turn", hint="try again"
        )
    turn = Turn()
    try:
        yield turn
    finally:
        if turn.left_behind:
            threading.Thread(target=_await_end, args=(store, turn.about), daemon=True).start()
        else:
            _turns.release()


@contextmanager
def watched(store: Store, timeout_s: float, about: dict[str, str]) -> Iterator[None]:
    """End a transaction when its time is up.

    Neo4j does so itself, but looks every two seconds only.
    """
    timer = threading.Timer(timeout_s, _terminate, (store, about))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _terminate(store: Store, about: dict[str, str]) -> bool:
    """Tell a transaction to end; False if there is none any more."""
    with store.session() as session:
        rows = session.run("SHOW TRANSACTIONS YIELD transactionId, metaData").data()
        for row in rows:
            if row["metaData"] == about:
                session.run("TERMINATE TRANSACTIONS $id", id=row["transactionId"]).consume()
                return True
    return False


def _await_end(store: Store, about: dict[str, str]) -> None:
    """Give the turn back once the server has ended what it was told to end.

    Neo4j does not look inside one expression; only so many of them may be left to it.
    """
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        with suppress(DriverError, Neo4jError):  # the store was closed
            while _terminate(store, about):
                time.sleep(_GONE_EVERY_S)
    finally:
        _turns.release()
