"""The few administrative commands that the embedded server takes over HTTP only."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from typing import Any

from atlas.errors import NeuroweaveError, Unavailable
from graph.embedded.layout import DATABASE, ServerState

# An own opener: a proxy named in the environment is not for loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def sql(state: ServerState, statement: str) -> None:
    """Run one SQL statement (index definitions that Cypher cannot express there)."""
    command(state, f"command/{DATABASE}", {"language": "sql", "command": statement})


def command(state: ServerState, path: str, body: dict[str, Any]) -> None:
    """POST one command to the server's own API.

    Raises:
        Unavailable: nobody listens.
        NeuroweaveError: the server refused the command.
    """
    credentials = base64.b64encode(f"{state.user}:{state.password}".encode()).decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{state.http_port}/api/v1/{path}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
    )
    try:
        with _OPENER.open(request, timeout=30) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        raise NeuroweaveError("database", found=text, hint="the server's command failed") from error
    except OSError as error:
        raise Unavailable("database", found=str(error), expected="the embedded server") from error
