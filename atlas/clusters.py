"""Clusters of a statistical map: how large they are, where they peak, which regions they fill.

Clusters are voxels beyond a threshold that touch by their faces (6 neighbours), and sub-peaks are
local maxima of the 26 neighbours that lie far enough from every stronger one: the definitions of
``nilearn.reporting.get_clusters_table``, so that both give the same clusters, sizes and peaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from atlas.errors import InvalidInput
from atlas.model import Atlas
from atlas.parcellation import Parcellation
from atlas.spaces import affine_between, require_space
from atlas.volumes import Volume

SUBPEAK_MM = 8.0
"""Sub-peaks lie farther than this from every stronger peak of their cluster."""

MAX_PEAKS = 4
"""Peaks shown of one cluster, the highest included."""

NEAR_MM = 4.0
"""A peak outside every region is named after the nearest one within this distance."""


@dataclass(frozen=True, slots=True)
class ClusterPeak:
    """A local extreme: mm of the atlas' space, the map's value, and the region it lies in.

    ``distance_mm`` is the way to the region's surface (0 inside); without a region in reach
    ``region`` is empty and the distance is that to the nearest one.
    """

    x: float
    y: float
    z: float
    value: float
    region: str = ""
    name: str = ""
    distance_mm: float | None = None


@dataclass(frozen=True, slots=True)
class ClusterRegion:
    """How many of a cluster's voxels lie in one region, and as a share of the cluster."""

    region: str
    name: str
    voxels: int
    share: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster; ``peaks`` begin with the highest, ``regions`` with the largest share.

    ``outside`` is the share of its voxels that lie in no region.
    """

    number: int
    sign: str
    voxels: int
    volume_mm3: float
    peaks: tuple[ClusterPeak, ...]
    regions: tuple[ClusterRegion, ...] = ()
    outside: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def clusters(
    volume: Volume,
    geometry: Parcellation,
    *,
    threshold: float,
    sign: str = "positive",
    space: str | None = None,
    min_voxels: int = 1,
    subpeak_mm: float = SUBPEAK_MM,
) -> tuple[Cluster, ...]:
    """Find the clusters of a map on the map's own grid and name them by an atlas.

    Args:
        volume: the map.
        geometry: of the atlas that names peaks and voxels.
        threshold: voxels beyond it belong to clusters; 0 or more.
        sign: ``positive``, ``negative`` (values below ``-threshold``) or ``both``, the positive
            clusters first.
        space: named space of the map; the atlas' own if None.
        min_voxels: smaller clusters are left out.
        subpeak_mm: see :data:`SUBPEAK_MM`.

    Returns:
        Clusters of each side by falling peak, numbered from 1.

    Raises:
        InvalidInput: a threshold that is negative or not finite, an unknown sign or space,
            ``min_voxels`` below 1, ``subpeak_mm`` of 0 or less.
    """
    _check(threshold, sign, min_voxels, subpeak_mm)
    atlas = geometry.atlas
    space = atlas.space if space is None else require_space(space)
    affine = affine_between(space, atlas.space) @ volume.affine
    sides = ("positive", "negative") if sign == "both" else (sign,)
    found: list[Cluster] = []
    for side in sides:
        up = volume.data.astype(np.float64) * (1.0 if side == "positive" else -1.0)
        blobs = sorted(_blobs(up, threshold, min_voxels), key=lambda blob: -blob.values.max())
        found += [
            _described(len(found) + i, side, blob, affine, geometry, subpeak_mm)
            for i, blob in enumerate(blobs, start=1)
        ]
    return tuple(found)


def _check(threshold: float, sign: str, min_voxels: int, subpeak_mm: float) -> None:
    if not (np.isfinite(threshold) and threshold >= 0):
        raise InvalidInput("threshold", found=f"{threshold:g}", expected="0 or more")
    if sign not in ("positive", "negative", "both"):
        raise InvalidInput("sign", found=repr(sign), expected="positive, negative or both")
    if min_voxels < 1:
        raise InvalidInput("min_voxels", found=min_voxels, expected="1 or more")
    if not subpeak_mm > 0:
        raise InvalidInput("subpeak_mm", found=f"{subpeak_mm:g}", expected="more than 0")


@dataclass(frozen=True, slots=True)
class _Blob:
    """A cluster cut out of the map with one voxel of margin; 0 outside it, ``start`` its corner."""

    values: NDArray[np.float64]
    start: NDArray[np.intp]


def _blobs(up: NDArray[np.float64], threshold: float, min_voxels: int) -> Iterator[_Blob]:
    labels, _ = ndimage.label(up > threshold)  # NaN exceeds nothing
    sizes = np.bincount(labels.ravel())
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if sizes[label] < min_voxels:
            continue
        values = np.pad(np.where(labels[box] == label, up[box], 0.0), 1)
        yield _Blob(values, np.array([axis.start - 1 for axis in box], dtype=np.intp))


def _described(
    number: int,
    side: str,
    blob: _Blob,
    affine: NDArray[np.float64],
    geometry: Parcellation,
    subpeak_mm: float,
) -> Cluster:
    places, values = _local_maxima(blob.values)
    xyz = _mm(places + blob.start, affine)
    keep = _apart(xyz, subpeak_mm)[:MAX_PEAKS]
    turned = 1.0 if side == "positive" else -1.0
    voxels = np.argwhere(blob.values > 0)
    regions, outside = _filled(geometry, _mm(voxels + blob.start, affine))
    return Cluster(
        number,
        side,
        len(voxels),
        float(len(voxels) * abs(np.linalg.det(affine[:3, :3]))),
        _named(geometry, xyz[keep], values[keep] * turned),
        regions,
        outside,
    )


def _local_maxima(values: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Voxels (n, 3) that no neighbour exceeds, highest first; a plateau counts once.

    A plateau is represented by its voxel nearest to its centre.
    """
    inside = values > 0
    highest = ndimage.maximum_filter(values, 3)
    top = inside & (values == highest)
    if values[inside].max() > values[inside].min():
        # What is flat all around is no peak, unless the whole cluster is flat.
        top &= highest > ndimage.minimum_filter(values, 3)
    labels, n = ndimage.label(top)
    places = np.array([_centre(labels, label, box) for label, box in _objects(labels, n)])
    heights = values[tuple(places.T)]
    order = np.argsort(-heights, kind="stable")
    return places[order], heights[order]


