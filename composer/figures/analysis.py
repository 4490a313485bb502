"""The analysis of an atlas' functions as one figure of four panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from atlas.analysis import Analysis
from composer.figures.canvas import BLUE, GREY, ORANGE, Format, render, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = 24
"""The functions with most regions are drawn, the others are in the table."""


def analysis_figure(found: Analysis, format: Format = "png") -> bytes:
    """Draw regions per function, functions per region, scatter and nearness against chance."""
    rows = min(len(found.functions), ROWS)

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        grid = figure.subplots(2, 2)
        _regions_per_function(grid[0, 0], found)
        _functions_per_region(grid[0, 1], found)
        _scatter(grid[1, 0], found)
        _nearness(figure, grid[1, 1], found)

    return render(draw, size=(13.0, 4.0 + 0.36 * max(rows, 8)), format=format)


def _regions_per_function(axes: Any, found: Analysis) -> None:  # noqa: ANN401 - matplotlib axes
    rows = found.functions[:ROWS]
    cover = set(found.cover.groups)
    colours = [ORANGE if row.function in cover else BLUE for row in rows]
    axes.barh(range(len(rows)), [row.n_regions for row in rows], color=colours)
    _names(axes, [row.function for row in rows])
    share = f"{found.cover.n_regions} of {found.n_regions} regions ({found.cover.share:.0%})"
    axes.set_title(f"Regions per function; the {len(cover)} in orange cover {share}", loc="left")
    axes.set_xlabel(f"regions of {found.atlas}")


def _functions_per_region(axes: Any, found: Analysis) -> None:  # noqa: ANN401
    counts = np.bincount(list(found.functions_per_region.values()))
    axes.bar(range(len(counts)), counts, color=BLUE)
    axes.set_title("Functions per region", loc="left")
    axes.set_xlabel("functions")
    axes.set_ylabel("regions")


def _scatter(axes: Any, found: Analysis) -> None:  # noqa: ANN401
    rows = [row for row in found.functions if row.scatter_mm is not None][:ROWS]
    places = range(len(rows))
    axes.scatter([row.random_mm for row in rows], places, marker="|", s=90, color=GREY)
    sure = [BLUE if row.q is not None and row.q <= 0.05 else "white" for row in rows]
    mm = [row.scatter_mm for row in rows]
    axes.scatter(mm, places, c=sure, edgecolors=BLUE, zorder=3)
    _names(axes, [row.function for row in rows])
    axes.set_title("Scatter: dot, observed (filled: q ≤ .05); bar, random sets", loc="left")
    axes.set_xlabel("mean distance of two regions on one side, mm")


def _nearness(figure: Figure, axes: Any, found: Analysis) -> None:  # noqa: ANN401
    names = [row.function for row in found.functions[:ROWS]]
    place = {name: i for i, name in enumerate(names)}
    z = np.full((len(names), len(names)), np.nan)
    for pair in found.pairs:
        if pair.a in place and pair.b in place and pair.z is not None:
            z[place[pair.a], place[pair.b]] = z[place[pair.b], place[pair.a]] = pair.z
    limit = max(3.0, float(np.nanmax(np.abs(z)))) if np.isfinite(z).any() else 3.0
    image = axes.imshow(z, cmap="PuOr", vmin=-limit, vmax=limit)
    _names(axes, names, turned=False)
    axes.set_xticks(range(len(names)), [short(name, 22) for name in names], rotation=90)
    axes.set_title("Way to the nearest region of the other, z (orange: near)", loc="left")
    figure.colorbar(image, ax=axes, shrink=0.7)


def _names(axes: Any, names: list[str], turned: bool = True) -> None:  # noqa: ANN401
    axes.set_yticks(range(len(names)), [short(name) for name in names])
    if turned:
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
