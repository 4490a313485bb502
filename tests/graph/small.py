"""A small brain for tests: one atlas, a few functions, areas and claims."""

from __future__ import annotations

from atlas.model import Area, Atlas, Claim, Counts, FunctionTerm, Region, Source
from graph import areas, atlases, claims, functions
from graph.store import Store

SOURCE = Source("s1", "A study", licence="CC0", citation="Someone 2020")
OTHER = Source("s2", "Another study")


def region(number: int, name: str = "", x: float = 0.0, network: str = "") -> Region:
    return Region(
        f"a:{number}", str(number), name or f"Region {number}", "left", x, 0.0, 0.0, network=network
    )


ATLAS = Atlas(
    "a",
    "An atlas",
    "MNI152",
    SOURCE,
    regions=(
        region(1, "Motion area", 0.0, "visual"),
        region(2, "Colour area", 10.0, "visual"),
        region(10, "Hearing core", 30.0, "auditory"),
    ),
)
FUNCTIONS = [
    FunctionTerm("vision", "vision"),
    FunctionTerm("vision.motion", "visual motion"),
    FunctionTerm("vision.colour", "colour vision"),
    FunctionTerm("hearing", "hearing"),
]
AREAS = [
    Area("visual", "Visual", ("vision",), "image"),
    Area("visual.motion", "Motion", ("vision.motion",), "image"),
    Area("auditory", "Auditory", ("hearing",), "audio"),
]


def claim(id: str, region: str, function: str, weight: float, source: Source = SOURCE) -> Claim:
    return Claim(
        id, region, function, source.id, "z", 4.0, weight, q=0.01, counts=Counts(9, 8, 7, 6)
    )


CLAIMS = [
    claim("c1", "a:1", "vision.motion", 0.5),
    claim("c2", "a:2", "vision.colour", 0.75),
    claim("c3", "a:10", "hearing", 1.0),
]


def fill(store: Store) -> None:
    """Everything above, from the atlas to the claims."""
    atlases.put(store, ATLAS, by="test")
    functions.put(store, FUNCTIONS, by="test")
    areas.put(store, AREAS, by="test")
    claims.put(store, SOURCE, CLAIMS, by="test")
