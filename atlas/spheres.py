"""Atlases of spheres: which sphere a point or a voxel belongs to.

Spheres may overlap. A point inside several belongs to the one with the nearest centre; of centres
equally near, the region that comes first in the atlas wins, so the answer never depends on chance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atlas.errors import InvalidInput
from atlas.model import Atlas
from atlas.parcellation import Membership

_EDGE = 1e-9  # mm; a point exactly on the surface is inside despite rounding


class SphereParcellation:
    """Geometry of an atlas whose regions are spheres (:class:`atlas.parcellation.Parcellation`).

    Raises:
        InvalidInput: the atlas has no regions, or one without a positive radius.
    """

    def __init__(self, atlas: Atlas) -> None:
        self.atlas = atlas
        if not atlas.regions:
            raise InvalidInput("atlas.regions", found="0 regions", expected="at least one")
        for region in atlas.regions:
            if region.radius_mm is None or not region.radius_mm > 0:
                raise InvalidInput(
                    f"{region.id}.radius_mm", found=region.radius_mm, expected="a positive number"
                )
        self.centres = np.array([(r.x, r.y, r.z) for r in atlas.regions], dtype=np.float64)
        self.radii = np.array([r.radius_mm for r in atlas.regions], dtype=np.float64)
        # Among spheres of one radius the nearest centre is also the nearest surface, so a tree
        # per radius answers both questions exactly.
        self._trees = [
            (float(radius), members, KDTree(self.centres[members]))
            for radius in np.unique(self.radii)
            for members in [np.flatnonzero(self.radii == radius)]
        ]

    def lookup(
        self, xyz: NDArray[np.float64], max_mm: float = 4.0
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Find the sphere of each point.

        Args:
            xyz: (n, 3) millimetres in the atlas' space.
            max_mm: how far outside the surface a point may lie; 0 asks for the inside only.

        Returns:
            (n,) positions in ``atlas.regions`` (-1: none near enough), and (n,) distances in mm
            from the point to the surface of the nearest sphere (0 inside one).
        """
        xyz = np.asarray(xyz, dtype=np.float64).reshape(-1, 3)
        best = np.full(len(xyz), -1, dtype=np.intp)
        gap = np.full(len(xyz), np.inf)  # to the surface, 0 inside
        reach = np.full(len(xyz), np.inf)  # to the centre, decides inside overlaps
        for radius, members, tree in self._trees:
            index, distance = _nearest(tree, members, xyz)
            outside = distance - radius
            outside[outside <= _EDGE] = 0.0
            closer = (outside < gap) | (
                (outside == gap) & ((distance < reach) | ((distance == reach) & (index < best)))
            )
            best[closer], gap[closer], reach[closer] = (
                index[closer],
                outside[closer],
                distance[closer],
            )
        best[gap > max_mm] = -1
        return best, gap

    def grid(
        self, affine: NDArray[np.float64], shape: tuple[int, int, int]
    ) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
        """The map's own grid: spheres have none."""
        return affine, shape

    def on_grid(self, affine: NDArray[np.float64], shape: tuple[int, int, int]) -> Membership:
        """Find the voxels whose centres lie in the spheres, on any grid.

        Args:
            affine: (4, 4) voxel indices to millimetres of the atlas' space; steps may be negative,
                unequal or oblique.
            shape: voxels along each axis.

        A sphere too small to hold a voxel centre takes the voxel that contains its own centre,
        unless another sphere owns that one; a sphere outside the grid has no voxels.
        """
        affine = np.asarray(affine, dtype=np.float64)
        inverse = np.linalg.inv(affine)
        centres = self.centres @ inverse[:3, :3].T + inverse[:3, 3]
        # Half the bounding box of a unit sphere along each voxel axis.
        half = np.linalg.norm(inverse[:3, :3], axis=1)
        voxels, owners, distances = [], [], []
        for i, (centre, radius) in enumerate(zip(centres, self.radii, strict=True)):
            ijk = _box(centre, half * radius, shape)
            # From millimetres, as `lookup` has it: centres equally near there are so here, too.
            offset = ijk @ affine[:3, :3].T + affine[:3, 3] - self.centres[i]
            distance = np.sqrt((offset * offset).sum(axis=1))
            keep = distance <= radius + _EDGE
            if not keep.any():
                ijk, distance = _box(centre, np.full(3, 0.5), shape, single=True), np.zeros(1)
                keep = np.ones(len(ijk), dtype=bool)
                distance = np.full(len(ijk), np.inf)  # gives way to every sphere that is there
            voxels.append(ijk[keep])
            distances.append(distance[keep])
            owners.append(np.full(int(keep.sum()), i, dtype=np.intp))
        return self._settle(
            np.concatenate(voxels), np.concatenate(owners), np.concatenate(distances), shape
        )

    def _settle(
        self,
        voxels: NDArray[np.intp],
        owners: NDArray[np.intp],
        distances: NDArray[np.float64],
        shape: tuple[int, int, int],
    ) -> Membership:
        """Give every voxel to the nearest of the spheres that claim it."""
        flat = np.ravel_multi_index(tuple(voxels.T), shape)
        order = np.lexsort((owners, distances, flat))
        _, first = np.unique(flat[order], return_index=True)
        chosen = order[first]
        sizes = np.bincount(owners[chosen], minlength=len(self.radii)).astype(np.intp)
        return Membership(voxels[chosen], owners[chosen], sizes)


def _nearest(
    tree: KDTree, members: NDArray[np.intp], xyz: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Nearest centre of each point; of two equally near, the one that comes first."""
    found = tree.query(xyz, k=2)  # a missing second neighbour is infinitely far
    distance = np.asarray(found[0], dtype=np.float64)
    position = np.minimum(np.asarray(found[1], dtype=np.intp), len(members) - 1)
    first, second = members[position[:, 0]], members[position[:, 1]]
    tie = (distance[:, 0] == distance[:, 1]) & (second < first)
    return np.where(tie, second, first), distance[:, 0]


def _box(
    centre: NDArray[np.float64],
    half: NDArray[np.float64],
    shape: tuple[int, int, int],
    *,
    single: bool = False,
) -> NDArray[np.intp]:
    """Indices (n, 3) of the grid's voxels in a box around a point given in voxel units."""
    if single:
        low = high = np.floor(centre + 0.5)
    else:
        low, high = np.ceil(centre - half - 1e-6), np.floor(centre + half + 1e-6)
    low, high = np.maximum(low, 0), np.minimum(high, np.array(shape) - 1)
    axes = [np.arange(a, b + 1, dtype=np.intp) for a, b in zip(low, high, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
