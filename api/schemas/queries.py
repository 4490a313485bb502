"""Free and stored queries."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.base import PLAIN, Answer, Body
from graph.guard import MAX_QUERY_CHARS


class CypherRequest(Body):
    """One read-only statement with its parameters."""

    query: str = Field(
        min_length=1, max_length=MAX_QUERY_CHARS, examples=["MATCH (a:Atlas) RETURN a.id"]
    )
    parameters: dict[str, Any] = Field(default_factory=dict)
    limit: int = Field(default=1000, ge=1, description="Rows at most.")


class CypherResult(Answer):
    """Rows in the order of the fields; ``truncated`` when there were more."""

    fields: list[str]
    rows: list[Any]
    truncated: bool
    took_ms: float


class QueryRun(Body):
    """Values for a stored query."""

    parameters: dict[str, Any] = Field(default_factory=dict, examples=[{"id": "dosenbach160:1"}])
    limit: int = Field(default=1000, ge=1, description="Rows at most.")


class QueryToSave(Body):
    """A statement to keep under a name."""

    id: str = Field(examples=["motor-regions"], max_length=64)
    query: str = Field(
        min_length=1,
        max_length=MAX_QUERY_CHARS,
        examples=["MATCH (r:Region) WHERE r.network = $network RETURN r.id AS id"],
    )
    parameters: dict[str, str] = Field(
        default_factory=dict,
        description="The type of each parameter; `?` behind it allows null.",
        examples=[{"network": "STRING"}],
    )
    description: str = Field(default="", max_length=2000, pattern=PLAIN)
    shared: bool = Field(default=False, description="Others see it and may run it.")


class StoredQuery(Answer):
    """A question with a name."""

    id: str = Field(examples=["region.get"])
    version: int = Field(description="`id@version` stays what it is when a new version comes.")
    description: str
    parameters: dict[str, str] = Field(examples=[{"id": "STRING"}])
    query: str
    owner: str = Field(description="Empty for a built-in one.")
    shared: bool
