"""The server itself, its jobs and free queries."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.base import Answer, Body
from api.schemas.selection import ActivationForm, ActivationRequest
from jobs.job import Status


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
