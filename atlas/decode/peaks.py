"""From peak coordinates to an activation pattern."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from atlas.activation import (
    ActivationPattern,
    Outside,
    Peak,
    RegionActivation,
    strongest_first,
)
from atlas.coordinates import PUBLISHED_MARGIN_MM, check_coordinate
from atlas.decode.thresholds import Sign, require_sign, side
from atlas.errors import InvalidInput
from atlas.geometry import parcellation
from atlas.model import Atlas
from atlas.spaces import transform


def from_peaks(
    atlas: Atlas,
    peaks: Sequence[Peak],
    *,
    space: str,
    max_mm: float = 4.0,
    sign: Sign = "positive",
) -> ActivationPattern:
    """Decode peak coordinates: each goes to the region it lies in, else the nearest in reach.

    Args:
        atlas: the atlas to decode into.
        peaks: coordinates in mm of ``space`` with values; several in one region: the strongest.
        space: named space of the coordinates.
        max_mm: how far from a region's surface a peak may lie.
        sign: side of the values that counts as active (deactivations are often printed beside).

    Returns:
        ``weight`` is the value relative to the strongest peak of that side; where every peak names
        its experiment (a meta-analysis), it is the number of experiments that report the region,
        relative to the most reported one. Coordinates are in the atlas' space. ``outside`` holds
        the peaks that are in reach of no region.

    Raises:
        InvalidInput: no peaks; coordinates that are text, NaN or outside the head; a value that
            is not a finite number; unknown space.
    """
    require_sign(sign)
    if not peaks:
        raise InvalidInput("peaks", found="0 peaks", expected="at least one")
    values = side(np.array([_value(p.value, i) for i, p in enumerate(peaks)]), sign)
    moved = transform(_coordinates(peaks), space, atlas.space)
    active = np.flatnonzero(values > 0).tolist()
    index, _ = parcellation(atlas).lookup(moved, max_mm)
    found: dict[int, list[int]] = {}
    for i in active:
        found.setdefault(int(index[i]), []).append(i)
    lost = tuple(_moved(peaks[i], moved[i]) for i in found.pop(-1, []))
    weights, said = _weights(peaks, values, active, found)
    regions = [
        RegionActivation(
            atlas.regions[r].id,
            weights[r],
            peak=_strongest(peaks, values, moved, members),
        )
        for r, members in found.items()
    ]
    outside = Outside(len(lost), len(lost) / len(active) if active else 0.0, lost)
    note = f"{len(active)} of {len(peaks)} peaks on the {sign} side, at most {max_mm:g} mm"
    note = f"{note} from a region{said}"
    ordered = strongest_first(regions)
    return ActivationPattern(atlas.id, atlas.space, "peaks", ordered, outside, note)


def _coordinates(peaks: Sequence[Peak]) -> NDArray[np.float64]:
    rows = []
    for i, peak in enumerate(peaks):
        margin = PUBLISHED_MARGIN_MM if peak.experiment else 0.0
        xyz = enumerate((peak.x, peak.y, peak.z))
        rows.append([check_coordinate(v, axis, f"peaks[{i}]", margin) for axis, v in xyz])
    return np.array(rows, dtype=np.float64)


def _weights(
    peaks: Sequence[Peak],
    values: NDArray[np.float64],
    active: Sequence[int],
    found: dict[int, list[int]],
) -> tuple[dict[int, float], str]:
    """Weight of each region, and what it means where that is not the value."""
    if active and all(peaks[i].experiment for i in active):
        counts = {r: len({peaks[i].experiment for i in members}) for r, members in found.items()}
        total = len({peaks[i].experiment for i in active})
        most = max(counts.values(), default=1)
        said = f"; weights count experiments, at most {most} of {total} in one region"
        return {r: count / most for r, count in counts.items()}, said
    top = float(values[active].max()) if active else 1.0
    return {r: float(values[members].max()) / top for r, members in found.items()}, ""


def _strongest(
    peaks: Sequence[Peak],
    values: NDArray[np.float64],
    moved: NDArray[np.float64],
    members: Sequence[int],
) -> Peak:
    best = max(members, key=lambda i: values[i])  # the first of equal ones
    return _moved(peaks[best], moved[best])


def _value(value: object, i: int) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise InvalidInput(f"peaks[{i}].value", found=repr(value), expected="a finite number")
    return float(value)


def _moved(peak: Peak, xyz: NDArray[np.float64]) -> Peak:
    x, y, z = xyz.tolist()
    return Peak(x, y, z, float(peak.value), peak.name, peak.experiment)
