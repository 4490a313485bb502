"""Checks on coordinates in millimetres: numbers, finite, and inside a head."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput

HEAD_BOX = ((-90.0, 90.0), (-126.0, 90.0), (-72.0, 108.0))
"""Field of view of the MNI152 template volume in mm: (low, high) of x, y and z."""

PUBLISHED_MARGIN_MM = 20.0
"""In a collection of many studies a focus this far outside the head is one study's misprint or
rough transform: it is kept and counted as outside. Farther out it is a wrong unit."""

_AXES = ("x", "y", "z")


def check_coordinate(value: object, axis: int, field: str, margin_mm: float = 0.0) -> float:
    """Return one coordinate as a float.

    Args:
        value: a number in millimetres; text and booleans are refused.
        axis: 0, 1 or 2 for x, y or z.
        field: how the message names the place, e.g. ``peaks[3]``.
        margin_mm: how far outside the head it may lie (see :data:`PUBLISHED_MARGIN_MM`).

    Raises:
        InvalidInput: not a number, not finite, or outside :data:`HEAD_BOX`.

    >>> check_coordinate(1000, 0, "peaks[0]")
    Traceback (most recent call last):
        ...
    atlas.errors.InvalidInput: peaks[0].x: found 1000, expected millimetres between -90 and 90
    """
    low, high = HEAD_BOX[axis][0] - margin_mm, HEAD_BOX[axis][1] + margin_mm
    field = f"{field}.{_AXES[axis]}"
    expected = f"millimetres between {low:g} and {high:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InvalidInput(field, found=repr(value), expected=f"a number of {expected}")
    number = float(value)
    if not math.isfinite(number) or not low <= number <= high:
        raise InvalidInput(field, found=f"{number:g}", expected=expected)
    return number


def check_coordinates(points: Iterable[Sequence[object]], field: str) -> NDArray[np.float64]:
    """Check many points; returns them as an (n, 3) array of millimetres.

    Raises:
        InvalidInput: names the first coordinate that cannot be used.
    """
    rows = [
        [check_coordinate(value, axis, f"{field}[{i}]") for axis, value in enumerate(point)]
        for i, point in enumerate(points)
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def in_head(xyz: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of (n, 3) points are finite and inside :data:`HEAD_BOX`.

    >>> in_head(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 149.0]])).tolist()
    [True, False]
    """
    low, high = np.array(HEAD_BOX).T
    inside: NDArray[np.bool_] = ((xyz >= low) & (xyz <= high)).all(axis=1)
    return inside
