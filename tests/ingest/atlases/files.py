"""Small atlas files, good and broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

AFFINE = np.array([[-2.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
"""The 2 mm MNI152NLin6Asym grid."""


def save(
    path: Path, data: NDArray[Any], affine: NDArray[np.float64] = AFFINE, version: int = 1
) -> Path:
    """Write voxels as NIfTI-1 or NIfTI-2; returns the path."""
    nib: Any = nibabel
    kind = nib.Nifti2Image if version == 2 else nib.Nifti1Image
    nib.save(kind(data, affine), path)
    return path


def blocks(dtype: str = "u1") -> NDArray[Any]:
    """Four cubes of 8 x 8 x 8 voxels on the 2 mm grid: 1 and 3 left, 2 and 4 right."""
    data = np.zeros((91, 109, 91), dtype=dtype)
    data[60:68, 50:58, 40:48] = 1  # x = -30 … -44 mm
    data[23:31, 50:58, 40:48] = 2  # x = 44 … 30 mm
    data[60:68, 30:38, 40:48] = 3
    data[23:31, 30:38, 40:48] = 4
    return data


NAMES = "id\tname\themisphere\tgyrus\n1\tLeft A\tL\tfront\n2\tRight A\tR\tfront\n"
NAMES += "3\tLeft B\tL\tback\n4\tRight B\tR\tback\n"
