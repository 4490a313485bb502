"""From functions to the regions that have evidence for them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from atlas.activation import ActivationPattern, RegionActivation, strongest_first
from atlas.errors import InvalidInput, NotFound
from atlas.model import Atlas


def from_functions(
    atlas: Atlas,
    links: Iterable[Mapping[str, Any]],
    functions: Sequence[str],
    *,
    known: Collection[str] | None = None,
) -> ActivationPattern:
    """Take the regions with evidence for functions or anything below them in the tree.

    Args:
        atlas: the atlas whose regions are wanted; links of other atlases are passed over.
        links: rows with ``region``, ``function`` and ``weight``, as stored in ``HAS_FUNCTION``.
        functions: ids such as ``perception.vision``.
        known: ids of all functions there are, if unknown ones should be told apart.

    Returns:
        ``weight`` is the strongest link of the region to any of the functions.

    Raises:
        InvalidInput: no functions, or one without evidence in this atlas.
        NotFound: a function that is not in ``known``.
    """
    if not functions:
        raise InvalidInput("functions", found="0 functions", expected="at least one")
    if known is not None:
        for function in functions:
            if function not in known:
                near = difflib.get_close_matches(function, sorted(known), 3, 0.4)
                raise NotFound(
                    "functions",
                    found=repr(function),
                    expected="the id of a function",
                    hint=f"close: {', '.join(near)}" if near else "",
                )
    ids = {region.id for region in atlas.regions}
    rows = [row for row in links if row["region"] in ids]
    weights: dict[str, float] = {}
    for function in functions:
        below = [r for r in rows if f"{r['function']}.".startswith(f"{function}.")]
        if not below:
            raise InvalidInput(
                "functions",
                found=f"{function!r} without evidence in {atlas.id}",
                expected="a function that some region has",
            )
        for row in below:
            weights[row["region"]] = max(weights.get(row["region"], 0.0), float(row["weight"]))
    regions = [RegionActivation(region, weight) for region, weight in weights.items()]
    return ActivationPattern(atlas.id, atlas.space, "functions", strongest_first(regions))
