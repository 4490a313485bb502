"""The server itself, its jobs and free queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from api.schemas.base import Answer, Body
from api.schemas.selection import ActivationForm, ActivationRequest
from jobs.job import Status

MAX_INTEGER = 2**63 - 1


class Health(Answer):
    """The server is up and its database answers."""

    status: Literal["ok"]
    server: str = Field(description="Which database answers.", examples=["embedded"])
    version: str
    revision: int = Field(description="Number of the latest change; 0 before the first.")


class Stats(Answer):
    """How many nodes of each label and relationships of each type there are."""

    nodes: dict[str, int]
    relationships: dict[str, int]


class BuildOptions(Body):
    """How the search goes, whatever the activation."""

    kind: Literal["build"]
    dataset: str = "digits-dtmf"
    trials: Annotated[int, Field(ge=1, le=10_000)] = 24
    sampler: str = Field(default="evolution", examples=["evolution", "random"])
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    fresh: bool = Field(default=False, description="Search again even if the result is known.")


class BuildJob(BuildOptions, ActivationRequest):
    """Build a network from an activation."""


class BuildJobForFiles(BuildOptions, ActivationForm):
    """Build a network from uploaded files."""


class Job(Answer):
    """A piece of work in the ledger."""

    id: str
    kind: str
    status: Status
    message: str = Field(description="The last progress.")
    fraction: float = Field(description="How much is done, 0 to 1.")
    result: dict[str, Any] | None
    problem: dict[str, Any] | None = Field(description="Why it failed: title, detail, code.")


class CypherRequest(Body):
    """One read-only statement with its parameters."""

    query: str = Field(min_length=1, max_length=100_000, examples=["MATCH (a:Atlas) RETURN a.id"])
    parameters: dict[str, Any] = Field(default_factory=dict)
    limit: int = Field(default=1000, ge=1, description="Rows at most.")

    @field_validator("parameters")
    @classmethod
    def _storable(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        if any(abs(number) > MAX_INTEGER for number in _integers(parameters)):
            raise ValueError("integers of at most 64 bits")
        return parameters


def _integers(value: object) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _integers(item)


class CypherResult(Answer):
    """Rows in the order of the fields; ``truncated`` when there were more."""

    fields: list[str]
    rows: list[Any]
    truncated: bool
    took_ms: float
