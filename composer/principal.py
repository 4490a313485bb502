"""Principal components of pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput
from composer.inputs import Projection


def principal_components(pictures: npt.NDArray[Any], count: int) -> Projection:
    """The leading components of training pictures (N, h, w); their signs do not matter.

    Source: Pearson 1901.

    Raises:
        InvalidInput: none, or more than there are pixels.

    >>> two = np.stack([np.eye(2), 3 * np.eye(2)])
    >>> found = principal_components(two, 1)
    >>> found.mean, np.abs(found.components[0]).round(3).tolist()
    ((2.0, 0.0, 0.0, 2.0), [0.707, 0.0, 0.0, 0.707])
    """
    _, height, width = pictures.shape
    if not 1 <= count <= height * width:
        raise InvalidInput(
            "image_components", found=count, expected=f"1 to {height * width}, or None"
        )
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)
    mean = flat.mean(axis=0)
    flat -= mean
    rows = np.linalg.eigh(flat.T @ flat)[1].T[::-1][:count]
    return Projection(
        height,
        width,
        tuple(float(value) for value in np.round(mean, 7)),
        tuple(tuple(float(value) for value in row) for row in np.round(rows, 7)),
    )
