"""The child process: ``python -P -m graph.embedded.child DIRECTORY``.

It ends itself when its last user is gone, or on SIGTERM; never by a terminal's Ctrl-C.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
from pathlib import Path

from filelock import FileLock, Timeout

from graph.embedded import engine
from graph.embedded.layout import Layout, ServerState
from graph.embedded.lease import LeaseServer

ALREADY_RUNNING = 3
PORT_TRIES = 3


def main(root: Path) -> int:
    """Serve the directory until nobody needs it; returns the exit status."""
    layout = Layout(root)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    launcher = _watch_launcher()
    lock = FileLock(layout.child_lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return ALREADY_RUNNING
    token = secrets.token_urlsafe(24)
    leases = LeaseServer(token)
    state, server = _start(layout, leases.port, token)
    try:
        layout.write_state(state)
        leases.serve(stop.is_set, expected=launcher.is_alive)
    finally:
        # First out of sight, then down: whoever comes now starts a new child and waits for
        # this one's lock.
        layout.state.unlink(missing_ok=True)
        leases.close()
        server.stop()
        lock.release()
    return 0


def _watch_launcher() -> threading.Thread:
    """A thread that lives until stdin ends: the launcher has its lease by then, or is dead."""
    thread = threading.Thread(target=lambda: os.read(0, 1), daemon=True)
    thread.start()
    return thread


def _start(layout: Layout, lease_port: int, token: str) -> tuple[ServerState, engine.Engine]:
    # A port found free may be taken before the engine binds it: try others.
    for attempt in range(PORT_TRIES):
        state = ServerState(
            pid=os.getpid(),
            bolt_port=engine.free_port(),
            http_port=engine.free_port(),
            lease_port=lease_port,
            token=token,
            password=secrets.token_urlsafe(24),
            reader_password=secrets.token_urlsafe(24),
        )
        try:
            return state, engine.start(layout, state)
        except Exception as error:
            if attempt == PORT_TRIES - 1 or "in use" not in str(error).lower():
                raise
    raise AssertionError("unreachable")


if __name__ == "__main__":
    try:
        status = main(Path(sys.argv[1]))
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # The Java threads would keep an ordinary exit waiting; the databases are closed by now.
    os._exit(status)
