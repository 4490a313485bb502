"""What every kind of atlas can answer about space, whatever its regions are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from atlas.model import Atlas


@dataclass(frozen=True, slots=True)
class Shares:
    """To what degree voxels belong to regions: a row for each pair, one voxel in several.

    ``voxels`` (m, 3), ``regions`` (m,) positions of ``n_regions``, ``weights`` (m,) in (0, 1].
    """

    voxels: NDArray[np.intp]
    regions: NDArray[np.intp]
    weights: NDArray[np.float64]
    n_regions: int

    def covered(self, active: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Part of each region's weight that lies in the marked voxels of a grid; NaN if none."""
        return self._mean(active[tuple(self.voxels.T)].astype(np.float64))

    def means(self, data: NDArray[np.floating]) -> NDArray[np.float64]:
        """Weighted mean of each region over the voxels of a grid that have data; NaN if none."""
        return self._mean(data[tuple(self.voxels.T)].astype(np.float64))

    def _mean(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        known = ~np.isnan(values)
        regions, weights = self.regions[known], self.weights[known]
        total = np.bincount(regions, weights * values[known], minlength=self.n_regions)
        mass = np.bincount(regions, weights, minlength=self.n_regions)
        return np.asarray(np.divide(total, mass, out=np.full(len(mass), np.nan), where=mass > 0))


@dataclass(frozen=True, slots=True)
class Membership:
    """Which voxels of a grid belong to which region; a voxel belongs to at most one.

    ``voxels`` is (m, 3) indices into the grid, ``regions`` (m,) positions in ``Atlas.regions``,
    ``sizes`` (n_regions,) voxels a region has on this grid: zero if it lies outside the field of
    view. Of probabilistic atlases a voxel belongs to its most probable region, and ``shares`` has
    what is known of all the others.
    """

    voxels: NDArray[np.intp]
    regions: NDArray[np.intp]
    sizes: NDArray[np.intp]
    shares: Shares | None = None


class Parcellation(Protocol):
    """The geometry of an atlas: coordinates in mm of the atlas' space, regions by position."""

    @property
    def atlas(self) -> Atlas:
        """The atlas this is the geometry of."""
        ...

    def lookup(
        self, xyz: NDArray[np.float64], max_mm: float = 4.0
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Region of each of (n, 3) points, -1 if none lies within ``max_mm``, and the distance."""
        ...

    def grid(
        self, affine: NDArray[np.float64], shape: tuple[int, int, int]
    ) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
        """The grid on which a map of this affine and shape is judged."""
        ...

    def on_grid(self, affine: NDArray[np.float64], shape: tuple[int, int, int]) -> Membership:
        """Voxels of a grid that lie in the regions."""
        ...
