"""Probabilistic atlases: how likely each voxel is part of each region.

Only what is above zero is kept. Points and hard borders go by the most probable region; a region's
share of a map is weighted by the probabilities.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput
from atlas.label_volume import LabelVolume
from atlas.labels import LabelParcellation, owners
from atlas.model import Atlas
from atlas.parcellation import Membership, Shares
from atlas.resample import Shape, same_grid


@dataclass(frozen=True, eq=False)
class ProbabilityVolume:
    """Probabilities of labels on a grid, one row for each voxel and label above zero.

    ``voxels`` (m,) int64 are C-order indices into ``shape``, ``labels`` (m,) int32 above 0,
    ``values`` (m,) float32 in (0, 1]; ``affine`` (4, 4) leads to mm. Rows are in order of voxel,
    then label, each pair once. ``threshold`` is the least probability with which a voxel is given
    to its most probable region.

    Raises:
        InvalidInput: probabilities or a threshold outside 0 to 1, labels below 1, voxels off the
            grid, rows out of order or twice.
    """

    shape: Shape
    affine: NDArray[np.float64]
    voxels: NDArray[np.int64]
    labels: NDArray[np.int32]
    values: NDArray[np.float32]
    threshold: float = 0.25

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InvalidInput("threshold", found=self.threshold, expected="0 to 1")
        if not ((self.values > 0) & (self.values <= 1)).all():
            raise InvalidInput(
                "probabilities", found="values outside 0 to 1", expected="above 0, at most 1"
            )
        if (self.labels < 1).any():
            raise InvalidInput("labels", found=int(self.labels.min()), expected="1 or more")
        if ((self.voxels < 0) | (self.voxels >= int(np.prod(self.shape)))).any():
            raise InvalidInput("voxels", found="voxels off the grid", expected=f"in {self.shape}")
        step = np.diff(self.voxels)
        if ((step < 0) | ((step == 0) & (np.diff(self.labels) <= 0))).any():
            raise InvalidInput("voxels", found="rows out of order", expected="voxel, then label")

    @classmethod
    def of_maps(
        cls,
        maps: Iterable[tuple[int, NDArray[np.floating]]],
        affine: NDArray[np.float64],
        shape: Shape,
        threshold: float = 0.25,
    ) -> ProbabilityVolume:
        """From one map (X, Y, Z) of values in 0 to 1 for each label, read one at a time.

        NaN is 0.

        >>> maps = [(4, np.array([[[0.6, 0.0]]])), (9, np.array([[[0.4, 0.1]]]))]
        >>> ProbabilityVolume.of_maps(maps, np.eye(4), (1, 1, 2)).argmax().labels.tolist()
        [[[4, 0]]]
        """
        voxels, labels, values = [], [], []
        for label, data in maps:
            if data.shape != tuple(shape):
                raise InvalidInput(f"map {label}", found=data.shape, expected=f"{shape}")
            flat = np.nan_to_num(data.ravel())
            there = np.flatnonzero(flat)
            voxels.append(there)
            labels.append(np.full(len(there), label, dtype=np.int32))
            values.append(flat[there].astype(np.float32))
        if not voxels:
            raise InvalidInput("maps", found="0 maps", expected="at least one")
        place, owner = np.concatenate(voxels), np.concatenate(labels)
        order = np.lexsort((owner, place))
        chances = np.concatenate(values)[order]
        return cls(shape, affine, place[order].astype(np.int64), owner[order], chances, threshold)

    def argmax(self, threshold: float | None = None) -> LabelVolume:
        """The most probable label of each voxel, of equal ones the lowest; 0 if under the limit."""
        least = self.threshold if threshold is None else threshold
        labels = np.zeros(int(np.prod(self.shape)), dtype=np.int32)
        order = np.lexsort((-self.labels, self.values, self.voxels))  # the last of a voxel wins
        order = order[self.values[order] >= np.float32(least)]
        labels[self.voxels[order]] = self.labels[order]
        return LabelVolume(labels.reshape(self.shape), self.affine)

    @cached_property
    def digest(self) -> str:
        """sha256 of the grid, the rows and the threshold, whatever file they came from."""
        mark = hashlib.sha256(b"probabilities")
        mark.update(np.array(self.shape, dtype="<i8").tobytes())
        mark.update(np.ascontiguousarray(self.affine, dtype="<f8").tobytes())
        mark.update(np.array(self.threshold, dtype="<f8").tobytes())
        for rows, kind in ((self.voxels, "<i8"), (self.labels, "<i4"), (self.values, "<f4")):
            mark.update(np.ascontiguousarray(rows, dtype=kind).tobytes())
        return mark.hexdigest()


class ProbabilityParcellation(LabelParcellation):
    """Geometry of a probabilistic atlas (:class:`atlas.parcellation.Parcellation`).

    Points and voxels belong to their most probable region; ``Membership.shares`` of the atlas'
    own grid, the one maps are judged on, carries all probabilities.
    """

    def __init__(self, atlas: Atlas, volume: ProbabilityVolume | None = None) -> None:
        if volume is None:
            if atlas.volume is None:
                raise InvalidInput("atlas.volume", found="none", expected="probabilities")
            volume = atlas.volume.probabilities()
        super().__init__(atlas, volume.argmax())
        regions = owners(volume.labels, self.integers)
        known = regions >= 0
        places = np.stack(np.unravel_index(volume.voxels[known], volume.shape), axis=1)
        weights = volume.values[known].astype(np.float64)
        self._shares = Shares(places, regions[known].astype(np.intp), weights, len(atlas.regions))

    def on_grid(self, affine: NDArray[np.float64], shape: Shape) -> Membership:
        """As for labels; on the atlas' own grid with the shares of all regions in each voxel."""
        members = super().on_grid(affine, shape)
        if not same_grid(affine, shape, self.affine, self.shape):
            return members
        return Membership(members.voxels, members.regions, members.sizes, self._shares)
