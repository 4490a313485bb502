"""How much of an answer is taken in, and until when.

A driver takes a row whole, however large it is, and makes Python values of it: 12 MB of small
lists took 55 s and two gigabytes. Servers can be told how long a statement may run and not how
large a row may be. So bytes, values and time are counted here, where they come in. What is over
ends the connection, and the server then ends the statement.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from neo4j import Transaction

_LOOK_EVERY = 1024
"""Values between two looks at the clock."""


class Intake:
    """Counts what comes in over the connection of one transaction.

    Args:
        seconds: from now until the end.
        max_bytes: as the server sends them.
        max_values: texts, numbers, lists and maps, each for itself.
    """

    def __init__(self, seconds: float, max_bytes: int, max_values: int) -> None:
        self.over: Literal["", "time", "size"] = ""
        """Why it ended the connection, if it did."""
        self._deadline = time.monotonic() + seconds
        self._bytes_left = max_bytes
        self._values_left = max_values

    @contextmanager
    def of(self, transaction: Transaction) -> Iterator[None]:
        """Count while the block runs; over a limit it fails as a broken connection does."""
        # The driver has no door for this. Where it keeps these, a test would tell of a change.
        connection: Any = transaction._connection
        socket, unpacker = connection.socket, connection.inbox._unpacker
        timeout = socket.get_read_timeout()
        socket.recv_into = self._receiving(socket)
        unpacker._unpack = self._unpacking(unpacker._unpack)
        try:
            yield
        finally:
            del socket.recv_into, unpacker._unpack
            socket.set_read_timeout(timeout)

    def _receiving(self, socket: Any) -> Callable[[memoryview, int], int]:  # noqa: ANN401
        receive = socket.recv_into

        def received(buffer: memoryview, count: int) -> int:
            socket.set_read_timeout(self._time_left())
            try:
                size: int = receive(buffer, count)
            except TimeoutError:
                self._end("time")
            self._bytes_left -= size
            if self._bytes_left < 0:
                self._end("size")
            return size

        return received

    def _unpacking(self, unpack: Callable[..., object]) -> Callable[..., object]:
        def unpacked(hydration_hooks: object = None) -> object:
            self._values_left -= 1
            if self._values_left < 0:
                self._end("size")
            if not self._values_left % _LOOK_EVERY:
                self._time_left()
            return unpack(hydration_hooks=hydration_hooks)

        return unpacked

    def _time_left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._end("time")
        return left

    def _end(self, why: Literal["time", "size"]) -> None:
        self.over = why
        raise OSError(f"an answer over its limit of {why}")
