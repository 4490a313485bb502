"""Scores by hand, and their bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas import scoring
from atlas.coupling import LENGTH_MM, coupling_matrix, distance_prior
from atlas.model import Area
from tests.atlas.examples import spheres

AREAS = [Area("v", "V", ("see",)), Area("v.m", "M", ("see.move",)), Area("h", "H", ("hear",))]


def test_the_formula_by_hand() -> None:
    scores = scoring.function_scores(
        {"a": 1.0, "b": 0.5},
        [("a", "f", 0.6), ("b", "f", 0.4), ("c", "f", 1.0), ("b", "g", 1.0)],
        {"f": 10, "g": 1},
        100,
    )
    assert scores == {
        "g": pytest.approx(0.5 * 1.0 * 1.0 / 1.5),
        "f": pytest.approx((1.0 * 0.6 + 0.5 * 0.4) * 0.5 / 1.5),
    }
    assert list(scores) == ["g", "f"]


def test_sub_areas_go_before_their_area() -> None:
    scores = scoring.area_scores({"see.move.fast": 0.3, "see": 0.1, "seesaw": 0.9}, AREAS)
    assert list(scores.items()) == [("v.m", 0.3), ("v", 0.3), ("h", 0.0)]


_links = st.lists(
    st.tuples(
        st.sampled_from("abcdef"), st.sampled_from(["see", "see.move", "hear"]),
        st.floats(0.01, 1),
    ),
    max_size=15, unique_by=lambda link: link[:2],
)  # fmt: skip
_strengths = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 1), min_size=1)


@given(_strengths, _links)
def test_scores_are_bounded_and_do_not_depend_on_scale(
    strengths: dict[str, float], links: list[scoring.Link]
) -> None:
    counts = {f: sum(1 for _, g, _ in links if g == f) for _, f, _ in links}
    scores = scoring.function_scores(strengths, links, counts, 6)
    assert all(0 <= score <= 1 for score in scores.values())
    doubled = {region: 2 * s for region, s in strengths.items()}
    again = scoring.function_scores(doubled, links, counts, 6)
    assert again == {f: pytest.approx(s) for f, s in scores.items()}
    areas = scoring.area_scores(scores, AREAS)
    assert areas["v"] >= areas["v.m"]


def test_coupling_between_areas_by_hand() -> None:
    matrix = np.array([[1.0, 0.2, -0.4], [0.2, 1.0, 0.0], [-0.4, 0.0, 1.0]])
    found = scoring.area_coupling(
        {"a": 1.0, "b": 0.5, "c": 1.0}, {"v": ["a", "b"], "h": ["c"], "x": []}, "abc", matrix
    )
    assert found == {("v", "h"): pytest.approx(0.4 / 1.5), ("h", "x"): 0.0, ("v", "x"): 0.0}


def test_measured_rows_replace_the_prior_and_are_counted() -> None:
    atlas = spheres((-30, 0, 0, 5), (30, 0, 0, 5), (0, 60, 0, 5), (0, -60, 0, 5))
    rows = [
        {"a": "toy:1", "b": "toy:3", "kind": "functional", "weight": -0.3, "source": "HCP"},
        {"a": "toy:3", "b": "toy:1", "kind": "structural", "weight": 9.0, "source": "dMRI"},
        {"a": "toy:1", "b": "toy:4", "kind": "structural", "weight": 4.5, "source": "dMRI"},
        {"a": "toy:1", "b": "gone:1", "kind": "functional", "weight": 1.0, "source": "HCP"},
    ]
    coupling = coupling_matrix(atlas.regions, rows)
    assert coupling.matrix[0, 2] == coupling.matrix[2, 0] == pytest.approx(0.3)
    assert coupling.matrix[0, 3] == pytest.approx(0.5)
    assert (coupling.measured, coupling.prior, coupling.sources) == (2, 4, ("HCP", "dMRI"))
    assert "2 pairs from connectivity" in coupling.basis
    assert "not measured" in coupling_matrix(atlas.regions).basis
    everything = [
        {"a": a.id, "b": b.id, "kind": "functional", "weight": 0.1, "source": "HCP"}
        for a in atlas.regions
        for b in atlas.regions
    ]
    assert coupling_matrix(atlas.regions, everything).basis == "connectivity: HCP"


def test_the_prior_falls_with_distance_and_spares_homologues() -> None:
    near, far, other = spheres((20, 0, 0, 5), (55, 0, 0, 5), (-20, 0, 0, 5)).regions
    matrix = distance_prior([near, far, other])
    assert matrix[0, 1] == pytest.approx(np.exp(-35 / LENGTH_MM))
    assert matrix[0, 2] == 1.0
    np.testing.assert_array_equal(matrix, matrix.T)
