"""Links of the OpenAPI document: which answers name what another operation asks for.

A list names the things that its items' own routes ask for, a new thing names itself, a submission
names its job, and the ``ETag`` of a record is what a change of it says in ``If-Match``.
"""

from __future__ import annotations

import re
from typing import Any

Document = dict[str, Any]
_ITEM = re.compile(r"(?P<noun>/[^{}]+)/\{(?P<name>\w+)\}(/[a-z-]+)*")


def add_links(document: Document) -> None:
    """Add to every answer the operations that go on from it."""
    paths = document["paths"]
    submitted = [answer for methods in paths.values() for answer in _answers(methods, "202")]
    for path, methods in paths.items():
        found = _ITEM.fullmatch(path)
        if found is None:
            continue
        noun, name = found["noun"], found["name"]
        own = paths[f"{noun}/{{{name}}}"]
        new = submitted if noun.endswith("/jobs") else _answers(_only("post", paths, noun), "201")
        for operation in methods.values():
            for answer in _answers(_only("get", paths, noun), "200"):
                _link(document, answer, operation, name, listed=True)
            for answer in new:
                _link(document, answer, operation, name)
            if _conditional(operation):
                for answer in _answers(_only("get", {noun: own}, noun), "200"):
                    _link(document, answer, operation, name)


def _only(method: str, paths: Document, path: str) -> Document:
    return {name: one for name, one in paths.get(path, {}).items() if name == method}


def _answers(methods: Document, status: str) -> list[Document]:
    found = (one["responses"].get(status) for one in methods.values())
    return [answer for answer in found if answer is not None]


def _link(
    document: Document, answer: Document, target: Document, name: str, *, listed: bool = False
) -> None:
    """Link an answer to an operation, if the answer or the first item in it has the name."""
    shape = _shape(document, answer.get("content", {}).get("application/json", {}).get("schema"))
    if listed:
        shape = _shape(document, shape.get("properties", {}).get("items", {}).get("items"))
    if name not in shape.get("properties", {}):
        return
    place = f"/items/0/{name}" if listed else f"/{name}"
    parameters = {f"path.{name}": f"$response.body#{place}"}
    if not listed and _conditional(target):
        parameters["header.if-match"] = "$response.header.ETag"
    operation = target["operationId"]
    links = answer.setdefault("links", {})
    links[operation] = {"operationId": operation, "parameters": parameters}


def _conditional(operation: Document) -> bool:
    return any(one["name"] == "if-match" for one in operation.get("parameters", []))


def _shape(document: Document, schema: Document | None) -> Document:
    """Follow a reference, into the first of several shapes."""
    schema = (schema or {}).get("anyOf", [schema or {}])[0]
    address = schema.get("$ref", "").rpartition("/")[2]
    found: Document = document["components"]["schemas"].get(address, schema)
    return found
