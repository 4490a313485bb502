"""The grids on which the MNI152 templates are distributed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlas.label_volume import LabelVolume

Extent = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A template's grid: its shape, and the voxel centres at its ends in mm, axis by axis."""

    templates: tuple[str, ...]
    shape: tuple[int, int, int]
    extent: Extent

    def is_of(self, volume: LabelVolume) -> bool:
        """Whether a volume lies on it, whatever the direction of its axes.

        Half a voxel is forgiven: resampled templates come with both conventions.
        """
        if volume.shape != self.shape or not is_straight(volume):
            return False
        step = np.abs(np.diag(volume.affine)[:3]).max()
        return bool(np.abs(np.array(extent(volume)) - np.array(self.extent)).max() <= step / 2)


def is_straight(volume: LabelVolume) -> bool:
    """Whether x, y and z run along the first, second and third axis."""
    steps = volume.affine[:3, :3]
    return bool(np.abs(steps - np.diag(np.diag(steps))).max() < 1e-3)


def extent(volume: LabelVolume) -> Extent:
    """Lowest and highest voxel centre along x, y and z in mm, of a straight volume."""
    first = volume.affine[:3, 3]
    last = first + np.diag(volume.affine)[:3] * (np.array(volume.shape) - 1)
    low, high = np.minimum(first, last), np.maximum(first, last)
    return tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))


# FSL's MNI152_T1_1mm and _2mm; TemplateFlow's res-01 and res-02 of the MNI 2009 release.
_FSL = ("MNI152NLin6Asym",)
_MNI_2009 = ("MNI152NLin2009cAsym", "MNI152NLin2009cSym", "MNI152NLin6Sym")
GRIDS = (
    Grid(_FSL, (182, 218, 182), ((-91, 90), (-126, 91), (-72, 109))),
    Grid(_FSL, (91, 109, 91), ((-90, 90), (-126, 90), (-72, 108))),
    Grid(_MNI_2009, (193, 229, 193), ((-96, 96), (-132, 96), (-78, 114))),
    Grid(_MNI_2009, (97, 115, 97), ((-96.5, 95.5), (-132.5, 95.5), (-78.5, 113.5))),
)


def grid_of(volume: LabelVolume) -> Grid | None:
    """The template grid that a volume lies on, or None (cropped, resampled, another brain)."""
    return next((grid for grid in GRIDS if grid.is_of(volume)), None)
