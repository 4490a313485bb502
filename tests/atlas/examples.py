"""Small atlases and maps that the tests build themselves."""

from __future__ import annotations

from collections.abc import Sequence

import nibabel
import numpy as np

from atlas.model import Atlas, Region, Source


def spheres(*xyzr: tuple[float, float, float, float], space: str = "MNI152") -> Atlas:
    regions = tuple(
        Region(f"toy:{i}", str(i), f"ball {i}", "left" if x < 0 else "right", x, y, z, radius_mm=r)
        for i, (x, y, z, r) in enumerate(xyzr, start=1)
    )
    return Atlas("toy", "Toy", space, Source("toy", "Toy"), regions=regions)


def image(
    data: np.ndarray, step: Sequence[float] = (2, 2, 2), origin: Sequence[float] = (0, 0, 0)
) -> nibabel.Nifti1Image:
    affine = np.diag([*step, 1.0])
    affine[:3, 3] = origin
    return nibabel.Nifti1Image(np.asarray(data), affine)
