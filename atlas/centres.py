"""Where the labels of a volume lie: one pass over its voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlas.label_volume import LabelVolume


@dataclass(frozen=True, slots=True)
class Centre:
    """Of one label: the mean of its voxel centres in mm, and the share of them with x < 0."""

    centroid: tuple[float, float, float]
    left: float
    inside: bool
    """Whether the voxel that holds the centroid is the label's own."""


def centres_of(volume: LabelVolume) -> dict[int, Centre]:
    """The centre of every label.

    >>> labels = np.zeros((3, 1, 1), dtype=np.int32); labels[[0, 2]] = 7
    >>> affine = np.diag([2.0, 2.0, 2.0, 1.0]); affine[0, 3] = -2.0
    >>> centres_of(LabelVolume(labels, affine))
    {7: Centre(centroid=(0.0, 0.0, 0.0), left=0.5, inside=False)}
    """
    voxels = np.nonzero(volume.labels)
    labels, owner = np.unique(volume.labels[voxels], return_inverse=True)
    counts = np.bincount(owner, minlength=len(labels))
    sums = np.stack([np.bincount(owner, weights=axis) for axis in voxels], axis=1)
    index = sums / np.maximum(counts, 1)[:, None]
    centroids = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    x = volume.affine[0, 3] + sum(volume.affine[0, i] * voxels[i] for i in range(3))
    left = np.bincount(owner, weights=x < 0, minlength=len(labels)) / np.maximum(counts, 1)
    nearest = tuple(np.floor(index + 0.5).astype(int).T)
    inside = volume.labels[nearest] == labels
    return {
        int(label): Centre((float(c[0]), float(c[1]), float(c[2])), float(share), bool(own))
        for label, c, share, own in zip(labels, centroids, left, inside, strict=True)
    }
