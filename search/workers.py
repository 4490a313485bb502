"""Who is at a study: each process has a name there, and a lock that dies with it."""

from __future__ import annotations

import platform
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class Worker:
    """A name in a study, held until :meth:`close` or the end of the process, whichever it meets."""

    def __init__(self) -> None:
        self.name = f"{platform.node()}:{secrets.token_hex(8)}"
        self._lock = FileLock(_path(self.name))
        self._lock.acquire()

    def close(self) -> None:
        """Give the name up; what it has left undone is anybody's."""
        _end(self._lock)


@contextmanager
def heir(name: str) -> Iterator[bool]:
    """Whether the worker of that name is gone and the caller, alone, comes after it.

    Of a worker on another machine nobody knows; it counts as there.
    """
    lock = FileLock(_path(name))
    try:
        if name.split(":")[0] != platform.node():
            raise Timeout(lock.lock_file)
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        _end(lock)


def _end(lock: FileLock) -> None:
    Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()


def _path(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"neuroweave-{name.split(':')[1]}.lock"
