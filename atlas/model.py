"""The nouns of the brain half: atlases, regions, functions, areas, sources and claims.

They are plain frozen records. Their fields are the properties of the graph's nodes; how they are
stored is the business of ``graph``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from atlas.volume_store import StoredVolume

AtlasKind = Literal["spheres", "labels", "probabilistic"]
Hemisphere = Literal["left", "right", "bilateral", "midline", "unknown"]
ClaimStatus = Literal["accepted", "proposed", "rejected"]


@dataclass(frozen=True, slots=True)
class Source:
    """A file, paper or database release that something came from.

    ``accepted`` are the codes of errors that whoever brought it in accepted by name.
    """

    id: str
    name: str
    version: str = ""
    licence: str = ""
    citation: str = ""
    url: str = ""
    sha256: str = ""
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """One parcel or sphere of an atlas.

    ``x, y, z`` is the medoid voxel (volumes) or the centre (spheres) in millimetres of the
    atlas' space. ``radius_mm`` is set for spheres only; ``volume_mm3`` is the region's volume.
    ``parent`` is the id of the region one level up, in an atlas of its own. Of voxels, ``centroid``
    is the mean of their centres (it may lie outside the region), ``bounds`` the extent of their
    faces (x0, x1, y0, y1, z0, z1), ``surface_mm2`` the area of the faces to anything else.

    >>> Region("dosenbach160:1", "1", "vmPFC 1", "right", 6.0, 64.0, 3.0).atlas
    'dosenbach160'
    """

    id: str
    label: str
    name: str
    hemisphere: Hemisphere
    x: float
    y: float
    z: float
    abbreviation: str = ""
    volume_mm3: float = 0.0
    radius_mm: float | None = None
    network: str = ""
    parent: str = ""
    centroid: tuple[float, ...] | None = None
    bounds: tuple[float, ...] | None = None
    surface_mm2: float | None = None

    @property
    def atlas(self) -> str:
        """Id of the atlas the region is part of."""
        return self.id.split(":", 1)[0]


@dataclass(frozen=True, slots=True)
class Atlas:
    """A parcellation in one named space, with its source.

    ``volume`` is set for atlases of voxels; ``supersedes`` is the id of the former version.
    """

    id: str
    name: str
    space: str
    source: Source
    version: str = ""
    template: str = ""
    kind: AtlasKind = "spheres"
    regions: tuple[Region, ...] = field(default=(), repr=False)
    volume: StoredVolume | None = None
    supersedes: str = ""


@dataclass(frozen=True, slots=True)
class FunctionTerm:
    """A mental function in the tree; the id carries the path (``perception.vision.motion``)."""

    id: str
    name: str
    definition: str = ""
    ontology: str = ""
    external_id: str = ""

    @property
    def parent(self) -> str | None:
        """Id one level up, or None at a root."""
        return self.id.rpartition(".")[0] or None


@dataclass(frozen=True, slots=True)
class Area:
    """A brain-like functional area (``visual``) or sub-area (``visual.motion``)."""

    id: str
    name: str
    realizes: tuple[str, ...] = ()
    modality: str = ""

    @property
    def parent(self) -> str | None:
        """Id of the area this is a sub-area of, or None."""
        return self.id.rpartition(".")[0] or None


@dataclass(frozen=True, slots=True)
class Counts:
    """The 2 x 2 table behind a meta-analytic claim, in studies.

    ``both`` report the region and the function, ``region_only`` and ``function_only`` one of
    them, ``neither`` none.
    """

    both: int
    region_only: int
    function_only: int
    neither: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Evidence of one source for one region-function pair.

    ``weight`` lies in (0, 1] and is what the projection ``HAS_FUNCTION`` combines; ``lower`` is
    the lower 95 % bound of the log odds ratio.
    """

    id: str
    region: str
    function: str
    source: str
    statistic: str
    value: float
    weight: float
    q: float | None = None
    lower: float | None = None
    counts: Counts | None = None
    n_studies: int | None = None
    status: ClaimStatus = "accepted"
    inference: str = ""
    rationale: str = ""
    citation: str = ""
