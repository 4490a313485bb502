"""Carry a map from its own grid to another one by linear interpolation.

NaN means that there are no data. A value next to such voxels is made of those that have data as
long as they carry half the weight, so the edge of a brain neither bleeds nor shrinks. Outside the
map's field of view (its outermost voxels' faces) there are no data either.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlas.volumes import Volume

_SAME = 1e-5  # voxels; grids that agree this well are one grid despite rounding in headers

Shape = tuple[int, int, int]


def same_grid(
    affine: NDArray[np.float64], shape: tuple[int, ...], other: NDArray[np.float64], size: Shape
) -> bool:
    """Whether two grids are one: equal shapes, and every voxel centre at the same place."""
    if tuple(shape) != tuple(size):
        return False
    step = np.abs(np.linalg.inv(other) @ affine - np.eye(4))
    return bool((step[:3, :3] @ np.array(size) + step[:3, 3] < _SAME).all())


def resample(volume: Volume, affine: NDArray[np.float64], shape: Shape) -> Volume:
    """Interpolate a map linearly at the voxel centres of a grid.

    Args:
        volume: the map; its affine leads to mm of the space that ``affine`` leads to.
        affine: (4, 4) voxel indices of the grid wanted to mm.
        shape: voxels of it along each axis.

    Returns:
        A volume of floats on the grid, NaN where the map has no data. A map that is on the grid
        already is returned as it is. Onto a coarser grid the map is sampled, not averaged.

    >>> line = Volume(np.array([[[0.0, 2.0, 4.0]]]), np.eye(4))
    >>> resample(line, np.diag([1, 1, 0.5, 1]), (1, 1, 7)).data[0, 0].tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, 4.0, nan]
    """
    affine = np.asarray(affine, dtype=np.float64)
    if same_grid(volume.affine, volume.data.shape, affine, shape):
        return volume
    matrix = np.linalg.inv(volume.affine) @ affine
    data = volume.data.astype(np.result_type(volume.data.dtype, np.float32), copy=False)
    missing = np.isnan(data)
    if not missing.any():
        return Volume(_in_view(_interpolate(data, matrix, shape), matrix, data.shape), affine)
    weight = _interpolate((~missing).astype(data.dtype), matrix, shape)
    values = _interpolate(np.where(missing, 0, data), matrix, shape)
    known = weight >= 0.5 - _SAME
    values[~known] = np.nan
    np.divide(values, weight, out=values, where=known)
    return Volume(_in_view(values, matrix, data.shape), affine)


def beyond(
    active: NDArray[np.bool_],
    source: NDArray[np.float64],
    affine: NDArray[np.float64],
    shape: Shape,
) -> int:
    """How many voxels' worth of marked places of a map lie beyond a grid.

    Args:
        active: (X, Y, Z) the marked voxels of the map.
        source: (4, 4) the map's voxel indices to mm.
        affine: (4, 4) the grid's voxel indices to mm.
        shape: the grid's voxels along each axis.

    Returns:
        Their volume in voxels of the grid, rounded.
    """
    matrix = np.linalg.inv(affine) @ source
    places = np.argwhere(active) @ matrix[:3, :3].T + matrix[:3, 3]
    off = ((places < -0.5 - _SAME) | (places > np.array(shape) - 0.5 + _SAME)).any(axis=1)
    return round(int(off.sum()) * abs(float(np.linalg.det(matrix[:3, :3]))))


def _interpolate(
    data: NDArray[Any], matrix: NDArray[np.float64], shape: Shape
) -> NDArray[np.floating[Any]]:
    """Values at ``matrix`` @ index; beyond the outermost centres the outermost value."""
    turn = np.abs(matrix[:3, :3]) * np.array(shape) > _SAME
    if (turn.sum(axis=0) == 1).all() and (turn.sum(axis=1) == 1).all():
        return _separably(data, matrix, shape, turn)
    from scipy.ndimage import affine_transform

    return np.asarray(
        affine_transform(
            data, matrix[:3, :3], matrix[:3, 3], shape, order=1, mode="nearest", prefilter=False
        )
    )


def _separably(
    data: NDArray[Any], matrix: NDArray[np.float64], shape: Shape, turn: NDArray[np.bool_]
) -> NDArray[np.floating[Any]]:
    """Axis by axis, which is exact if every axis of the map follows one axis of the grid."""
    origin = turn.argmax(axis=0)  # of each axis of the grid: the map's axis that it follows
    data = data.transpose(origin)
    # The axes that grow least come first, so that the work in between stays small.
    for axis in np.argsort(np.array(shape) / np.array(data.shape)).tolist():
        row = int(origin[axis])
        places = matrix[row, axis] * np.arange(shape[axis]) + matrix[row, 3]
        data = _along(data, axis, places)
    return data


def _along(data: NDArray[Any], axis: int, places: NDArray[np.float64]) -> NDArray[Any]:
    """Linear interpolation at places (n,) along one axis, in voxels."""
    last = data.shape[axis] - 1
    places = np.clip(places.round(6), 0, last)
    low = np.minimum(np.floor(places).astype(np.intp), max(last - 1, 0))
    part = (places - low).astype(data.dtype).reshape([-1 if i == axis else 1 for i in range(3)])
    lower: NDArray[Any] = np.take(data, low, axis=axis)
    if not part.any():
        return lower
    upper: NDArray[Any] = np.take(data, np.minimum(low + 1, last), axis=axis)
    upper -= lower
    upper *= part
    upper += lower
    return upper


def _in_view(
    values: NDArray[np.floating[Any]], matrix: NDArray[np.float64], shape: tuple[int, ...]
) -> NDArray[np.floating[Any]]:
    """Take away what lies outside the map's field of view."""
    axes = [np.arange(n).reshape(np.roll([-1, 1, 1], i)) for i, n in enumerate(values.shape)]
    for row, size in zip(matrix[:3], shape, strict=True):
        # Axes that do not move this coordinate stay out, so the mask is mostly one-dimensional.
        moving = [(step, axis) for step, axis in zip(row[:3], axes, strict=True) if step]
        place = sum((step * axis for step, axis in moving), np.full((1, 1, 1), row[3]))
        off = (place < -0.5 - _SAME) | (place > size - 0.5 + _SAME)
        if off.any():
            values[np.broadcast_to(off, values.shape)] = np.nan
    return values
