"""What the voxels of a parcellation say about its regions: size, place, extent, surface, borders.

Everything is computed for all regions at once, in passes over the labelled voxels and their faces.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlas.centres import centres_of
from atlas.islands import islands_of
from atlas.label_volume import LabelVolume

_TIE = 1e-6  # mm2; squared distances this much apart are equal
_MAX_TABLE = 1 << 20  # labels up to here are renumbered through a table, beyond it by bisection

Point = tuple[float, float, float]
Border = tuple[int, int, int, float]
"""Two labels, the smaller first, the voxel faces they share, and the area of these in mm2."""


@dataclass(frozen=True, slots=True)
class Islands:
    """The parts of a region: how many, the largest one's share of the voxels, the farthest gap.

    ``gap_mm`` is the distance between the nearest voxel centres of the largest part and of the
    part that lies farthest from it; 0 for a region in one part.
    """

    n: int = 1
    largest: float = 1.0
    gap_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class RegionStatistics:
    """Geometry of one label, in mm of the atlas' space.

    ``centroid`` is the mean of the voxel centres and may lie outside the region; ``medoid`` is its
    own voxel centre nearest to the centroid (of several, the one of lowest x, then y, then z);
    ``left`` the share of its voxel centres with x < 0. ``bounds`` is the extent of the voxels'
    faces (x0, x1, y0, y1, z0, z1); ``surface_mm2`` the area of all faces to anything else, the
    edge of the volume among it. Counting faces overestimates the area of a smooth surface by up
    to a half, by the same rule for every region.
    """

    n_voxels: int
    volume_mm3: float
    centroid: Point
    medoid: Point
    left: float
    bounds: tuple[float, float, float, float, float, float]
    surface_mm2: float
    islands: Islands


def region_statistics(labels: LabelVolume) -> dict[int, RegionStatistics]:
    """Statistics of every label that has voxels, in the order of the labels.

    >>> volume = LabelVolume(np.full((2, 1, 1), 7, dtype=np.int32), np.diag([2.0, 2.0, 2.0, 1.0]))
    >>> region_statistics(volume)[7].surface_mm2
    40.0
    """
    part = _compact(labels)
    owner, n = part.labels, len(labels.ids)
    if not n:
        return {}
    voxels = np.argwhere(owner)
    regions = owner[tuple(voxels.T)] - 1
    order = np.argsort(regions, kind="stable")
    xyz = voxels[order] @ part.affine[:3, :3].T + part.affine[:3, 3]
    counts = np.bincount(regions, minlength=n)
    starts = np.cumsum(counts) - counts
    centres = list(centres_of(part).values())
    medoids = _medoids(xyz, counts, np.array([centre.centroid for centre in centres]))
    half = np.abs(labels.affine[:3, :3]).sum(axis=1) / 2
    low = np.minimum.reduceat(xyz, starts) - half
    high = np.maximum.reduceat(xyz, starts) + half
    bounds = np.stack([low, high], axis=2).reshape(n, 6)
    surfaces = _surfaces(owner, labels, n)
    islands = _islands(part)
    return {
        label: RegionStatistics(
            int(counts[i]),
            float(counts[i]) * labels.voxel_mm3,
            _point(centres[i].centroid),
            _point(medoids[i]),
            centres[i].left,
            _bounds(bounds[i]),
            float(surfaces[i]),
            islands.get(i + 1, Islands()),
        )
        for i, label in enumerate(labels.ids)
    }


def neighbours(labels: LabelVolume) -> list[Border]:
    """All pairs of labels whose voxels share faces, in order of the labels, each pair once.

    >>> volume = LabelVolume(np.array([[[3, 1]]], dtype=np.int32), np.diag([1.0, 2.0, 2.0, 1.0]))
    >>> neighbours(volume)
    [(1, 3, 1, 2.0)]
    """
    owner = _compact(labels).labels
    ids, n = labels.ids, len(labels.ids) + 1
    faces: dict[int, int] = {}
    areas: dict[int, float] = {}
    for (one, two), area in zip(_steps(owner), _face_areas(labels), strict=True):
        both = (one > 0) & (two > 0)
        a, b = one[both].astype(np.int64), two[both].astype(np.int64)
        keys, found = np.unique(np.minimum(a, b) * n + np.maximum(a, b), return_counts=True)
        for key, count in zip(keys.tolist(), found.tolist(), strict=True):
            faces[key] = faces.get(key, 0) + count
            areas[key] = areas.get(key, 0.0) + count * area
    pairs = [(divmod(key, n), key) for key in sorted(faces)]
    return [(ids[a - 1], ids[b - 1], faces[key], areas[key]) for (a, b), key in pairs]


def _compact(labels: LabelVolume) -> LabelVolume:
    """Labels as 1, 2, … n, in the box that holds them all and is one voxel wider."""
    filled = labels.labels > 0
    spans = []
    for axis in range(3):
        other = tuple(i for i in range(3) if i != axis)
        along = np.flatnonzero(filled.any(axis=other))
        spans.append(slice(int(along[0]), int(along[-1]) + 1) if len(along) else slice(0, 0))
    part = labels.labels[tuple(spans)]
    ids = np.array(labels.ids, dtype=np.int64)
    if part.size and int(ids[-1]) < _MAX_TABLE:
        table = np.zeros(int(ids[-1]) + 1, dtype=np.int32)
        table[ids] = np.arange(1, len(ids) + 1)
        owner = table[part]
    else:
        owner = np.where(part > 0, np.searchsorted(ids, part) + 1, 0).astype(np.int32)
    affine = labels.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ [span.start - 1 for span in spans]
    return LabelVolume(np.pad(owner, 1), affine)


def _medoids(
    xyz: NDArray[np.float64], counts: NDArray[np.intp], centroids: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of voxels sorted by region, each region's own centre nearest to its centroid."""
    offset = xyz - np.repeat(centroids, counts, axis=0)
    reach = np.einsum("ij,ij->i", offset, offset)
    least = np.minimum.reduceat(reach, np.cumsum(counts) - counts)
    near = np.flatnonzero(reach <= np.repeat(least, counts) + _TIE)
    regions = np.repeat(np.arange(len(counts)), counts)[near]
    x, y, z = xyz[near].round(6).T
    order = np.lexsort((z, y, x, regions))
    _, first = np.unique(regions[order], return_index=True)
    chosen: NDArray[np.float64] = xyz[near[order[first]]]
    return chosen


