"""Find the directory's running child, or start one, and hold a lease on it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from atlas.errors import Unavailable
from graph.embedded.layout import Layout, ServerState
from graph.embedded.lease import acquire, held
from graph.embedded.writing import WriterLock

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0

_started: list[subprocess.Popen[bytes]] = []
"""Children of this process, kept to be reaped when they end."""


@dataclass
class Attachment:
    """A lease on a running child; close it to let the child go."""

    state: ServerState
    lease: socket.socket
    writer: WriterLock

    @property
    def alive(self) -> bool:
        """Whether the child is still there."""
        return held(self.lease)

    def close(self) -> None:
        """Give the lease back; the child stops soon after its last one."""
        self.lease.close()
        _reap()


def attach(root: Path) -> Attachment:
    """Lease the directory's server, starting it if nobody has.

    Raises:
        Unavailable: the directory cannot be used, or the server does not start.
    """
    layout = Layout(root)
    layout.prepare()
    running = _join(layout)
    if running:
        return running
    try:
        with FileLock(layout.start_lock, timeout=START_TIMEOUT_S + STOP_TIMEOUT_S):
            return _join(layout) or _launch(layout)
    except Timeout as error:
        raise Unavailable(
            "home", found=f"{layout.root} locked by another process", hint="try again"
        ) from error


def _join(layout: Layout) -> Attachment | None:
    state = layout.read_state()
    lease = acquire(state.lease_port, state.token) if state else None
    return Attachment(state, lease, WriterLock(layout)) if state and lease else None


def _launch(layout: Layout) -> Attachment:
    await_end(layout)
    layout.state.unlink(missing_ok=True)
    _reap()
    child = _spawn(layout)
    _started.append(child)
    # The child waits for us while its stdin is open; the kernel closes it if we die meanwhile.
    with child.stdin or contextlib.nullcontext():
        return _first_lease(layout, child)


def _first_lease(layout: Layout, child: subprocess.Popen[bytes]) -> Attachment:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        running = _join(layout)
        if running:
            return running
        if child.poll() is not None:
            raise _failure(layout, f"it ended with status {child.returncode}")
        time.sleep(0.02)
    child.terminate()
    raise _failure(layout, f"it was not ready after {START_TIMEOUT_S:.0f} s")


def await_end(layout: Layout) -> None:
    """Wait until nobody has the files open: a child that goes down holds its lock until then.

    Raises:
        Unavailable: one that does not end.
    """
    lock = FileLock(layout.child_lock)
    try:
        lock.acquire(timeout=STOP_TIMEOUT_S)
    except Timeout as error:
        raise Unavailable(
            "home",
            found=f"another database process that does not answer in {layout.root}",
            hint="end it, or choose another directory with NEUROWEAVE_HOME",
        ) from error
    lock.release()


def _spawn(layout: Layout) -> subprocess.Popen[bytes]:
    environment = dict(os.environ)
    package_root = str(Path(__file__).resolve().parents[2])
    # -P keeps the user's own folder out of the child's imports; an uninstalled source tree must
    # then be named.
    if "site-packages" not in package_root:
        environment["PYTHONPATH"] = package_root
    # Its own session (Windows: process group): the terminal's Ctrl-C and hang-up are for the
    # user's process alone.
    group = 0x00000200 if sys.platform == "win32" else 0
    with layout.log.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "graph.embedded.child", str(layout.root.resolve())],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=layout.root,
            env=environment,
            start_new_session=True,
            creationflags=group,
        )


def _failure(layout: Layout, what: str) -> Unavailable:
    tail = layout.log_tail()
    if "No space left" in tail:
        return Unavailable(
            "disk", found=f"no space left for {layout.root}", expected="free disk space"
        )
    return Unavailable(
        "database", found=f"the embedded server failed: {what}", hint=f"{layout.log} ends: {tail}"
    )


def _reap() -> None:
    for child in list(_started):
        with contextlib.suppress(OSError):
            if child.poll() is not None:
                _started.remove(child)
