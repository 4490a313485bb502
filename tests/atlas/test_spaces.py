"""Named spaces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.errors import InvalidInput
from atlas.spaces import SPACES, affine_between, require_space, transform

_points = st.lists(st.tuples(*[st.floats(-90, 90)] * 3), min_size=1, max_size=5)


@given(_points, st.sampled_from(SPACES), st.sampled_from(SPACES))
def test_there_and_back_is_where_one_was(
    points: list[tuple[float, float, float]], source: str, target: str
) -> None:
    xyz = np.array(points)
    there = transform(xyz, source, target)
    np.testing.assert_allclose(transform(there, target, source), xyz, atol=1e-9)
    round_trip = affine_between(source, target) @ affine_between(target, source)
    np.testing.assert_allclose(round_trip, np.eye(4), atol=1e-12)


def test_talairach_brains_are_smaller() -> None:
    """The paper's check: scale of Talairach relative to MNI is below one along every axis."""
    assert np.linalg.det(affine_between("MNI152", "Talairach")[:3, :3]) == pytest.approx(0.79, 0.02)


@pytest.mark.parametrize("name", ["", "MNI 152", "fsaverage", None])
def test_unknown_spaces(name: object) -> None:
    with pytest.raises(InvalidInput, match="one of MNI152"):
        require_space(name)
