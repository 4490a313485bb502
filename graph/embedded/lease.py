"""Leases: the child lives as long as a process holds one.

A lease is an open loopback connection that has shown the token. The kernel closes it when its
process ends, however it ends, so a child cannot outlive its last user even after SIGKILL.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable

LINGER_S = 2.0
"""How long the child waits for another user after the last one left."""

_ACCEPTED = b"ok\n"
_HELLO_MAX = 200


def acquire(port: int, token: str, timeout_s: float = 2.0) -> socket.socket | None:
    """Take a lease, or None where nobody answers, or somebody else does.

    The returned socket is the lease: keep it open, close it to give the lease back.
    """
    try:
        connection = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
    except OSError:
        return None
    try:
        connection.sendall(token.encode() + b"\n")
        answer = connection.recv(len(_ACCEPTED))
    except OSError:
        answer = b""
    if answer != _ACCEPTED:
        connection.close()
        return None
    connection.setblocking(False)
    return connection


def held(lease: socket.socket) -> bool:
    """Whether the child still holds its end of the lease: it lives and has not gone down."""
    try:
        return lease.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


class LeaseServer:
    """The child's side: counts the leases and tells when nobody is left."""

    def __init__(self, token: str) -> None:
        self._token = token.encode() + b"\n"
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._hello: dict[socket.socket, bytes] = {}
        self._held: set[socket.socket] = set()

    @property
    def port(self) -> int:
        """Loopback port the leases are taken on."""
        return int(self._listener.getsockname()[1])

    def serve(self, stopped: Callable[[], bool], expected: Callable[[], bool]) -> None:
        """Return when ``stopped()``, or when the last lease has been gone for a while.

        As long as a user is ``expected()``, as the one is that started this child, the server
        waits for it.
        """
        deadline: float | None = None
        while not stopped():
            for key, _ in self._selector.select(timeout=0.2):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._receive(key.fileobj)
            if self._held or expected():
                deadline = None
            elif deadline is None:
                deadline = time.monotonic() + LINGER_S
            if deadline is not None and time.monotonic() > deadline:
                return

    def close(self) -> None:
        """Refuse new leases and drop the held ones."""
        for connection in [self._listener, *self._hello, *self._held]:
            connection.close()
        self._selector.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the caller may have given up meanwhile
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            self._hello[connection] = b""
            self._selector.register(connection, selectors.EVENT_READ)

    def _receive(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(_HELLO_MAX)
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
        elif connection in self._hello:
            self._greet(connection, self._hello[connection] + data)

    def _greet(self, connection: socket.socket, hello: bytes) -> None:
        if hello == self._token:
            del self._hello[connection]
            self._held.add(connection)
            connection.sendall(_ACCEPTED)
        elif self._token.startswith(hello):
            self._hello[connection] = hello
        else:
            self._drop(connection)

    def _drop(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        self._hello.pop(connection, None)
        self._held.discard(connection)
        connection.close()
