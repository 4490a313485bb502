"""From names of regions to an activation pattern."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from atlas.activation import ActivationPattern, RegionActivation, strongest_first
from atlas.errors import InvalidInput, NotFound
from atlas.model import Atlas


def from_regions(atlas: Atlas, names: Sequence[str]) -> ActivationPattern:
    """Take regions by id, name or label; each has weight 1.

    Raises:
        InvalidInput: no names.
        NotFound: a name that no region of the atlas has; the hint lists close ones.
    """
    if not names:
        raise InvalidInput("regions", found="0 names", expected="at least one")
    known = known_names(atlas)
    found = {_region(str(name), known, atlas): 1.0 for name in names}
    regions = [RegionActivation(region, weight) for region, weight in found.items()]
    return ActivationPattern(atlas.id, atlas.space, "regions", strongest_first(regions))


def known_names(atlas: Atlas) -> dict[str, str]:
    """Region by what people call it, case-folded: ids win over names, names over labels."""
    known: dict[str, str] = {}
    for region in atlas.regions:
        known.setdefault(region.label.casefold(), region.id)
    known |= {region.name.casefold(): region.id for region in atlas.regions}
    return known | {region.id.casefold(): region.id for region in atlas.regions}


def _region(name: str, known: Mapping[str, str], atlas: Atlas) -> str:
    found = known.get(name.strip().casefold())
    if found is not None:
        return found
    near = difflib.get_close_matches(name.casefold(), known, 3, 0.5)
    names = {region.id: region.name for region in atlas.regions}
    raise NotFound(
        "regions",
        found=repr(name),
        expected=f"an id or name of {atlas.id}",
        hint="close: " + ", ".join(f"{names[known[key]]} ({known[key]})" for key in near)
        if near
        else "",
    )
