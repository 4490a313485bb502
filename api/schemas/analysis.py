"""The analysis of an atlas, and the clusters of a map."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.base import Answer


class FunctionSpread(Answer):
    """One function's regions: how many, how far apart, and against random sets."""

    function: str = Field(examples=["perception.vision"])
    n_regions: int
    scatter_mm: float | None = Field(description="Mean distance of two regions on one side.")
    random_mm: float | None
    z: float | None
    p: float | None = Field(description="Two-sided, by permutation.")
    q: float | None = Field(description="After Benjamini and Hochberg.")


class Nearness(Answer):
    """How near the regions of two functions lie."""

    a: str
    b: str
    shared: int = Field(description="Regions that have both.")
    nearest_mm: float | None = Field(description="Mean way to the nearest region of the other.")
    z: float | None
    p: float | None


class Cover(Answer):
    """Groups of functions that together touch most regions."""

    groups: list[str]
    n_regions: int
    share: float


class Analysis(Answer):
    """How functions lie over the regions of an atlas."""

    atlas: str
    n_regions: int
    functions: list[FunctionSpread]
    functions_per_region: dict[str, int]
    pairs: list[Nearness]
    cover: Cover


class Cluster(Answer):
    """Voxels over the threshold that touch, with their peaks and regions."""

    number: int
    sign: str
    voxels: int
    volume_mm3: float
    peaks: list[dict[str, Any]]
    regions: list[dict[str, Any]]
    outside: float = Field(description="Share of its voxels in no region.")


class Clusters(Answer):
    """The clusters of a map; coordinates in mm of ``space``."""

    atlas: str
    space: str
    clusters: list[Cluster]
