"""The fusion tree: which areas are joined first, and how it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from atlas.errors import InvalidInput
from atlas.whole_files import write_whole

FusionTree = str | list[Any]
"""An area, or the two parts that are joined."""

Coupling = Mapping[frozenset[str], float]

FORMATS = "text, mermaid, or a file ending in .png or .svg"


def fusion_tree(areas: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> FusionTree:
    """Join the most strongly coupled areas first (agglomerative, average linkage).

    Among equals the areas that come first are joined first.

    >>> fusion_tree(["a", "b", "c"], [
    ...     {"a": "a", "b": "b", "value": 0.1}, {"a": "a", "b": "c", "value": 0.7},
    ...     {"a": "b", "b": "c", "value": 0.2}])
    ['b', ['a', 'c']]
    """
    value = coupled(rows)
    parts: list[FusionTree] = list(areas)
    while len(parts) > 1:
        pairs = [(i, j) for i in range(len(parts)) for j in range(i + 1, len(parts))]
        i, j = max(pairs, key=lambda pair: linkage(parts[pair[0]], parts[pair[1]], value))
        second, first = parts.pop(j), parts.pop(i)
        parts.append([first, second])
    return parts[0] if parts else []


def coupled(rows: Sequence[Mapping[str, Any]]) -> Coupling:
    """Coupling of each pair of areas from a plan's rows."""
    return {frozenset((row["a"], row["b"])): float(row["value"]) for row in rows}


def linkage(one: FusionTree, two: FusionTree, value: Coupling) -> float:
    """Mean coupling between the areas of two parts."""
    pairs = [value.get(frozenset((x, y)), 0.0) for x in leaves(one) for y in leaves(two)]
    return sum(pairs) / len(pairs)


def leaves(tree: FusionTree) -> list[str]:
    """The areas, from left to right."""
    if isinstance(tree, str):
        return [tree]
    return [leaf for branch in tree for leaf in leaves(branch)]


def as_text(tree: FusionTree, value: Coupling) -> str:
    """The tree in lines; each join with the coupling of what it joins.

    >>> print(as_text(["b", ["a", "c"]], {frozenset("ac"): 0.7}))
    ┬ 0.000
    ├─ b
    └─┬ 0.700
      ├─ a
      └─ c
    """
    return "\n".join(_lines(tree, value)) if tree else "(no slots)"


def as_mermaid(tree: FusionTree, value: Coupling) -> str:
    """The tree as a Mermaid flowchart, from the areas to the answer.

    >>> print(as_mermaid(["a", "c"], {frozenset("ac"): 0.7}))
    flowchart LR
      n0(("0.700")) --> answer
      n1["a"] --> n0
      n2["c"] --> n0
    """
    lines: list[str] = []

    def node(part: FusionTree, into: str) -> None:
        name, joined = f"n{len(lines)}", not isinstance(part, str)
        shown = f'(("{linkage(part[0], part[1], value):.3f}"))' if joined else f'["{part}"]'
        lines.append(f"  {name}{shown} --> {into}")
        for branch in part if joined else ():
            node(branch, name)

    if tree:
        node(tree, "answer")
    return "\n".join(["flowchart LR", *(lines or ["  answer"])])


def drawn(tree: FusionTree, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The tree as text and as Mermaid."""
    value = coupled(rows)
    return {"text": as_text(tree, value), "mermaid": as_mermaid(tree, value)}


def draw_to(path: Path, tree: FusionTree, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the tree as a picture (.png or .svg).

    Raises:
        InvalidInput: another ending, or no slots. Unavailable: the file cannot be written.
    """
    from composer.figures.canvas import format_of
    from composer.figures.tree import tree_figure

    ending = format_of(path, "tree")
    if not tree:
        raise InvalidInput("tree", found="a plan without slots", expected="something to draw")
    write_whole(path, tree_figure(tree, coupled(rows), format=ending), what="tree")


def _lines(tree: FusionTree, value: Coupling) -> list[str]:
    if isinstance(tree, str):
        return [f"─ {tree}"]
    lines = [f"┬ {linkage(tree[0], tree[1], value):.3f}"]
    for number, branch in enumerate(tree):
        last = number == len(tree) - 1
        first, *rest = _lines(branch, value)
        lines.append(("└─" if last else "├─") + first.removeprefix("─"))
        lines += [("  " if last else "│ ") + line for line in rest]
    return lines
