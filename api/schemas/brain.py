"""Atlases, regions, functions, areas and the links between them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.base import Answer


class Atlas(Answer):
    """A parcellation in one named space."""

    id: str = Field(examples=["seitzman300"])
    name: str
    space: str = Field(examples=["MNI152"])
    n_regions: int = Field(description="How many regions it has.")


class Region(Answer):
    """One parcel or sphere; coordinates in mm of the atlas' space."""

    id: str = Field(examples=["dosenbach160:1"])
    name: str
    hemisphere: str | None = None
    x: float
    y: float
    z: float
    network: str | None = None
    parent: str = Field(default="", description="Id of the region one level up.")


class RegionFunction(Answer):
    """A function of a region; ``weight`` lies in (0, 1]."""

    function: str = Field(examples=["perception.vision.motion"])
    weight: float


class Connection(Answer):
    """A connection to another region of the atlas."""

    kind: str = Field(examples=["functional"])
    weight: float


class Neighbour(Answer):
    """A region of the same atlas with a common border."""

    id: str = Field(examples=["brainnetome246:2"])
    name: str
    area_mm2: float = Field(description="Area of the common border.")


class Overlap(Answer):
    """A region against one of another atlas."""

    a: str
    b: str
    dice: float
    inside: float = Field(description="Share of `a` that lies inside `b`.")
    contains: float = Field(description="Share of `b` that `a` contains.")
    qualification: str = Field(examples=["exact", "contains", "contained", "overlaps"])


class Function(Answer):
    """A mental function; dots in the id are the tree."""

    id: str = Field(examples=["perception.vision.motion"])
    name: str
    aliases: list[str] = Field(default_factory=list, description="Other names, by an ontology.")


class FunctionRelation(Answer):
    """What an ontology says about two functions beside the tree, in its own word."""

    function: str = Field(description="The other function.")
    name: str
    kind: str = Field(examples=["isPartOf"])
    source: str = Field(examples=["cognitive-atlas"])
    outgoing: bool = Field(description="Whether the relation starts at the function asked for.")


class FunctionDetail(Function):
    """A function with its relations."""

    relations: list[FunctionRelation] = Field(default_factory=list)


class FunctionRegion(Answer):
    """A region that has a function; ``weight`` lies in (0, 1]."""

    region: str = Field(examples=["dosenbach160:1"])
    weight: float


class Area(Answer):
    """A brain-like functional area or sub-area."""

    id: str = Field(examples=["visual.motion"])
    name: str
    realizes: list[str] = Field(default_factory=list)


class Link(Answer):
    """A region-function pair of the projection, with what stands behind it."""

    region: str
    function: str
    weight: float
    claims: list[Any] = Field(default_factory=list)
    sources: list[Any] = Field(default_factory=list)


class Claim(Answer):
    """What one source says of one region and one function; ``weight`` lies in (0, 1]."""

    id: str
    region: str = Field(examples=["dosenbach160:1"])
    function: str = Field(examples=["perception.vision.motion"])
    source: str
    statistic: str = Field(description="Name of the source's own statistic.")
    value: float = Field(description="Its value, in its own unit.")
    weight: float
    q: float | None = None
    inference: str = Field(default="", description="forward, reverse, inferred, network or empty.")
    status: str = Field(default="accepted", description="proposed, accepted or rejected.")
    rationale: str | None = None
    citation: str | None = Field(default=None, description="DOI or PubMed id where a person says.")
    proposed_by: str | None = Field(default=None, description="Who stated it; null: its source.")
    reviewed_by: str | None = Field(default=None, description="Who accepted or rejected it.")
    digest: str = Field(default="", description="Of its content; in quotes it is the ETag.")


class NamedRegion(Answer):
    """A region in short."""

    id: str
    name: str


class NearestRegion(NamedRegion):
    """The region closest to a coordinate."""

    distance_mm: float


class Location(Answer):
    """Where a coordinate lies: in ``region``, or outside all of them (null)."""

    region: NamedRegion | None
    nearest: NearestRegion | None
    space: str
