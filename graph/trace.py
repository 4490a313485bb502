"""Which statements an answer was made from, so that it can say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that was run; ``name`` is empty for a free one."""

    name: str
    query: str
    parameters: dict[str, Any]


_trace: ContextVar[list[Statement] | None] = ContextVar("trace", default=None)


@contextmanager
def traced() -> Iterator[list[Statement]]:
    """Collect what is run inside, also in threads that were started with this context."""
    statements: list[Statement] = []
    token = _trace.set(statements)
    try:
        yield statements
    finally:
        _trace.reset(token)


def note(name: str, query: str, parameters: Mapping[str, Any]) -> None:
    """Say that a statement is run; one that is repeated counts once."""
    statements = _trace.get()
    statement = Statement(name, query, dict(parameters))
    if statements is not None and statement not in statements:
        statements.append(statement)
