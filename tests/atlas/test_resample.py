"""Linear resampling against scipy's interpolator, with holes and with edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator
from scipy.spatial.transform import Rotation

from atlas.resample import beyond, resample
from atlas.volumes import Volume


def _affine(matrix: np.ndarray, origin: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = matrix, origin
    return affine


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 1000),
    st.permutations(range(3)),
    st.tuples(*[st.sampled_from([-1.5, -1.0, 0.7, 2.0])] * 3),
    st.sampled_from([0.0, 25.0]),
)
def test_values_are_those_of_linear_interpolation(
    seed: int, axes: list[int], steps: tuple[float, float, float], angle: float
) -> None:
    random = np.random.default_rng(seed)
    data = random.normal(size=tuple(random.integers(2, 7, size=3)))
    source = _affine(np.diag([2.0, -3.0, 2.0]), (1, 6, 0))
    turn = Rotation.from_euler("z", angle, degrees=True).as_matrix()
    target = _affine(turn @ np.eye(3)[axes] @ np.diag(steps), (2.0, 1.0, 3.0))
    shape = (5, 6, 7)
    found = resample(Volume(data, source), target, shape).data
    matrix = np.linalg.inv(source) @ target
    places = np.indices(shape).reshape(3, -1).T @ matrix[:3, :3].T + matrix[:3, 3]
    last = np.array(data.shape) - 1
    expected = RegularGridInterpolator([np.arange(n) for n in data.shape], data)(
        np.clip(places, 0, last)
    )
    expected[((places < -0.50001) | (places > last + 0.50001)).any(axis=1)] = np.nan
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-4)


def test_the_same_grid_is_the_same_map() -> None:
    volume = Volume(np.ones((3, 3, 3), dtype=np.int16), np.eye(4))
    assert resample(volume, np.eye(4), (3, 3, 3)) is volume


def test_places_without_data_neither_bleed_nor_grow() -> None:
    data = np.array([np.nan, 4.0, 4.0, np.nan, np.nan]).reshape(1, 1, 5)
    fine = resample(Volume(data, np.eye(4)), np.diag([1, 1, 0.25, 1]), (1, 1, 17)).data[0, 0]
    assert np.flatnonzero(~np.isnan(fine)).tolist() == list(range(2, 11))  # 0.5 to 2.5
    np.testing.assert_allclose(fine[2:11], 4)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_any_number_becomes_a_float_of_its_precision(dtype: type) -> None:
    volume = Volume(np.array([[[0, 3]]], dtype=dtype), np.eye(4))
    half = resample(volume, np.diag([1, 1, 0.5, 1]), (1, 1, 3)).data
    assert half.dtype == np.result_type(dtype, np.float32)
    assert half[0, 0].tolist() == [0, 1.5, 3]


def test_what_lies_beyond_a_grid_is_counted_in_its_voxels() -> None:
    active = np.zeros((4, 1, 1), dtype=bool)
    active[[1, 3]] = True
    assert beyond(active, np.diag([2.0, 2, 2, 1]), np.eye(4), (4, 2, 2)) == 8