def _objects(labels: NDArray[Any], n: int) -> Iterator[tuple[int, tuple[slice, ...]]]:
    return zip(range(1, n + 1), ndimage.find_objects(labels), strict=True)


def _centre(labels: NDArray[Any], label: int, box: tuple[slice, ...]) -> NDArray[np.intp]:
    members = np.argwhere(labels[box] == label) + [axis.start for axis in box]
    centre: NDArray[np.intp] = np.round(members.mean(axis=0)).astype(np.intp)
    if (members == centre).all(axis=1).any():
        return centre
    nearest = np.argmin(((members - centre) ** 2).sum(axis=1))
    chosen: NDArray[np.intp] = members[nearest].astype(np.intp)
    return chosen


def _apart(xyz: NDArray[np.float64], mm: float) -> list[int]:
    """Positions that lie farther than ``mm`` from all kept before them."""
    kept: list[int] = []
    for i, point in enumerate(xyz):
        if not kept or np.linalg.norm(xyz[kept] - point, axis=1).min() > mm:
            kept.append(i)
    return kept


def _mm(ijk: NDArray[np.intp], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    moved: NDArray[np.float64] = ijk @ affine[:3, :3].T + affine[:3, 3]
    return moved


def _named(
    geometry: Parcellation, xyz: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[ClusterPeak, ...]:
    index, distance = geometry.lookup(xyz, NEAR_MM)
    peaks = []
    for (x, y, z), value, i, mm in zip(
        xyz.tolist(), values.tolist(), index.tolist(), distance.tolist(), strict=True
    ):
        region, name = _region(geometry.atlas, i)
        peaks.append(ClusterPeak(x, y, z, value, region, name, mm if np.isfinite(mm) else None))
    return tuple(peaks)


def _region(atlas: Atlas, i: int) -> tuple[str, str]:
    return (atlas.regions[i].id, atlas.regions[i].name) if i >= 0 else ("", "")


def _filled(
    geometry: Parcellation, xyz: NDArray[np.float64]
) -> tuple[tuple[ClusterRegion, ...], float]:
    index, _ = geometry.lookup(xyz, 0.0)
    counts = np.bincount(index[index >= 0], minlength=len(geometry.atlas.regions))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    regions = tuple(
        ClusterRegion(*_region(geometry.atlas, i), int(counts[i]), float(counts[i] / len(xyz)))
        for i in order.tolist()
    )
    return regions, float(np.count_nonzero(index < 0) / len(xyz))
