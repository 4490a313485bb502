"""What every kind of atlas can answer about space, whatever its regions are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from atlas.model import Atlas


@dataclass(frozen=True, slots=True)
class Membership:
    """Which voxels of a grid belong to which region; a voxel belongs to at most one.

    ``voxels`` is (m, 3) indices into the grid, ``regions`` (m,) positions in ``Atlas.regions``,
    ``sizes`` (n_regions,) voxels a region has on this grid: zero if it lies outside the field of
    view.
    """

    voxels: NDArray[np.intp]
    regions: NDArray[np.intp]
    sizes: NDArray[np.intp]


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
