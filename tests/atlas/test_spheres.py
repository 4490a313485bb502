"""Spheres against brute force, on any grid and with overlaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from atlas.errors import InvalidInput
from atlas.geometry import parcellation
from atlas.model import Atlas
from atlas.spheres import SphereParcellation
from tests.atlas.examples import spheres

Ball = tuple[float, float, float, float]

_mm = st.integers(-40, 40)
_balls = st.lists(
    st.tuples(_mm, _mm, _mm, st.sampled_from([3.0, 4.5, 5.0, 12.0])), min_size=1, max_size=12
)
_points = st.lists(st.tuples(_mm, _mm, _mm), min_size=1, max_size=20)


def _owner(atlas: Atlas, point: np.ndarray, max_mm: float) -> tuple[int, float]:
    """The rule in plain words: inside, the nearest centre; outside, the nearest surface.

    Who lies on a surface, but for rounding, lies inside.
    """
    rows = []
    for i, r in enumerate(atlas.regions):
        reach = float(np.sqrt(((point - (r.x, r.y, r.z)) ** 2).sum()))
        outside = reach - (r.radius_mm or 0)
        rows.append((outside if outside > 1e-9 else 0.0, reach, i))
    gap, _, index = min(rows)
    return (index if gap <= max_mm else -1), gap


@given(_balls, _points, st.sampled_from([0.0, 4.0, 30.0]))
def test_lookup_is_the_brute_force_answer(
    balls: list[Ball], points: list[tuple[int, int, int]], max_mm: float
) -> None:
    atlas = spheres(*balls)
    index, gap = SphereParcellation(atlas).lookup(np.array(points, float), max_mm)
    expected = [_owner(atlas, np.array(p, float), max_mm) for p in points]
    assert index.tolist() == [owner for owner, _ in expected]
    np.testing.assert_allclose(gap, [g for _, g in expected], atol=1e-9)


@st.composite
def _grids(draw: st.DrawFn) -> tuple[np.ndarray, tuple[int, int, int]]:
    steps = [draw(st.sampled_from([-4.0, -2.5, 2.0, 3.0])) for _ in range(3)]
    turn = Rotation.from_euler("xyz", [draw(st.floats(-40, 40)) for _ in range(3)], degrees=True)
    affine = np.eye(4)
    affine[:3, :3] = turn.as_matrix() @ np.diag(steps)
    size = st.integers(5, 12)
    shape = (draw(size), draw(size), draw(size))
    # The middle of the grid lies at the origin, so that it meets the balls.
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) / 2)
    return affine, shape


_ON_A_SURFACE = np.array(
    [
        [-3.99939078, 0.04363102, 0.0, 11.82364828],
        [-0.06980963, -2.49961924, 0.0, 10.20790583],
        [0.0, 0.0, -4.0, 12.0],
        [0.0, 0.0, 0.0, 1.0],
    ]
)


@example([(0, 0, 0, 5.0), (0, 0, 0, 6.0)], (_ON_A_SURFACE, (6, 8, 6)))
@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(*[st.integers(-12, 12)] * 3, st.sampled_from([5.0, 6.0, 9.0])),
        min_size=1, max_size=6,
    ),
    _grids(),
)  # fmt: skip
def test_voxels_are_those_whose_centres_lie_inside(
    balls: list[Ball], grid: tuple[np.ndarray, tuple[int, int, int]]
) -> None:
    affine, shape = grid
    atlas = spheres(*balls)
    members = SphereParcellation(atlas).on_grid(affine, shape)
    ijk = np.indices(shape).reshape(3, -1).T
    mm = ijk @ affine[:3, :3].T + affine[:3, 3]
    owners = [_owner(atlas, p, 1e-9)[0] for p in mm]
    expected = {tuple(v): o for v, o in zip(ijk.tolist(), owners, strict=True) if o >= 0}
    found = dict(zip(map(tuple, members.voxels.tolist()), members.regions.tolist(), strict=True))
    missing = {o for o in range(len(balls)) if o not in expected.values()}
    # A ball without a voxel of its own may hold the voxel around its centre, and no other.
    extra = {v: o for v, o in found.items() if v not in expected}
    assert {v: o for v, o in found.items() if v in expected} == expected
    assert set(extra.values()) <= missing
    assert len(extra) == len(set(extra.values()))
    assert members.sizes.tolist() == [list(found.values()).count(o) for o in range(len(balls))]


def test_a_ball_smaller_than_a_voxel_takes_the_voxel_around_its_centre() -> None:
    members = SphereParcellation(spheres((3.0, 1.0, 0.0, 0.5))).on_grid(
        np.diag([8.0, 8.0, 8.0, 1.0]), (4, 4, 4)
    )
    assert members.voxels.tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("step", [0.1, 0.3, 0.7, 1.1])
def test_a_voxel_between_two_centres_goes_to_the_first_as_a_point_does(step: float) -> None:
    atlas = spheres((-7.0, 2.0, 1.0, 9.0), (7.0, 2.0, 1.0, 9.0), (0.0, -5.0, 1.0, 9.0))
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = -30 * step, 2.0 - 9 * step, 1.0 - 5 * step
    parts = SphereParcellation(atlas)
    members = parts.on_grid(affine, (61, 19, 11))
    mm = members.voxels @ affine[:3, :3].T + affine[:3, 3]
    assert members.regions.tolist() == parts.lookup(mm, 0.0)[0].tolist()


def test_a_ball_outside_the_grid_has_no_voxels() -> None:
    members = SphereParcellation(spheres((-60.0, 0.0, 0.0, 5.0))).on_grid(np.eye(4), (9, 9, 9))
    assert members.sizes.tolist() == [0]


def test_of_centres_equally_near_the_first_wins() -> None:
    atlas = spheres((10, 0, 0, 12), (-10, 0, 0, 12))
    assert parcellation(atlas).lookup(np.zeros((1, 3)))[0].tolist() == [0]


def test_a_sphere_without_radius_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"toy:1\.radius_mm"):
        SphereParcellation(spheres((0, 0, 0, 0)))