def _surfaces(owner: NDArray[np.int32], labels: LabelVolume, n: int) -> NDArray[np.float64]:
    """Area of the faces of each region to anything else."""
    total = np.zeros(n + 1)
    for (one, two), area in zip(_steps(owner), _face_areas(labels), strict=True):
        for side in (one, two):
            total += area * np.bincount(side, minlength=n + 1)
    return total[1:]


def _steps(owner: NDArray[np.int32]) -> list[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Along each axis, the two sides of all faces between different labels."""
    sides = []
    for axis in range(3):
        along = np.moveaxis(owner, axis, 0)
        one, two = along[:-1], along[1:]
        differ = one != two
        sides.append((one[differ], two[differ]))
    return sides


def _face_areas(labels: LabelVolume) -> list[float]:
    """Area of a voxel's face across each voxel axis, in mm2."""
    a, b, c = labels.affine[:3, :3].T
    return [float(np.linalg.norm(np.cross(p, q))) for p, q in ((b, c), (c, a), (a, b))]


def _islands(labels: LabelVolume) -> dict[int, Islands]:
    return {
        label: Islands(
            1 + len(parts),
            1.0 - sum(part.share for part in parts),
            max(part.gap_mm for part in parts),
        )
        for label, parts in islands_of(labels).items()
    }


def _point(row: Iterable[float]) -> Point:
    x, y, z = (round(float(value), 6) + 0.0 for value in row)
    return x, y, z


def _bounds(row: NDArray[Any]) -> tuple[float, float, float, float, float, float]:
    x0, x1, y0, y1, z0, z1 = (round(float(value), 6) + 0.0 for value in row)
    return x0, x1, y0, y1, z0, z1
