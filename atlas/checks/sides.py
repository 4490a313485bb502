"""Is left on the left? The mistake that nobody sees in a figure."""

from __future__ import annotations

from collections.abc import Iterator

from atlas.checks.facts import Facts, title
from atlas.checks.report import Finding, found
from atlas.hemispheres import hemisphere_of_column, hemisphere_of_name

MIDLINE_MM = 3.0
"""A centre this near to x = 0 is not judged: templates and voxels are no finer."""

WHOLE = 0.9
"""Share of opposite regions from which the atlas as a whole counts as mirrored."""

STRADDLES = 0.2
"""Share of voxels on the lesser side from which a region counts as lying on both."""

_SIDED = ("left", "right")


def check_sides(facts: Facts) -> Iterator[Finding]:
    """Stated hemispheres against x (left is negative), and names against the column."""
    yield from _swapped(facts)
    yield from _contradictions(facts)
    yield from _not_split(facts)


def _swapped(facts: Facts) -> Iterator[Finding]:
    judged, opposite = 0, []
    for row, (x, _, _) in facts.centres:
        side = hemisphere_of_name(row.name)
        side = side if side in _SIDED else hemisphere_of_column(row.hemisphere)
        if side not in _SIDED or abs(x) < MIDLINE_MM:
            continue
        judged += 1
        if (x < 0) != (side == "left"):
            opposite.append(f"{title(row)} at x = {x:.1f}")
    if judged and len(opposite) >= WHOLE * judged:
        hint = (
            f"{len(opposite)} of {judged}: the atlas as a whole is mirrored; "
            "look at the sign of the affine's x step, or swap left and right in the table"
        )
    else:
        hint = f"{len(opposite)} of {judged} judged regions lie opposite to what they are called"
    yield from found("error", "SWAPPED_SIDES", opposite, hint)


def _contradictions(facts: Facts) -> Iterator[Finding]:
    cases = []
    for row in facts.rows:
        name, column = hemisphere_of_name(row.name), hemisphere_of_column(row.hemisphere)
        if name in _SIDED and column in _SIDED and name != column:
            cases.append(f"{title(row)} in the {column} hemisphere")
    hint = "name and hemisphere column say different sides: correct one of them"
    yield from found("error", "SIDES_CONTRADICT", cases, hint)


def _not_split(facts: Facts) -> Iterator[Finding]:
    both = [
        facts.called(label)
        for label, centre in facts.voxels.items()
        if facts.hemisphere(label) in ("unknown", "bilateral")
        and min(centre.left, 1 - centre.left) >= STRADDLES
    ]
    hint = "left and right are one region here: no answer can tell the sides apart"
    yield from found("note", "HEMISPHERES_NOT_SPLIT", both, hint)
