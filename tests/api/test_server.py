"""Ports: taken, impossible, and without needless delay."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from api.server import bind
from atlas.errors import Unavailable


def test_any_free_port() -> None:
    with bind(port=0) as listener:
        assert listener.getsockname()[1] > 0


def test_a_port_that_is_taken() -> None:
    with bind(port=0) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(Unavailable, match=f"127.0.0.1:{port}: Address already in use"):
            bind(port=port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("203.0.113.1", 0)])
def test_a_port_that_cannot_be(host: str, port: int) -> None:
    with pytest.raises(Unavailable, match="a free port"):
        bind(host, port)


def test_the_socket_names_its_protocol() -> None:
    """Otherwise asyncio leaves Nagle's algorithm on, which costs 40 ms an answer."""
    with bind(port=0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


@pytest.mark.server
def test_a_server_ends_at_ctrl_c(tmp_path: Path) -> None:
    with bind(port=0) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-P", "-m", "neuroweave", "serve", "--port", str(port)]
    environment = {**os.environ, "NEUROWEAVE_HOME": str(tmp_path)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        url = f"http://127.0.0.1:{port}/api/v1/health"
        health = _first_answer(url, process)
        assert health["server"] == "embedded"
        assert int(str(health["revision"])) > 0, "the built-in data come with the first start"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.wait()


def _first_answer(url: str, process: subprocess.Popen[str]) -> dict[str, object]:
    until = time.monotonic() + 240  # a first start brings in the built-in data
    while time.monotonic() < until and process.poll() is None:
        try:
            found: dict[str, object] = httpx2.get(url, timeout=10).raise_for_status().json()
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return found
    raise AssertionError("the server did not answer")
