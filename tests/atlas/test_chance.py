"""The exact moments against every deal there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.chance import Moments, z_scores


def moments(weights: list[float]) -> Moments:
    w = np.array(weights)
    return Moments(int((w > 0).sum()), float(w.sum()), float((w**2).sum()))


@given(
    st.lists(st.floats(0, 1), min_size=5, max_size=5),
    st.lists(st.floats(0.05, 1), min_size=1, max_size=4),
)
def test_z_is_the_one_over_all_deals(weights: list[float], active: list[float]) -> None:
    regions = [f"r{i}" for i in range(5)]
    strengths = dict(zip(regions, active, strict=False))
    links = [(region, "f", w) for region, w in zip(regions, weights, strict=True)]
    deals = [
        sum(a * weights[place] for a, place in zip(active, places, strict=True))
        for places in itertools.permutations(range(5), len(active))
    ]
    sd = float(np.std(deals))
    found = z_scores(strengths, links, {"f": moments(weights)}, 5)["f"]
    if sd < 1e-5:
        return
    assert found == pytest.approx((deals[0] - np.mean(deals)) / sd, rel=1e-4, abs=1e-4)


def test_scale_of_the_strengths_does_not_matter() -> None:
    links = [("a", "f", 0.4), ("b", "f", 0.2)]
    known = {"f": Moments(2, 0.6, 0.2)}
    one = z_scores({"a": 1.0, "c": 0.5}, links, known, 10)
    ten = z_scores({"a": 10.0, "c": 5.0}, links, known, 10)
    assert one["f"] == pytest.approx(ten["f"])


def test_everything_active_or_linked_says_nothing() -> None:
    everywhere = [(f"r{i}", "f", 0.5) for i in range(4)]
    assert z_scores({"r0": 1.0}, everywhere, {"f": Moments(4, 2.0, 1.0)}, 4) == {"f": 0.0}
    some = [("r0", "f", 0.5)]
    active = {f"r{i}": 1.0 for i in range(4)}
    assert z_scores(active, some, {"f": Moments(1, 0.5, 0.25)}, 4) == {"f": 0.0}


def test_absent_evidence_is_below_chance() -> None:
    assert z_scores({"r9": 1.0}, [], {"f": Moments(5, 5.0, 5.0)}, 10)["f"] < 0
