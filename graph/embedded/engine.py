"""The ArcadeDB engine inside the child process, speaking Bolt and HTTP on loopback only."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

from graph.embedded.http import command
from graph.embedded.layout import DATABASE, Layout, ServerState
from graph.embedded.warden import Warden

if TYPE_CHECKING:
    from arcadedb_embedded.server import ArcadeDBServer

_HEAP = "2g"
_COMMAND_TIMEOUT_MS = 120_000
"""A backstop for every statement; user-supplied ones have a much shorter limit of their own."""

_JVM_FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


def free_port() -> int:
    """A loopback TCP port that is free at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Engine:
    """A running engine with its warden."""

    def __init__(self, server: ArcadeDBServer, reader: str) -> None:
        self._server = server
        self._warden = Warden(server._java_server, reader)

    def stop(self) -> None:
        """Close the databases and stop listening."""
        self._warden.close()
        self._server.stop()


def start(layout: Layout, state: ServerState) -> Engine:
    """Start the engine with the state's ports and passwords; returns the running server.

    Raises:
        arcadedb_embedded.ArcadeDBError: the engine cannot start (port taken, damaged files).
    """
    from arcadedb_embedded.server import ArcadeDBServer

    _write_groups(layout)
    # Passwords are made anew at every start: the users of the last run go.
    (layout.config / "server-users.jsonl").unlink(missing_ok=True)
    server = ArcadeDBServer(
        str(layout.root),
        state.password,
        {
            "mode": "production",
            "host": "127.0.0.1",
            "http_port": state.http_port,
            "bolt_port": state.bolt_port,
            "bolt_defaultDatabase": DATABASE,
            "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "server_defaultDatabases": f"{DATABASE}[]",
            "server_logsDirectory": str(layout.logs),
            "serverMetrics": False,
            "opencypher_loadCsv_allowFileUrls": False,
            "opencypher_loadCsv_allowRemoteUrls": False,
            "command_timeout": _COMMAND_TIMEOUT_MS,
        },
        {"heap_size": _HEAP, "jvm_args": _JVM_FLAGS},
    )
    server.start()
    # Production mode has switched on flushed commits by now. It would also hide every error's
    # text from its client, and here the only client is the owner of the files.
    server._java_server.getConfiguration().setValue("arcadedb.server.mode", "test")
    _create_reader(state)
    return Engine(server, state.reader)


def _write_groups(layout: Layout) -> None:
    def group(access: list[str], records: list[str]) -> dict[str, Any]:
        return {
            "resultSetLimit": -1,
            "readTimeout": -1,
            "access": access,
            "types": {"*": {"access": records}},
        }

    groups = {
        "admin": group(
            ["updateSecurity", "updateSchema", "updateDatabaseSettings"],
            ["createRecord", "readRecord", "updateRecord", "deleteRecord"],
        ),
        "reader": group([], ["readRecord"]),
        "*": group([], []),
    }
    layout.config.mkdir(exist_ok=True)
    document = {"databases": {"*": {"groups": groups}}, "version": 2}
    (layout.config / "server-groups.json").write_text(json.dumps(document), encoding="utf-8")


def _create_reader(state: ServerState) -> None:
    user = {
        "name": state.reader,
        "password": state.reader_password,
        "databases": {DATABASE: ["reader"]},
    }
    command(state, "server", {"command": f"create user {json.dumps(user)}"})
