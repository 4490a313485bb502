"""From a map, peaks, names or functions to an activation pattern of one atlas.

Weights lie in (0, 1]: of a map the covered fraction of each region, of peaks the value relative
to the strongest one, of functions the strength of their evidence, of names 1. What the atlas
cannot account for is always counted: atlases of spheres cover a few per cent of the brain, so for
them most voxels of a map lie outside, and ``Outside.share`` says how many.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from atlas.activation import ActivationPattern, Outside, Peak, RegionActivation
from atlas.coordinates import check_coordinate, check_coordinates
from atlas.errors import InvalidInput, NotFound
from atlas.geometry import parcellation
from atlas.model import Atlas
from atlas.parcellation import Membership
from atlas.spaces import affine_between, require_space, transform
from atlas.volumes import Image, Volume, load_volume

Sign = Literal["positive", "negative", "both"]

DEFAULT_THRESHOLD = 3.1
"""Used when none is given: z = 3.1 is p < .001, one-sided; it suits maps of z or t values."""


def from_map(
    atlas: Atlas,
    image: Image | Path | str,
    *,
    threshold: float | None = None,
    sign: Sign = "positive",
    space: str | None = None,
) -> ActivationPattern:
    """Decode a statistical map.

    Args:
        atlas: the atlas to decode into.
        image: path of a NIfTI file or a nibabel image with one volume.
        threshold: a voxel counts if it exceeds this value; :data:`DEFAULT_THRESHOLD` if None.
        sign: which side of the map is meant; ``both`` takes absolute values.
        space: named space of the map; the atlas' own if None.

    Returns:
        Per region ``covered`` (fraction of its voxels over the threshold), ``mean`` (over the
        whole region, with the map's own sign) and ``peak`` (its extreme voxel on the chosen side,
        mm of the atlas' space); ``weight`` is ``covered``. ``outside`` counts the voxels over the
        threshold that lie in no region.

    Raises:
        InvalidInput: see :func:`atlas.volumes.load_volume`; unknown sign or space, threshold that
            is negative or not a number, no overlap with the atlas.
    """
    if sign not in ("positive", "negative", "both"):
        raise InvalidInput("sign", found=repr(sign), expected="positive, negative or both")
    limit = _threshold(threshold)
    space = atlas.space if space is None else require_space(space)
    volume = load_volume(image)
    affine = affine_between(space, atlas.space) @ volume.affine
    shape = volume.data.shape
    members = parcellation(atlas).on_grid(affine, (shape[0], shape[1], shape[2]))
    if not len(members.voxels):
        raise InvalidInput(
            "map",
            found=f"a field of view of {_extent(affine, shape)}",
            expected=f"overlap with the regions of {atlas.id}",
            hint="is the affine in millimetres, and the space right?",
        )
    total = int(np.count_nonzero(_side(volume.data, sign) > limit))
    regions, inside = _summarise(atlas, volume, affine, members, sign, limit)
    outside = Outside(total - inside, (total - inside) / total if total else 0.0)
    note = _map_note(threshold, limit, sign, total, int((members.sizes == 0).sum()))
    return ActivationPattern(atlas.id, atlas.space, "map", regions, outside, note)


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
        ``weight`` is the value relative to the strongest peak of that side; coordinates are in
        the atlas' space. ``outside`` holds the peaks that are in reach of no region.

    Raises:
        InvalidInput: no peaks; coordinates that are text, NaN or outside the head; a value that
            is not a finite number; unknown space.
    """
    if not peaks:
        raise InvalidInput("peaks", found="0 peaks", expected="at least one")
    xyz = check_coordinates([(p.x, p.y, p.z) for p in peaks], "peaks")
    values = _side(np.array([_value(p.value, i) for i, p in enumerate(peaks)]), sign)
    active = np.flatnonzero(values > 0)
    moved = transform(xyz, space, atlas.space)
    index, _ = parcellation(atlas).lookup(moved, max_mm)
    top = float(values[active].max()) if len(active) else 1.0
    strongest: dict[int, int] = {}
    lost = []
    for i in active.tolist():
        region = int(index[i])
        if region < 0:
            lost.append(_moved(peaks[i], moved[i]))
        elif region not in strongest or values[i] > values[strongest[region]]:
            strongest[region] = i
    regions = [
        RegionActivation(
            atlas.regions[r].id, float(values[i]) / top, peak=_moved(peaks[i], moved[i])
        )
        for r, i in strongest.items()
    ]
    outside = Outside(len(lost), len(lost) / len(active) if len(active) else 0.0, tuple(lost))
    note = f"{len(active)} of {len(peaks)} peaks on the {sign} side, at most {max_mm:g} mm"
    return ActivationPattern(
        atlas.id, atlas.space, "peaks", _ordered(regions), outside, f"{note} from a region"
    )


def from_regions(atlas: Atlas, names: Sequence[str]) -> ActivationPattern:
    """Take regions by id, name or label; each has weight 1.

    Raises:
        InvalidInput: no names.
        NotFound: a name that no region of the atlas has; the hint lists close ones.
    """
    if not names:
        raise InvalidInput("regions", found="0 names", expected="at least one")
    known: dict[str, str] = {}
    for region in atlas.regions:  # ids win over names, names over labels
        known.setdefault(region.label.casefold(), region.id)
    known |= {region.name.casefold(): region.id for region in atlas.regions}
    known |= {region.id.casefold(): region.id for region in atlas.regions}
    found = {_region(str(name), known, atlas): 1.0 for name in names}
    regions = [RegionActivation(region, weight) for region, weight in found.items()]
    return ActivationPattern(atlas.id, atlas.space, "regions", _ordered(regions))


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
    return ActivationPattern(atlas.id, atlas.space, "functions", _ordered(regions))


def locate(atlas: Atlas, x: object, y: object, z: object, space: str) -> dict[str, Any]:
    """Say which region a coordinate lies in and which is nearest.

    Returns:
        ``{region: {id, name} | None, nearest: {id, name, distance_mm}, space}``; the distance is
        to the region's surface, 0 inside, and ``space`` is that of the coordinate.

    Raises:
        InvalidInput: a coordinate that cannot be one, or an unknown space.
    """
    point = np.array([[check_coordinate(v, axis, "point") for axis, v in enumerate((x, y, z))]])
    space = require_space(space)
    index, distance = parcellation(atlas).lookup(transform(point, space, atlas.space), np.inf)
    region, gap = atlas.regions[int(index[0])], float(distance[0])
    name = {"id": region.id, "name": region.name}
    return {
        "region": name if gap == 0 else None,
        "nearest": {**name, "distance_mm": round(gap, 2)},
        "space": space,
    }


def _threshold(threshold: float | None) -> float:
    if threshold is None:
        return DEFAULT_THRESHOLD
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)):
        raise InvalidInput("threshold", found=repr(threshold), expected="a number")
    if not (np.isfinite(threshold) and threshold >= 0):
        raise InvalidInput(
            "threshold",
            found=f"{threshold:g}",
            expected="0 or more",
            hint="choose the negative side with sign, not with the threshold",
        )
    return float(threshold)


