"""Activations and plans."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, model_validator

from api.schemas.base import Answer, Body
from atlas.decode.glm import Noise

Millimetres = Annotated[FiniteFloat, Field(strict=True, description="mm")]
MAX_VOLUME = 2**31
Number = Annotated[FiniteFloat, Field(strict=True)]


class PeakIn(Body):
    """A coordinate with a value; also written as ``[x, y, z]`` or ``[x, y, z, value]``."""

    x: Millimetres
    y: Millimetres
    z: Millimetres
    value: Number = 1.0
    name: str = Field(default="", max_length=200)
    experiment: str = Field(default="", max_length=500)

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any) -> Any:  # noqa: ANN401 - pydantic passes anything
        if isinstance(data, (list, tuple)):
            if len(data) not in (3, 4):
                raise ValueError("[x, y, z] or [x, y, z, value]")
            return dict(zip(("x", "y", "z", "value"), data, strict=False))
        return data


class ActivationOptions(Body):
    """What every way of giving an activation takes."""

    atlas: str | None = Field(default=None, examples=["seitzman300"])
    space: str | None = Field(default=None, description="Space of the peaks; MNI152 if not said.")
    threshold: FiniteFloat | None = Field(default=None, description="Of a map's voxels.")
    top: FiniteFloat | None = Field(default=None, description="Or the strongest per cent.")
    fdr: FiniteFloat | None = Field(default=None, description="Or a false discovery rate, of z.")
    unthresholded: bool = Field(default=False, description="Or the whole map, correlated.")
    score: Literal["sum", "correlation"] | None = Field(
        default=None, description="How functions are ranked; the one that fits if not said."
    )
    sign: Literal["positive", "negative", "both"] = Field(
        default="positive", description="Which side of a map counts."
    )


class ActivationForm(ActivationOptions):
    """What belongs to files: a map, masks, or a region × time table with perhaps its events."""

    volume: int | None = Field(
        default=None, ge=0, le=MAX_VOLUME, description="Which volume of a 4-D map, from 0."
    )
    tr: FiniteFloat | None = Field(default=None, description="Series: seconds between rows.")
    window: str | None = Field(
        default=None,
        pattern=r"^[0-9.]{1,20}:[0-9.]{1,20}$",
        description="Series: seconds of interest.",
        examples=["10:20"],
    )
    condition: str | None = Field(
        default=None, max_length=200, description="Series: a trial type of the events."
    )
    noise: Noise | None = Field(default=None, description="Series: ar1 if not said.")


class ActivationRequest(ActivationOptions):
    """An activation in exactly one of four ways; a map is sent as multipart instead."""

    peaks: list[PeakIn] | None = Field(default=None, min_length=1, max_length=10_000)
    regions: list[str] | None = Field(default=None, min_length=1, max_length=10_000)
    functions: list[str] | None = Field(default=None, min_length=1, max_length=1000)
    scenario: str | None = Field(default=None, examples=["audio-visual"])


class ActiveRegion(Answer):
    """One active region; ``weight`` lies in (0, 1], 0 on the other side of a whole map."""

    id: str
    name: str
    hemisphere: str
    weight: float
    covered: float | None = Field(description="Fraction of voxels over the threshold (maps).")
    mean: float | None
    peak: dict[str, Any] | None
    statistic: float | None = Field(default=None, description="t of a time series.")
    masks: dict[str, float] = Field(default={}, description="Share that each mask covers.")


class Outside(Answer):
    """What the atlas could not account for."""

    count: int
    share: float


class ScoredFunction(Answer):
    """A function that the active regions speak for, with its evidence."""

    id: str
    name: str
    score: float
    z: float
    p: float | None = Field(default=None, description="Of a correlation, two-sided.")
    n: int | None = Field(default=None, description="Regions that a correlation is over.")
    column: str | None = Field(
        default=None, description="The id in the evidence matrix, where that is another."
    )
    split_into: list[str] = Field(
        default_factory=list,
        description="Parts of a function that was split: the matrix cannot say which is meant.",
    )
    claims: list[dict[str, Any]]


class ScoredArea(Answer):
    """A functional area with the score of its strongest function."""

    id: str
    score: float


class CandidateModel(Answer):
    """A model that serves an active area, or that people link to one of its regions."""

    id: str
    area: str


class ForbiddenModel(Answer):
    """A model that people keep out of an active area, and which link says so."""

    id: str
    area: str
    reason: str


class Reproduce(Answer):
    """The same question asked in three other ways."""

    cypher: dict[str, Any] = Field(description="Body for POST /cypher: query and parameters.")
    python: str
    http: str


class Activation(Answer):
    """What is active, and everything the graph knows about it; strongest first."""

    atlas: str
    space: str
    score: Literal["sum", "correlation"]
    regions: list[ActiveRegion]
    outside: Outside
    functions: list[ScoredFunction]
    areas: list[ScoredArea]
    models: list[CandidateModel]
    forbidden: list[ForbiddenModel]
    reproduce: Reproduce


class Slot(Answer):
    """A place of the network that one functional area fills."""

    area: str
    modality: str
    candidates: list[dict[str, Any]]
    because: list[dict[str, Any]]


class Plan(Answer):
    """How the active areas become one network; nothing is trained."""

    slots: list[Slot]
    coupling: list[dict[str, Any]]
    fusion: Any = Field(description="Nested pairs of areas, innermost fused first.")
