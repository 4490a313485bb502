"""From a statistical map to an activation pattern."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from atlas.activation import (
    ActivationPattern,
    Outside,
    Peak,
    RegionActivation,
    strongest_first,
)
from atlas.decode.thresholds import Sign, Threshold, reaches, require_sign, side
from atlas.errors import InvalidInput
from atlas.geometry import parcellation
from atlas.model import Atlas
from atlas.parcellation import Membership
from atlas.resample import beyond, resample
from atlas.spaces import affine_between, require_space
from atlas.volumes import Image, Volume, load_volume


def from_map(
    atlas: Atlas,
    image: Image | Path | str,
    *,
    threshold: Threshold | float | None = None,
    sign: Sign = "positive",
    space: str | None = None,
    volume: int | None = None,
) -> ActivationPattern:
    """Decode a statistical map.

    Args:
        atlas: the atlas to decode into.
        image: path of a NIfTI file or a nibabel image with one volume.
        threshold: which voxels count; a number is a value to exceed, None
            :data:`atlas.decode.thresholds.DEFAULT_THRESHOLD`. Rules that look at the map (the top
            per cent, FDR) look at its finite non-zero voxels on its own grid.
        sign: which side of the map is meant; ``both`` takes absolute values.
        space: named space of the map; the atlas' own if None.
        volume: which of a series, counted from 0.

    The map is judged on the grid that the atlas asks for (:meth:`Parcellation.grid`): its own for
    atlases of spheres, the atlas' grid, by linear interpolation, for volumes.

    Returns:
        Per region ``covered`` (fraction of its voxels over the threshold), ``mean`` (over the
        whole region, with the map's own sign) and ``peak`` (its extreme voxel on the chosen side,
        mm of the atlas' space); ``weight`` is ``covered``. Unthresholded, every region that the
        map covers is there, ``covered`` is where the map has non-zero values, and ``weight`` is
        the mean on the chosen side relative to the strongest region's (0 on the other side).
        Of probabilistic atlases both are weighted by the probabilities, for the regions that are
        the most probable one of some active voxel.
        ``outside`` counts the active voxels that lie in no region, those beyond the atlas' grid
        among them.

    Raises:
        InvalidInput: see :func:`atlas.volumes.load_volume`; a map without values or with only
            one; unknown sign or space, an impossible threshold, unthresholded with ``both``, no
            overlap with the atlas.
    """
    require_sign(sign)
    rule = Threshold.of(threshold)
    require_side(rule, sign)
    space = atlas.space if space is None else require_space(space)
    own = load_volume(image, volume=volume)
    _require_values(own.data)
    own = Volume(own.data, affine_between(space, atlas.space) @ own.affine)
    limit, said = rule.limit(own.data, sign)
    geometry = parcellation(atlas)
    affine, shape = geometry.grid(own.affine, _three(own.data.shape))
    there = resample(own, affine, shape)
    members = geometry.on_grid(affine, shape)
    seen = ~np.isnan(there.data[tuple(members.voxels.T)])
    if not seen.any():
        raise InvalidInput(
            "map",
            found=f"no data there; a field of view of {_extent(own.affine, own.data.shape)}",
            expected=f"overlap with the regions of {atlas.id}",
            hint="is the affine in millimetres, and the space right?",
        )
    total = int(np.count_nonzero(reaches(side(there.data, sign), limit)))
    if there is not own:
        total += beyond(reaches(side(own.data, sign), limit), own.affine, affine, shape)
    regions, inside = _summarise(atlas, there, members, rule, limit, sign)
    outside = Outside(total - inside, (total - inside) / total if total else 0.0)
    unseen = np.bincount(members.regions[seen], minlength=len(atlas.regions)) == 0
    note = _note(said, total, int(unseen.sum()))
    return ActivationPattern(atlas.id, atlas.space, "map", regions, outside, note)


def require_side(rule: Threshold, sign: Sign) -> None:
    """Refuse to read a map with its sign and without it at once."""
    if rule.kind == "none" and sign == "both":
        raise InvalidInput(
            "sign",
            found="both sides of an unthresholded map",
            expected="positive or negative",
            hint="a correlation takes each region's mean with its sign",
        )


def _require_values(data: NDArray[np.generic]) -> None:
    """Refuse a map in which nothing can stand out."""
    known = data[np.isfinite(data)] if data.dtype.kind == "f" else data
    expected = "a map with values that differ"
    if not known.size:
        raise InvalidInput("map", found="no finite voxel", expected=expected)
    low = known.min()
    if low == known.max():
        raise InvalidInput("map", found=f"{low:g} in every voxel", expected=expected)


def _summarise(
    atlas: Atlas,
    volume: Volume,
    members: Membership,
    rule: Threshold,
    limit: float,
    sign: Sign,
) -> tuple[tuple[RegionActivation, ...], int]:
    """Covered fraction, mean and extreme voxel of every region with an active voxel."""
    values = volume.data[tuple(members.voxels.T)].astype(np.float64)
    up = side(values, sign)
    n = len(atlas.regions)
    active = reaches(up, limit)
    hits = np.bincount(members.regions[active], minlength=n)
    valid = ~np.isnan(values)
    sums = np.bincount(members.regions[valid], values[valid], minlength=n)
    counts = np.bincount(members.regions[valid], minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        means, covered = sums / counts, hits / members.sizes
    if members.shares is not None:  # every voxel counts as much as it is likely to be the region's
        means = members.shares.means(volume.data)
        covered = members.shares.covered(reaches(side(volume.data, sign), limit))
    weights = relative(np.where(hits > 0, means, np.nan), sign) if rule.kind == "none" else covered
    # Sorted by region, then by value, the last voxel of a region is its extreme one.
    order = np.lexsort((up[active], members.regions[active]))
    extreme = np.flatnonzero(active)[order][np.cumsum(hits)[hits > 0] - 1]
    places = members.voxels[extreme] @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    regions = [
        RegionActivation(
            atlas.regions[r].id,
            weight=float(weights[r]),
            covered=float(covered[r]),
            mean=float(means[r]),
            peak=_peak(place, float(values[voxel])),
        )
        for r, voxel, place in zip(np.flatnonzero(hits).tolist(), extreme, places, strict=True)
    ]
    return strongest_first(regions), int(hits.sum())


def relative(values: NDArray[np.float64], sign: Sign) -> NDArray[np.float64]:
    """Values of the chosen side as parts of the strongest one, in [0, 1].

    >>> relative(np.array([4.0, -2.0, 1.0]), "positive").tolist()
    [1.0, 0.0, 0.25]
    """
    up = np.nan_to_num(np.maximum(side(values, sign), 0.0))
    top = float(up.max(initial=0.0))
    return np.asarray(up / top if top else up)


def _peak(place: NDArray[np.float64], value: float) -> Peak:
    x, y, z = place.tolist()
    return Peak(x, y, z, value)


def _three(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return shape[0], shape[1], shape[2]


def _note(said: str, total: int, unseen: int) -> str:
    parts = [said]
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