def _side(values: NDArray[Any], sign: Sign) -> NDArray[Any]:
    """The values with the chosen side up."""
    if sign == "positive":
        return values
    if values.dtype.kind != "f":
        values = values.astype(np.float64)  # the lowest integer has no negative
    return -values if sign == "negative" else np.abs(values)


def _summarise(
    atlas: Atlas,
    volume: Volume,
    affine: NDArray[np.float64],
    members: Membership,
    sign: Sign,
    limit: float,
) -> tuple[tuple[RegionActivation, ...], int]:
    """Covered fraction, mean and extreme voxel of every region with a voxel over the limit."""
    values = volume.data[tuple(members.voxels.T)].astype(np.float64)
    up = _side(values, sign)
    n = len(atlas.regions)
    active = up > limit
    hits = np.bincount(members.regions[active], minlength=n)
    valid = ~np.isnan(values)
    sums = np.bincount(members.regions[valid], values[valid], minlength=n)
    counts = np.bincount(members.regions[valid], minlength=n)
    # Sorted by region, then by value, the last voxel of a region is its extreme one.
    order = np.lexsort((up[active], members.regions[active]))
    extreme = np.flatnonzero(active)[order][np.cumsum(hits)[hits > 0] - 1]
    places = members.voxels[extreme] @ affine[:3, :3].T + affine[:3, 3]
    regions = [
        RegionActivation(
            atlas.regions[r].id,
            weight=float(hits[r] / members.sizes[r]),
            covered=float(hits[r] / members.sizes[r]),
            mean=float(sums[r] / counts[r]),
            peak=_peak(place, float(values[voxel])),
        )
        for r, voxel, place in zip(np.flatnonzero(hits).tolist(), extreme, places, strict=True)
    ]
    return _ordered(regions), int(hits.sum())


def _map_note(threshold: float | None, limit: float, sign: Sign, total: int, unseen: int) -> str:
    side = {"positive": "value", "negative": "-value", "both": "|value|"}[sign]
    parts = [f"{side} > {limit:g}" + (" (the default)" if threshold is None else "")]
    if not total:
        parts.append("no voxel exceeds it")
    if unseen:
        parts.append(f"{unseen} regions are outside the map's field of view")
    return "; ".join(parts)


def _extent(affine: NDArray[np.float64], shape: tuple[int, ...]) -> str:
    corners = np.stack(np.meshgrid(*[(0, n - 1) for n in shape]), axis=-1).reshape(-1, 3)
    mm = corners @ affine[:3, :3].T + affine[:3, 3]
    return ", ".join(
        f"{axis} {low:.0f} to {high:.0f} mm"
        for axis, low, high in zip("xyz", mm.min(axis=0), mm.max(axis=0), strict=True)
    )


def _value(value: object, i: int) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise InvalidInput(f"peaks[{i}].value", found=repr(value), expected="a finite number")
    return float(value)


def _moved(peak: Peak, xyz: NDArray[np.float64]) -> Peak:
    return _peak(xyz, float(peak.value), peak.name)


def _peak(xyz: NDArray[np.float64], value: float, name: str = "") -> Peak:
    x, y, z = xyz.tolist()
    return Peak(x, y, z, value, name)


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


def _ordered(regions: Iterable[RegionActivation]) -> tuple[RegionActivation, ...]:
    """Strongest first; of equal ones in order of their ids, so that answers repeat."""
    return tuple(sorted(regions, key=lambda r: (-r.weight, r.region)))
