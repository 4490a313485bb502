"""The figures of an activation, each with the words for who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlas.volumes import load_volume
from composer.activation import Activation
from composer.clusters import limit_of
from composer.figures.brain import glass_map, glass_regions, outlined_map
from composer.figures.canvas import Format
from composer.figures.functions import function_bars

NAMED = 5


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: its title, its content in words, and the bytes of the file."""

    title: str
    alt: str
    content: bytes


def brain_figure(found: Activation, format: Format = "png") -> bytes:
    """The figure that stands for an activation: its map if it has one, else its regions."""
    if found.inputs.map is None:
        return glass_regions(found.atlas, found.pattern.strengths, format)
    volume = load_volume(found.inputs.map, volume=found.inputs.volume)
    return glass_map(
        volume,
        space=found.inputs.space or found.atlas.space,
        threshold=_threshold(found),
        sign=found.inputs.sign,
        format=format,
    )


def pictures(found: Activation) -> list[Picture]:
    """All figures of an activation as PNG files."""
    names = found.regions
    leading = ", ".join(names[r.region].name for r in found.pattern.regions[:NAMED]) or "none"
    drawn = []
    if found.inputs.map is not None:
        where = f"{found.inputs.sign} side; {found.pattern.note}"
        drawn.append(
            Picture("The map", f"Glass brain of the map, {where}.", brain_figure(found, "png"))
        )
        outlined = outlined_map(
            load_volume(found.inputs.map, volume=found.inputs.volume),
            found.atlas,
            found.pattern.strengths,
            space=found.inputs.space or found.atlas.space,
            threshold=_threshold(found),
            sign=found.inputs.sign,
        )
        alt = f"Slices of the map with outlines of the strongest regions: {leading}."
        drawn.append(Picture("The map and the regions", alt, outlined))
    alt = f"Glass brain of the active regions by weight; strongest: {leading}."
    regions = glass_regions(found.atlas, found.pattern.strengths)
    drawn.append(Picture("Active regions", alt, regions))
    functions = found.selection.functions
    if functions:
        leading = ", ".join(f"{f.name} (z {f.z:.1f})" for f in functions[:NAMED])
        bars = function_bars(functions, found.score)
        drawn.append(Picture("Functions", f"Bars of the leading functions: {leading}.", bars))
    return drawn


def _threshold(found: Activation) -> float:
    """What the map exceeds to be drawn; an unthresholded map is drawn whole."""
    rule, path = found.inputs.rule, found.inputs.map
    if rule.kind == "none" or path is None:
        return 0.0
    limit = limit_of(rule, load_volume(path, volume=found.inputs.volume), found.inputs.sign)
    return limit if np.isfinite(limit) else float(np.finfo(np.float32).max)
