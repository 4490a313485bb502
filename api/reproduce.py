"""The same question in Cypher, in Python and over HTTP."""

from __future__ import annotations

import json
import shlex
from typing import Any

from fastapi import Request

from api.inputs import Submission
from composer.activation import Activation
from graph import queries
from graph.entries import DICTIONARIES

_NAMES = {"from": "first", "to": "last"}
"""Parameters that Python calls otherwise."""

_NOT_TEXT = {"limit", "radius_mm", "descendants", "include_proposed", "from", "to"}

Files = tuple[tuple[str, str], ...]
"""Form field and own name of every file that was sent."""

SCORES = "selection/function_scores"


def reproduce(request: Request, sent: Submission, found: Activation) -> dict[str, Any]:
    """Say how to ask again.

    ``cypher`` is a body for ``POST /cypher``: it leads from the regions of this activation to the
    same functions with the same scores.
    """
    active = [{"region": id, "weight": value} for id, value in found.pattern.strengths.items()]
    options = sent.body.model_dump(exclude_defaults=True, mode="json")
    server = str(request.base_url).rstrip("/")
    return {
        "cypher": {
            "query": queries.load(SCORES).text,
            "parameters": {"atlas": found.atlas.id, "active": active},
        },
        "python": _python(server, options, sent.files),
        "http": _curl(f"{server}{request.url.path}", options, sent.files),
    }


_METHODS = {
    "list_region_connections": "connections",
    "list_region_neighbours": "neighbours",
    "list_atlas_overlaps": "overlaps",
    "run_cypher": "cypher",
    **{f"list_{name}_terms": "words" for name in DICTIONARIES},
}
_FIRST = {f"list_{name}_terms": name for name in DICTIONARIES}
"""What such a method takes first where the address does not say it by a parameter."""


async def again(request: Request, operation: str) -> dict[str, str]:
    """Say in Python and over HTTP how to ask for a table again.

    Args:
        request: the one that was answered.
        operation: its name.
    """
    server = str(request.base_url).rstrip("/")
    query = dict(request.query_params)
    sent = json.loads(await request.body() or b"{}")
    method = method_of(operation)
    named = [query.pop("with")] if "with" in query else []
    given = {
        _NAMES.get(key, key): _python_value(key, value)
        for key, value in query.items()
        if key != "after"
    }
    first = [_FIRST[operation]] if operation in _FIRST else []
    positional = [*first, *request.path_params.values(), *named]
    if "query" in sent:
        positional.append(sent.pop("query"))
    arguments = [*map(repr, positional), *(f"{k}={v!r}" for k, v in (given | sent).items())]
    url = str(request.url)
    return {
        "python": (
            "from neuroweave import Client\n"
            f"with Client({server!r}) as client:\n"
            f"    table = client.{method}({', '.join(arguments)})"
        ),
        "http": _curl(url, json.loads(await request.body()), ())
        if request.method == "POST"
        else shlex.join(["curl", url]),
    }


def method_of(operation: str) -> str:
    """Return the client's method for an operation that answers with a table."""
    return _METHODS.get(operation, operation.removeprefix("list_"))


def _python_value(key: str, text: str) -> object:
    """A parameter of the query string as the client's method takes it."""
    if key == "near":
        return tuple(float(part) for part in text.split(","))
    try:
        return json.loads(text) if key in _NOT_TEXT else text
    except json.JSONDecodeError:
        return text


def _python(server: str, options: dict[str, Any], files: Files) -> str:
    masks = [name for field, name in files if field == "mask"]
    sent: dict[str, Any] = {field: name for field, name in files if field != "mask"}
    given = sent | ({"masks": masks} if masks else {}) | options
    if "window" in given:
        given["window"] = tuple(float(part) for part in given["window"].split(":"))
    arguments = ", ".join(f"{key}={value!r}" for key, value in given.items())
    return (
        "from neuroweave import Client\n"
        f"with Client({server!r}) as client:\n"
        f"    activation = client.activate({arguments})"
    )


def _curl(url: str, options: dict[str, Any], files: Files) -> str:
    if files:
        sent = [f"{field}=@{name}" for field, name in files]
        fields = [*sent, *(f"{key}={value}" for key, value in options.items())]
        parts = ["curl", url, *(word for field in fields for word in ("-F", field))]
    else:
        kind = "content-type: application/json"
        parts = ["curl", url, "-H", kind, "-d", json.dumps(options)]
    return shlex.join(parts)
