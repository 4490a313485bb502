"""A parcellation as voxels: one integer for each, 0 where there is no region."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class LabelVolume:
    """Labels on a grid.

    ``labels`` is (X, Y, Z) int32, 0 for background and never negative; ``affine`` (4, 4) carries
    voxel indices to the mm of the atlas' space, with steps of any sign, size or direction.

    Raises:
        InvalidInput: not three axes, negative labels, or an affine that cannot be inverted.

    >>> LabelVolume(np.eye(2, dtype=np.int32)[None], np.eye(4)).counts
    {1: 2}
    """

    labels: NDArray[np.int32]
    affine: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.labels.ndim != 3 or self.labels.dtype != np.int32:
            found = f"{self.labels.ndim} axes of {self.labels.dtype}"
            raise InvalidInput("labels", found=found, expected="3 axes of int32")
        if self.labels.size and int(self.labels.min()) < 0:
            raise InvalidInput("labels", found=int(self.labels.min()), expected="0 or more")
        if self.affine.shape != (4, 4) or not abs(np.linalg.det(self.affine[:3, :3])) > 1e-6:
            raise InvalidInput("affine", found="none that can be inverted", expected="(4, 4)")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along each axis."""
        x, y, z = self.labels.shape
        return x, y, z

    @property
    def voxel_mm3(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @cached_property
    def counts(self) -> dict[int, int]:
        """Voxels of each label, in the order of the labels, without the background."""
        labelled = self.labels[self.labels > 0]
        if int(labelled.max(initial=0)) < 1 << 20:  # counting is much faster than sorting
            table = np.bincount(labelled)
            return {int(label): int(table[label]) for label in np.flatnonzero(table)}
        found, counts = np.unique(labelled, return_counts=True)
        return {int(label): int(n) for label, n in zip(found, counts, strict=True)}

    @property
    def ids(self) -> tuple[int, ...]:
        """The labels that have voxels, in order."""
        return tuple(self.counts)

    @cached_property
    def digest(self) -> str:
        """sha256 of shape, affine and labels, whatever file they came from."""
        mark = hashlib.sha256(np.array(self.shape, dtype="<i8").tobytes())
        mark.update(np.ascontiguousarray(self.affine, dtype="<f8").tobytes())
        mark.update(np.ascontiguousarray(self.labels, dtype="<i4").tobytes())
        return mark.hexdigest()
