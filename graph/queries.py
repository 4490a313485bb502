"""Named queries: one statement per file in ``cypher``, with a header that says what it does.

The header is made of comment lines before the statement::

    // purpose: Regions of one atlas, in the atlas' own order.
    // params: atlas: STRING
    // mode: read
    // columns: id, name

A parameter's type ends with ``?`` where null is allowed. ``keys`` names the fields of row
parameters (``rows.id``) that must not be null, because they are merged on. ``server`` marks the
few schema statements that only one of the servers takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from atlas.errors import InvalidInput

Mode = Literal["read", "write"]
_FIELDS = ("purpose", "params", "keys", "server", "mode", "columns")


@dataclass(frozen=True, slots=True)
class Query:
    """One named statement and what its header declares."""

    name: str
    text: str
    mode: Mode
    params: Mapping[str, str]
    columns: tuple[str, ...]
    purpose: str
    keys: tuple[str, ...] = ()
    server: str = ""

    def check(self, values: Mapping[str, object]) -> None:
        """Refuse missing, unknown and null parameters before the call.

        Raises:
            InvalidInput: names the query and the parameter. A ``MERGE`` on a null key would be
                accepted by one of the servers.
        """
        if values.keys() != self.params.keys():
            raise InvalidInput(
                f"{self.name} parameters", found=sorted(values), expected=str(sorted(self.params))
            )
        for name, kind in self.params.items():
            if values[name] is None and not kind.endswith("?"):
                raise InvalidInput(f"{self.name} {name}", found="null", expected=kind)
        for key in self.keys:
            rows, column = key.split(".")
            if any(row.get(column) is None for row in cast(list[dict[str, object]], values[rows])):
                raise InvalidInput(f"{self.name} {key}", found="null", expected="a key")


@cache
def load(name: str) -> Query:
    """The query ``<noun>/<verb>``.

    Raises:
        InvalidInput: no such file.

    >>> load("region/of_atlas").mode
    'read'
    """
    noun, _, verb = name.partition("/")
    file = files("cypher") / noun / f"{verb}.cypher"
    if not re.fullmatch(r"[a-z_]+/[a-z_]+", name) or not file.is_file():
        raise InvalidInput("query", found=name, expected="the name of a file in cypher/")
    return parse(name, file.read_text(encoding="utf-8"))


def names() -> Iterator[str]:
    """Every query in the folder, sorted."""
    folder = files("cypher")
    for noun in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if noun.is_dir():
            for file in sorted(noun.iterdir(), key=lambda entry: entry.name):
                if file.name.endswith(".cypher"):
                    yield f"{noun.name}/{file.name.removesuffix('.cypher')}"


def parse(name: str, text: str) -> Query:
    """Split a file into header and statement.

    Raises:
        InvalidInput: a header line is missing or unknown.
    """
    header, statement = _split(text)
    mode = header.get("mode")
    if mode not in ("read", "write") or not header.get("purpose") or "columns" not in header:
        raise InvalidInput(f"{name} header", found=sorted(header), expected=", ".join(_FIELDS))
    params = dict(_pair(name, part) for part in _list(header.get("params", "")))
    return Query(
        name=name,
        text=statement,
        mode=cast(Mode, mode),
        params=params,
        columns=tuple(_list(header["columns"])),
        purpose=header["purpose"],
        keys=tuple(_list(header.get("keys", ""))),
        server=header.get("server", ""),
    )


def _split(text: str) -> tuple[dict[str, str], str]:
    header: dict[str, str] = {}
    lines = text.splitlines()
    field = ""
    while lines and lines[0].startswith("//"):
        line = lines.pop(0)[2:].strip()
        start = re.match(r"([a-z]+):\s*(.*)", line)
        if start and start[1] in _FIELDS:
            field = start[1]
            header[field] = start[2]
        elif field:
            header[field] += f" {line}"
    return header, "\n".join(lines).strip()


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _pair(name: str, text: str) -> tuple[str, str]:
    key, colon, kind = text.partition(":")
    if not colon:
        raise InvalidInput(f"{name} params", found=text, expected="name: TYPE")
    return key.strip(), kind.strip()
