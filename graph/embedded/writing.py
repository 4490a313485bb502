"""One writer at a time, across the threads and processes that share an embedded server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from atlas.errors import Unavailable
from graph.embedded.layout import Layout

_PATIENCE_S = 120.0
_POLL_S = 0.005


class WriterLock:
    """Writers queue here instead of failing.

    The engine lets writers run at once and refuses all but one of them when they commit. Every
    transaction of ours writes the revision counter, so all of them would collide. Held locks
    vanish with their process.
    """

    def __init__(self, layout: Layout) -> None:
        self._threads = threading.RLock()
        self._processes = FileLock(layout.write_lock, thread_local=False)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the turn; may be nested within one thread.

        Raises:
            Unavailable: another process has been writing for two minutes.
        """
        with self._threads:
            try:
                self._processes.acquire(timeout=_PATIENCE_S, poll_interval=_POLL_S)
            except Timeout as error:
                raise Unavailable(
                    "database", found="another process that keeps writing", hint="try again"
                ) from error
            try:
                yield
            finally:
                self._processes.release()
