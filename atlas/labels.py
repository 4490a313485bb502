"""Atlases of voxels: which region a point or a voxel belongs to.

A point belongs to the region of the voxel that holds it. A point in no region goes to the nearest
labelled voxel, by the distance to that voxel's centre; of several equally near, the region that
comes first in the atlas wins. A point on the face between two voxels belongs to the one on the
side of the higher coordinate, however the volume is stored.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atlas.errors import InvalidInput
from atlas.label_volume import LabelVolume
from atlas.model import Atlas
from atlas.parcellation import Membership
from atlas.resample import Shape, same_grid

_EDGE = 1e-6  # voxels; rounding of affines must not decide on which side of a face a point lies
_TIE = 1e-9  # mm; centres this much apart are equally near
_MAX_TABLE = 1 << 20  # labels up to here are looked up in a table, beyond it by bisection


class LabelParcellation:
    """Geometry of an atlas whose regions are voxels (:class:`atlas.parcellation.Parcellation`).

    A region's label is the integer its voxels carry. Labels without a region are background.

    Raises:
        InvalidInput: the atlas has no volume or no regions, or a label that is no integer.
        Unavailable: the volume cannot be read.
    """

    def __init__(self, atlas: Atlas, volume: LabelVolume | None = None) -> None:
        if not atlas.regions:
            raise InvalidInput("atlas.regions", found="0 regions", expected="at least one")
        if volume is None:
            if atlas.volume is None:
                raise InvalidInput("atlas.volume", found="none", expected="a volume of labels")
            volume = atlas.volume.load()
        self.atlas = atlas
        self.affine = volume.affine
        self.shape = volume.shape
        self.integers = _integers(atlas)
        self._owner = owners(volume.labels, self.integers)
        self._inverse = np.linalg.inv(volume.affine)
        self._tree: tuple[KDTree, NDArray[np.intp]] | None = None
        self._own: Membership | None = None

    def lookup(
        self, xyz: NDArray[np.float64], max_mm: float = 4.0
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Find the region of each point.

        Args:
            xyz: (n, 3) millimetres in the atlas' space.
            max_mm: how far a labelled voxel's centre may lie; 0 asks for the inside only,
                infinity for the nearest wherever it is.

        Returns:
            (n,) positions in ``atlas.regions`` (-1: none near enough), and (n,) distances in mm
            to the centre of the nearest labelled voxel (0 inside one, whatever ``max_mm``).
        """
        xyz = np.asarray(xyz, dtype=np.float64).reshape(-1, 3)
        index = self._inside(xyz)
        gap = np.zeros(len(xyz))
        lost = np.flatnonzero(index < 0)
        if len(lost):
            index[lost], gap[lost] = self._nearest(xyz[lost])
            index[gap > max_mm] = -1
        return index, gap

    def grid(self, affine: NDArray[np.float64], shape: Shape) -> tuple[NDArray[np.float64], Shape]:
        """The atlas' own grid, whatever the map's is."""
        return self.affine, self.shape

    def on_grid(self, affine: NDArray[np.float64], shape: Shape) -> Membership:
        """Find the voxels of a grid whose centres lie in a region (nearest neighbour).

        Args:
            affine: (4, 4) voxel indices to millimetres of the atlas' space.
            shape: voxels along each axis.

        On the atlas' own grid these are its voxels; that answer is kept. On a coarser grid a
        small region may have no voxel.
        """
        if same_grid(affine, shape, self.affine, self.shape):
            if self._own is None:
                self._own = self._members(self._owner)
            return self._own
        return self._members(self._sampled(np.asarray(affine, dtype=np.float64), shape))

    def _inside(self, xyz: NDArray[np.float64]) -> NDArray[np.intp]:
        """Region of the voxel that holds each point, -1 if none."""
        ijk = xyz @ self._inverse[:3, :3].T
        ijk += self._inverse[:3, 3] + 0.5 + _EDGE * self._upwards()
        np.floor(ijk, out=ijk)
        known = ((ijk >= 0) & (ijk < self.shape)).all(axis=1)
        ijk[~known] = 0
        flat = np.ravel_multi_index(tuple(ijk.astype(np.intp).T), self.shape)
        index: NDArray[np.intp] = self._owner.ravel()[flat].astype(np.intp)
        index[~known] = -1
        return index

    def _upwards(self) -> NDArray[np.float64]:
        """1 for voxel axes along which the coordinate they follow grows, -1 for the others."""
        steps = self.affine[:3, :3]
        main = np.abs(steps).argmax(axis=0)
        return np.where(steps[main, range(3)] < 0, -1.0, 1.0)

    def _nearest(self, xyz: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Region and distance of the labelled voxel nearest to each point."""
        if self._tree is None:
            self._tree = self._edge_tree()
        tree, regions = self._tree
        if not len(regions):
            return np.full(len(xyz), -1, dtype=np.intp), np.full(len(xyz), np.inf)
        index = np.full(len(xyz), -1, dtype=np.intp)
        gap = np.full(len(xyz), np.inf)
        open_, k = np.flatnonzero(np.isfinite(xyz).all(axis=1)), 3
        while len(open_):  # as long as all the neighbours asked for are equally near, ask for more
            k = min(k, len(regions))
            found = tree.query(xyz[open_], k=np.arange(1, k + 1))
            distance, place = np.asarray(found[0]), np.asarray(found[1], dtype=np.intp)
            tied = distance <= distance[:, :1] + _TIE
            first = np.where(tied, regions[place], len(self.atlas.regions)).min(axis=1)
            index[open_], gap[open_] = first, distance[:, 0]
            open_ = open_[tied.all(axis=1)] if k < len(regions) else open_[:0]
            k *= 4
        return index, gap

    def _edge_tree(self) -> tuple[KDTree, NDArray[np.intp]]:
        """A tree of the labelled voxels that can be nearest to a point outside, and their regions.

        On a grid with right angles a voxel whose six neighbours are labelled is never the nearest:
        one of them is nearer still.
        """
        labelled = self._owner >= 0
        gram = self.affine[:3, :3].T @ self.affine[:3, :3]
        if np.abs(gram - np.diag(np.diag(gram))).max() < 1e-6 * np.diag(gram).min():
            labelled &= ~_enclosed(labelled)
        voxels = np.argwhere(labelled)
        centres = voxels @ self.affine[:3, :3].T + self.affine[:3, 3]
        tree = KDTree(centres, balanced_tree=False, compact_nodes=False)
        return tree, self._owner[labelled].astype(np.intp)

    def _sampled(self, affine: NDArray[np.float64], shape: Shape) -> NDArray[np.int32]:
        """Region of every voxel of another grid, slab by slab to save memory."""
        owner = np.empty(shape, dtype=np.int32)
        plane = np.indices((1, *shape[1:])).reshape(3, -1).T.astype(np.float64)
        for i in range(shape[0]):
            plane[:, 0] = i
            owner[i] = self._inside(plane @ affine[:3, :3].T + affine[:3, 3]).reshape(shape[1:])
        return owner

    def _members(self, owner: NDArray[np.int32]) -> Membership:
        flat = np.flatnonzero(owner.ravel() >= 0)
        regions = owner.ravel()[flat].astype(np.intp)
        voxels = np.stack(np.unravel_index(flat, owner.shape), axis=1)
        sizes = np.bincount(regions, minlength=len(self.atlas.regions)).astype(np.intp)
        return Membership(voxels, regions, sizes)


def _integers(atlas: Atlas) -> NDArray[np.int64]:
    """The label of each region as the integer it is."""
    labels = []
    for region in atlas.regions:
        try:
            labels.append(int(region.label))
        except ValueError:
            raise InvalidInput(
                f"{region.id}.label", found=repr(region.label), expected="an integer"
            ) from None
    return np.array(labels, dtype=np.int64)


def owners(labels: NDArray[np.int32], wanted: NDArray[np.int64]) -> NDArray[np.int32]:
    """Position in ``wanted`` of each label (any shape), -1 for background and those not wanted."""
    top = int(labels.max(initial=0))
    if top < _MAX_TABLE:
        table = np.full(top + 1, -1, dtype=np.int32)
        there = np.flatnonzero((wanted > 0) & (wanted <= top))
        table[wanted[there]] = there
        return np.ascontiguousarray(table[labels])
    order = np.argsort(wanted, kind="stable")
    place = np.minimum(np.searchsorted(wanted[order], labels), len(wanted) - 1)
    found = (wanted[order][place] == labels) & (labels > 0)
    return np.where(found, order[place], -1).astype(np.int32)


def _enclosed(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which voxels have six neighbours in the mask."""
    wide = np.pad(mask, 1)
    inner = np.ones_like(mask)
    for axis in range(3):
        for step in (0, 2):
            window = [slice(1, -1)] * 3
            window[axis] = slice(step, wide.shape[axis] - 2 + step)
            inner &= wide[tuple(window)]
    return inner
