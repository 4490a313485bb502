"""What is active: the result of decoding a map, peaks or a list into one atlas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Method = Literal["map", "masks", "peaks", "regions", "functions", "series", "scenario"]


@dataclass(frozen=True, slots=True)
class Peak:
    """A coordinate in millimetres with a value (statistic or strength).

    ``experiment`` names the contrast or study that reports it, where a table holds several.
    """

    x: float
    y: float
    z: float
    value: float = 1.0
    name: str = ""
    experiment: str = ""


@dataclass(frozen=True, slots=True)
class RegionActivation:
    """How strongly one region takes part.

    ``weight`` lies in (0, 1]; it is 0 only where an unthresholded map lies on the other side. For
    maps ``covered`` is the fraction of the region's voxels over
    the threshold, ``mean`` the mean over the whole region and ``peak`` its extreme voxel; for
    peaks ``peak`` is the strongest coordinate assigned to it; ``statistic`` is t of a time series;
    ``masks`` the share of the region that each named mask covers. None where a method has no such
    number.
    """

    region: str
    weight: float
    covered: float | None = None
    mean: float | None = None
    peak: Peak | None = None
    statistic: float | None = None
    masks: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Outside:
    """What the atlas could not account for: voxels of a map or peaks, and their share in [0, 1]."""

    count: int = 0
    share: float = 0.0
    peaks: tuple[Peak, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivationPattern:
    """Active regions of one atlas, strongest first, with how they were found."""

    atlas: str
    space: str
    method: Method
    regions: tuple[RegionActivation, ...]
    outside: Outside = field(default_factory=Outside)
    note: str = ""

    @property
    def strengths(self) -> dict[str, float]:
        """``{region id: weight}`` of what has any, the form that selection works on."""
        return {region.region: region.weight for region in self.regions if region.weight > 0}


def strongest_first(regions: Iterable[RegionActivation]) -> tuple[RegionActivation, ...]:
    """Of equally strong ones in order of their ids, so that answers repeat."""
    return tuple(sorted(regions, key=lambda r: (-r.weight, r.region)))


@dataclass(frozen=True, slots=True)
class Scenario:
    """A stored activation: peaks or regions from the literature, under a name."""

    id: str
    name: str
    space: str
    peaks: tuple[Peak, ...] = ()
    regions: tuple[str, ...] = ()
    description: str = ""
    citation: str = ""
    dataset: str = ""
