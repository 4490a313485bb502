"""Serving the app on a port, and stopping without keeping anybody waiting."""

from __future__ import annotations

import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from atlas.errors import Unavailable

GRACE_S = 3


class Server(uvicorn.Server):
    """A uvicorn server that ends its event streams when it is asked to stop."""

    def __init__(self, app: FastAPI) -> None:
        # Its failures go to the process' own log; its line for each request would show queries.
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_S,
            server_header=False,
        )
        super().__init__(config)
        self.app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop in order on Ctrl-C and SIGTERM, at once on a second one.

        The base class would raise the signal again after everything is closed, and a stop in
        order would end in a traceback.
        """
        self.force_exit = self.should_exit
        self.stop()

    def stop(self) -> None:
        """Ask the server to end; streams end first, running requests have a few seconds."""
        self.app.state.context.stopping.set()
        self.should_exit = True


def bind(host: str = "127.0.0.1", port: int = 8000) -> socket.socket:
    """Take the port (0 for any free one).

    Raises:
        Unavailable: another program has it, or this host name is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named outright, or asyncio leaves Nagle's algorithm on: 40 ms more for every answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise Unavailable(
            "port", found=f"{host}:{port}: {reason}", expected="a free port; choose one with --port"
        ) from error
    return listener
