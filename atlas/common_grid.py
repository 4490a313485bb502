"""Two atlases on one grid, so that their regions can be compared voxel by voxel.

The grid has the axes of the finer of the two volumes and covers every voxel of both: what lies
outside the other's field of view still counts for a region's size. Labels are sampled at the
nearest voxel centre. Spheres have no grid of their own and take the other's; two atlases of
spheres meet on a grid of 1 mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput
from atlas.label_volume import LabelVolume
from atlas.model import Atlas
from atlas.spaces import affine_between
from atlas.spheres import SphereParcellation

Positions = NDArray[np.int32]
"""(X, Y, Z) positions in ``Atlas.regions`` counted from 1, 0 where there is no region."""

_TABLE = 10_000_000  # labels up to here are looked up in a table, larger ones searched
_SLAB = 16  # planes sampled at a time on oblique grids; bounds the memory
_EDGE = 1e-6


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """Voxels of a ``shape``, with the ``affine`` (4, 4) that carries their indices to mm."""

    affine: NDArray[np.float64]
    shape: tuple[int, int, int]

    @property
    def voxel_mm3(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))


@dataclass(frozen=True, eq=False, slots=True)
class Body:
    """An atlas with its voxels in memory (None for spheres), the unit that is compared."""

    atlas: Atlas
    volume: LabelVolume | None


def load_body(atlas: Atlas) -> Body:
    """Read what is needed to compare an atlas.

    Raises:
        Unavailable: its voxels cannot be read.
        InvalidInput: it has neither voxels nor spheres.
    """
    if atlas.volume is None and atlas.kind != "spheres":
        raise InvalidInput("atlas.volume", found=f"none for {atlas.id}", expected="voxels")
    return Body(atlas, None if atlas.volume is None else atlas.volume.load())


def common_grid(a: Body, b: Body) -> Grid:
    """The grid, in the space of ``a``, on which two atlases are compared."""
    if a.volume is not None and b.volume is not None:
        there = affine_between(b.atlas.space, a.atlas.space) @ b.volume.affine
        if a.volume.shape == b.volume.shape and np.allclose(there, a.volume.affine, atol=_EDGE):
            return Grid(a.volume.affine, a.volume.shape)
        finer = a.volume.affine if a.volume.voxel_mm3 <= b.volume.voxel_mm3 else there
    elif a.volume is not None:
        finer = a.volume.affine
    elif b.volume is not None:
        finer = affine_between(b.atlas.space, a.atlas.space) @ b.volume.affine
    else:
        finer = np.eye(4)
    return _covering(finer, np.concatenate([_corners(body, a.atlas.space) for body in (a, b)]))


def positions(body: Body, grid: Grid, space: str) -> Positions:
    """Which region each voxel of a grid in ``space`` belongs to."""
    into = affine_between(space, body.atlas.space)
    if body.volume is None:
        found = np.zeros(grid.shape, dtype=np.int32)
        member = SphereParcellation(body.atlas).on_grid(into @ grid.affine, grid.shape)
        found[tuple(member.voxels.T)] = member.regions + 1
        return found
    step = np.linalg.inv(body.volume.affine) @ into @ grid.affine
    return _ranked(sample(body.volume.labels, step, grid.shape), body.atlas)


def sample(
    labels: NDArray[np.int32], step: NDArray[np.float64], shape: tuple[int, int, int]
) -> NDArray[np.int32]:
    """Labels at the voxels nearest to those of another grid; 0 outside the field of view.

    Args:
        labels: (X, Y, Z).
        step: (4, 4), indices of the other grid to indices of ``labels``.
        shape: of the other grid.

    >>> line = np.array([[[1, 2]]], dtype=np.int32)
    >>> sample(line, np.diag([1, 1, 0.5, 1]), (1, 1, 5)).tolist()
    [[[1, 2, 2, 0, 0]]]
    """
    if shape == labels.shape and np.allclose(step, np.eye(4), atol=_EDGE):
        return labels
    if np.count_nonzero(np.abs(step[:3, :3]) > _EDGE) == 3:
        return _along_axes(labels, step, shape)
    found = np.zeros(shape, dtype=np.int32)
    for start in range(0, shape[0], _SLAB):
        stop = min(start + _SLAB, shape[0])
        ijk = np.indices((stop - start, *shape[1:])).reshape(3, -1)
        ijk[0] += start
        at = np.floor(step[:3, :3] @ ijk + step[:3, 3:] + 0.5 + _EDGE).astype(np.intp)
        inside = ((at >= 0) & (at < np.array(labels.shape)[:, None])).all(axis=0)
        slab = np.zeros(ijk.shape[1], dtype=np.int32)
        slab[inside] = labels[tuple(at[:, inside])]
        found[start:stop] = slab.reshape(stop - start, *shape[1:])
    return found


def _along_axes(
    labels: NDArray[np.int32], step: NDArray[np.float64], shape: tuple[int, int, int]
) -> NDArray[np.int32]:
    """As :func:`sample` where the axes are parallel, in any order: an index for each axis."""
    order = [int(np.argmax(np.abs(step[row, :3]))) for row in range(3)]
    found = np.zeros([shape[axis] for axis in order], dtype=np.int32)
    inside, taken = [], []
    for row, axis in enumerate(order):
        at = np.floor(step[row, axis] * np.arange(shape[axis]) + step[row, 3] + 0.5 + _EDGE)
        keep = np.flatnonzero((at >= 0) & (at < labels.shape[row]))
        inside.append(keep)
        taken.append(at[keep].astype(np.intp))
    found[np.ix_(*inside)] = labels[np.ix_(*taken)]
    return found.transpose(np.argsort(order))


def _ranked(labels: NDArray[np.int32], atlas: Atlas) -> Positions:
    """Labels as positions; a label that no region has counts as background."""
    known = np.array([int(region.label) for region in atlas.regions], dtype=np.int64)
    order = np.argsort(known)
    if len(known) and known[order[-1]] <= _TABLE:
        highest = int(max(known[order[-1]], labels.max(initial=0)))
        table = np.zeros(highest + 1, dtype=np.int32)
        table[known] = np.arange(1, len(known) + 1)
        ranked: Positions = table[labels]
        return ranked
    place = np.minimum(np.searchsorted(known[order], labels), len(known) - 1)
    return np.where(known[order][place] == labels, order[place] + 1, 0).astype(np.int32)


def _corners(body: Body, space: str) -> NDArray[np.float64]:
    """(n, 3) mm in ``space`` between which all regions of an atlas lie."""
    if body.volume is None:
        centres = np.array([(r.x, r.y, r.z) for r in body.atlas.regions]).reshape(-1, 3)
        radii = np.array([[r.radius_mm or 0.0] for r in body.atlas.regions])
        low, high, affine = (centres - radii).min(axis=0), (centres + radii).max(axis=0), np.eye(4)
    else:
        affine = body.volume.affine
        low, high = _box(body.volume.labels)
    ends = np.stack([low, high])
    picks = np.indices((2, 2, 2)).reshape(3, -1).T
    points = np.stack([ends[picks[:, axis], axis] for axis in range(3)], axis=1)
    matrix = affine_between(body.atlas.space, space) @ affine
    corners: NDArray[np.float64] = points @ matrix[:3, :3].T + matrix[:3, 3]
    return corners


def _box(labels: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest index with a label along each axis, to the faces of the voxels."""
    filled = labels > 0
    spans = [np.flatnonzero(np.any(filled, axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    if not len(spans[0]):
        return np.zeros(3), np.zeros(3)
    low, high = zip(*((span[0], span[-1]) for span in spans), strict=True)
    return np.array(low) - 0.5, np.array(high) + 0.5


def _covering(affine: NDArray[np.float64], corners: NDArray[np.float64]) -> Grid:
    """The grid with the axes of an affine that holds all of the points."""
    inverse = np.linalg.inv(affine)
    ijk = corners @ inverse[:3, :3].T + inverse[:3, 3]
    low = np.floor(ijk.min(axis=0) + _EDGE)
    x, y, z = (np.ceil(ijk.max(axis=0) - _EDGE) - low + 1).astype(int).tolist()
    shifted = affine.copy()
    shifted[:3, 3] = affine[:3, :3] @ low + affine[:3, 3]
    return Grid(shifted, (x, y, z))
