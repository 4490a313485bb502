"""Limits on what the reader user runs: time and memory, kept by the server itself.

A statement carries its own time limit in a comment at its very beginning (:func:`mark`). The
warden looks every 50 ms at the statements that are running. One that is over its time is
terminated, which the engine notices between rows; one that computes on inside a single
expression is stopped in its thread. The same happens to the greediest statement when the heap
fills up, before others run out of memory.
"""

from __future__ import annotations

import re
import threading
import time
import traceback
from typing import Any

from graph.embedded.interrupt import Interrupter

READER_LIMIT_S = 10.0
"""For a statement of the reader user that names no limit."""

OUT_OF_TIME = "time limit"
OUT_OF_MEMORY = "memory limit"

_POLL_S = 0.05
_GRACE_S = 0.2
_SHARE_OF_HEAP = 0.6
_GREEDY_BYTES = 64 * 2**20
_COLLECTION_S = 2.0
_MARK = re.compile(r"/\*limit (\d+\.\d{3}) s\*/")


def mark(timeout_s: float) -> str:
    """What to put before a statement that may take so many seconds.

    >>> mark(2.5) + "RETURN 1"
    '/*limit 2.500 s*/ RETURN 1'
    """
    return f"/*limit {timeout_s:.3f} s*/ "


def limit_of(text: str) -> float:
    """The seconds that a statement's mark allows.

    >>> limit_of(mark(2.5) + "RETURN 1")
    2.5
    """
    found = _MARK.match(text)
    return float(found[1]) if found else READER_LIMIT_S


class Warden:
    """Watches one engine, in a thread of its own, until it is closed.

    Args:
        server: the engine's Java server object.
        reader: name of the user whose statements are limited.
    """

    def __init__(self, server: Any, reader: str) -> None:  # noqa: ANN401 - a Java object
        self._registry = server.getRunningQueries()
        self._reader = reader
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="warden", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        self._memory = _Memory()
        self._interrupter = _interrupter()
        self._seen: dict[str, int] = {}
        self._condemned: dict[str, tuple[str, float]] = {}
        while not self._closed.wait(_POLL_S):
            try:
                self._look()
            except Exception:
                # A statement may end under our eyes; the next look must come in any case.
                traceback.print_exc()

    def _look(self) -> None:
        running = self._running() if self._registry.size() else {}
        for id, query in running.items():
            if query.getElapsedMillis() >= 1000 * limit_of(str(query.getText())):
                self._condemn(id, query, OUT_OF_TIME)
        self._spare_the_others(running)
        self._carry_out(running)

    def _running(self) -> dict[str, Any]:
        return {
            str(query.getId()): query
            for query in self._registry.getRunning()
            if str(query.getUser()) == self._reader
        }

    def _spare_the_others(self, running: dict[str, Any]) -> None:
        """Condemn what allocated most since it was first seen, when memory is scarce."""
        total = self._memory.allocated({_thread(query): id for id, query in running.items()})
        self._seen = {id: self._seen.get(id, bytes) for id, bytes in total.items()}
        taken = {id: bytes - self._seen[id] for id, bytes in total.items()}
        greediest = max(taken, key=taken.__getitem__, default="")
        if greediest and taken[greediest] >= _GREEDY_BYTES and self._memory.scarce():
            self._condemn(greediest, running[greediest], OUT_OF_MEMORY)

    def _condemn(self, id: str, query: Any, why: str) -> None:  # noqa: ANN401 - a Java object
        if id not in self._condemned:
            self._condemned[id] = why, time.monotonic() + _GRACE_S
            query.terminate(why)

    def _carry_out(self, running: dict[str, Any]) -> None:
        self._condemned = {id: one for id, one in self._condemned.items() if id in running}
        for id, (why, deadline) in self._condemned.items():
            # Again and again: the engine may catch what its expression met.
            due = time.monotonic() >= deadline and not running[id].isEnded()
            if due and self._interrupter:
                self._interrupter.stop(_thread(running[id]), why)


def _interrupter() -> Interrupter | None:
    """None where Java's tool interface cannot be had; the engine's own ending remains."""
    try:
        return Interrupter()
    except OSError:
        traceback.print_exc()
        return None


def _thread(query: Any) -> str:  # noqa: ANN401 - a Java object
    """The engine names the thread of a connection after the client's address."""
    return f"BOLT-{query.getClientAddress()}"


class _Memory:
    """The heap, and what each thread took of it."""

    def __init__(self) -> None:
        import jpype

        management = jpype.JClass("java.lang.management.ManagementFactory")
        self._threads = management.getThreadMXBean()
        pools = management.getMemoryPoolMXBeans()
        self._old = next(pool for pool in pools if "Tenured" in str(pool.getName()))
        self._collect = jpype.JClass("java.lang.System").gc
        self._next_collection = 0.0

    def scarce(self) -> bool:
        """Whether what cannot be collected takes most of the heap."""
        if not self._full():
            return False
        if time.monotonic() < self._next_collection:
            return True
        self._collect()
        self._next_collection = time.monotonic() + _COLLECTION_S
        return self._full()

    def _full(self) -> bool:
        usage = self._old.getUsage()
        return bool(usage.getUsed() > _SHARE_OF_HEAP * usage.getMax())

    def allocated(self, threads: dict[str, str]) -> dict[str, int]:
        """Bytes that the named threads have ever allocated, under the names' values."""
        if not threads:
            return {}
        infos = self._threads.getThreadInfo(self._threads.getAllThreadIds())
        return {
            threads[name]: int(self._threads.getThreadAllocatedBytes(info.getThreadId()))
            for info in infos
            if info is not None and (name := str(info.getThreadName())) in threads
        }
