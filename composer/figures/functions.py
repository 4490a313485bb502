"""Functions as bars: the score, and how far it lies above chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from composer.figures.canvas import BLUE, GREY, Format, render, short
from composer.selection import FunctionScore

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = 15
CHANCE_Z = 3.09


def function_bars(
    functions: Sequence[FunctionScore], score: str = "sum", format: Format = "png"
) -> bytes:
    """Draw the leading functions; blue ones lie above chance (z of at least 3.09).

    Args:
        functions: strongest first.
        score: name of the score, for the axis.
        format: ``png`` or ``svg``.
    """
    rows = functions[:ROWS]

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        axes = figure.subplots()
        colours = [BLUE if row.z >= CHANCE_Z else GREY for row in rows]
        bars = axes.barh(range(len(rows)), [row.score for row in rows], color=colours)
        axes.bar_label(bars, [f"z {row.z:.1f}" for row in rows], padding=3, fontsize=8)
        axes.set_yticks(range(len(rows)), [short(row.label) for row in rows])
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel(f"score ({score}); blue: z ≥ {CHANCE_Z}")

    return render(draw, size=(9.0, 0.9 + 0.26 * max(len(rows), 2)), format=format)
