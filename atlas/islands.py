"""The parts a region falls into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from atlas.label_volume import LabelVolume

_TOUCHING = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True, slots=True)
class Island:
    """A part apart from its region's largest: share of the voxels, volume, and the gap in mm."""

    share: float
    volume_mm3: float
    gap_mm: float


def islands_of(volume: LabelVolume) -> dict[int, list[Island]]:
    """The smaller parts of every region that is in more than one, the farthest first.

    Voxels that share a face, an edge or a corner are one part; the gap is the distance between
    the nearest voxel centres of a part and of the largest one.
    """
    known = np.array(list(volume.counts), dtype=np.int32)
    # Ids may be huge and far apart: boxes are found by place among the ids.
    inside = volume.labels > 0
    places = np.zeros_like(volume.labels)
    places[inside] = np.searchsorted(known, volume.labels[inside]) + 1
    found = {}
    boxes = ndimage.find_objects(places)
    for place, (label, box) in enumerate(zip(volume.counts, boxes, strict=True), start=1):
        parts, n = ndimage.label(places[box] == place, structure=_TOUCHING)
        if n > 1:
            found[label] = _islands(parts, volume)
    return found


def _islands(parts: NDArray[np.integer[Any]], volume: LabelVolume) -> list[Island]:
    steps = volume.affine[:3, :3]
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    largest = int(sizes.argmax())
    tree = KDTree(np.argwhere(parts == largest) @ steps.T)
    others = np.argwhere((parts > 0) & (parts != largest))
    gaps = tree.query(others @ steps.T)[0]
    nearest = np.full(len(sizes), np.inf)
    np.minimum.at(nearest, parts[tuple(others.T)], gaps)
    shares = sizes / sizes.sum()
    islands = [
        Island(float(shares[part]), float(sizes[part]) * volume.voxel_mm3, float(nearest[part]))
        for part in range(1, len(sizes))
        if part != largest
    ]
    return sorted(islands, key=lambda island: -island.gap_mm)
