"""The fusion tree as a picture: areas on the left, their joins where their coupling puts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.figures.canvas import BLUE, GREY, Format, render, short
from composer.tree import Coupling, FusionTree, leaves, linkage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def tree_figure(tree: FusionTree, value: Coupling, *, format: Format = "png") -> bytes:
    """The file of a picture; each join bears the mean coupling of what it joins."""
    names = leaves(tree)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
        axes.set_axis_off()
        rows = {name: float(-number) for number, name in enumerate(names)}
        depth, height = _draw(axes, tree, value, rows)
        axes.plot([depth, depth + 0.6], [height, height], color=GREY)
        axes.text(depth + 0.65, height, "answer", va="center")
        axes.set_xlim(-0.1, depth + 1.6)
        axes.set_ylim(-len(names) + 0.4, 0.6)

    return render(draw, size=(6.0, 0.6 + 0.5 * len(names)), format=format)


def _draw(
    axes: Axes, tree: FusionTree, value: Coupling, rows: dict[str, float]
) -> tuple[float, float]:
    """Draw a part; where its line to the right begins."""
    if isinstance(tree, str):
        axes.text(0.0, rows[tree], short(tree), va="center", color=BLUE)
        return 1.6, rows[tree]
    ends = [_draw(axes, branch, value, rows) for branch in tree]
    depth = max(x for x, _ in ends) + 0.8
    for x, y in ends:
        axes.plot([x, depth], [y, y], color=GREY)
    heights = [y for _, y in ends]
    axes.plot([depth, depth], [min(heights), max(heights)], color=GREY)
    middle = sum(heights) / len(heights)
    axes.text(depth - 0.05, middle, f"{linkage(tree[0], tree[1], value):.3f}", ha="right")
    return depth, middle
