"""The server itself, its jobs and free queries."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat

from api.schemas.base import Answer, Body
from api.schemas.selection import ActivationForm, ActivationRequest
from composer.budget import Budget
from jobs.job import Status
from jobs.variants import LARGEST
from search.objectives import Cost
from training.optimizers import Optimizer


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


class Limits(Body):
    """What each candidate model may cost at most."""

    max_parameters: Annotated[int, Field(ge=1)] | None = None
    max_memory_mb: Annotated[FiniteFloat, Field(gt=0)] | None = Field(
        default=None, description="Megabytes of its weights and of one sample's maps."
    )
    max_latency_ms: Annotated[FiniteFloat, Field(gt=0)] | None = Field(
        default=None, description="Milliseconds for one sample, measured on the server."
    )

    @property
    def budget(self) -> Budget:
        """The limits as the composer takes them."""
        return Budget(self.max_parameters, self.max_memory_mb, self.max_latency_ms)


class PlanOptions(Limits):
    """What a plan is for, whatever the activation."""

    dataset: str | None = Field(
        default=None, description="Data set to be fed from.", examples=["digits-dtmf"]
    )


class PlanRequest(PlanOptions, ActivationRequest):
    """Plan the network of an activation."""


class PlanForm(PlanOptions, ActivationForm):
    """Plan the network of uploaded files."""


class BuildOptions(Limits):
    """How the search goes, whatever the activation."""

    kind: Literal["build"]
    dataset: str = "digits-dtmf"
    trials: Annotated[int, Field(ge=1, le=10_000)] = 24
    sampler: str = Field(
        default="evolution",
        description="How candidates are found: "
        "evolution, nao, progressive, random, reinforce, relaxation or tpe.",
        examples=["evolution", "random"],
    )
    pruner: str = Field(
        default="none",
        description="Who ends the training of candidates that lag behind: asha, median or none.",
        examples=["none", "asha"],
    )
    batch: Annotated[
        int,
        Field(
            ge=1, le=1000, description="Candidates trained in one pass where their shapes allow it."
        ),
    ] = 1
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    minimize: list[Cost] = Field(
        default_factory=list,
        max_length=2,
        description="What is kept small beside accuracy: the result has a `front` then.",
        examples=[[], ["parameters", "latency_ms"]],
    )
    pick: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Place in that front, from 1, of the network that is kept."
    )
    sizes: list[Annotated[FiniteFloat, Field(gt=0, le=LARGEST)]] = Field(
        default=[1.0],
        min_length=1,
        max_length=8,
        description="Multiples of the width that a model states, in which networks are trained.",
        examples=[[1.0], [0.5, 1.0]],
    )
    optimizers: list[Optimizer] = Field(
        default=["adamw"],
        min_length=1,
        max_length=2,
        description="By which networks are trained. With several sizes or optimizers they are "
        "genes of their own, beside the structure.",
        examples=[["adamw"], ["adamw", "sgd"]],
    )
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
