"""Thresholds against the definitions, masks, and correlation with the evidence matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, norm, pearsonr

from atlas.decode.correlation import correlate
from atlas.decode.maps import from_map
from atlas.decode.masks import from_masks
from atlas.decode.thresholds import Sign, Threshold, reaches, side
from atlas.errors import InvalidInput
from atlas.matrix import EvidenceMatrix
from tests.atlas.examples import image, spheres

TWO = spheres((10.0, 10.0, 10.0, 2.0), (10.0, 10.0, 20.0, 2.0))
SEVEN = ((0, 0, 0), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))


def _filled(*balls: tuple[int, float]) -> np.ndarray:
    """A map with one value in each ball, centred on voxel (5, 5, z)."""
    data = np.zeros((11, 11, 15), dtype=np.float32)
    for z, value in balls:
        for offset in SEVEN:
            data[tuple(np.add((5, 5, z), offset))] = value
    return data


@given(st.integers(0, 9999), st.sampled_from(["positive", "negative", "both"]))
def test_fdr_keeps_what_adjusted_p_values_keep(seed: int, sign: Sign) -> None:
    z = np.random.default_rng(seed).normal(0.5, 2, size=200)
    up = side(z, sign)
    p = norm.sf(up) * (2 if sign == "both" else 1)
    kept = false_discovery_control(np.minimum(p, 1)) <= 0.05
    limit, note = Threshold("fdr", 0.05).limit(z, sign)
    assert np.array_equal(reaches(up, limit), kept)
    assert ("two-sided" in note) == (sign == "both")


@given(st.integers(0, 9999), st.floats(0.5, 40))
def test_top_keeps_that_many_and_never_the_other_side(seed: int, top: float) -> None:
    values = np.random.default_rng(seed).normal(size=300).astype(np.float32)
    limit, _ = Threshold("top", top).limit(values, "positive")
    kept = reaches(values, limit)
    assert kept.sum() == min(round(3 * top), (values > 0).sum())
    assert values[kept].min(initial=1) > 0


def test_a_value_has_to_be_exceeded_also_in_single_precision() -> None:
    values = np.array([3.1, np.nextafter(np.float32(3.1), np.float32(9))], np.float32)
    assert reaches(values, Threshold("value", float(values[0])).limit(values, "positive")[0])[1]
    assert not reaches(values, Threshold("value", float(values[0])).limit(values, "positive")[0])[0]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"threshold": 3, "top": 5}, "threshold"),
        ({"unthresholded": True, "fdr": 0.1}, "threshold"),
        ({"top": 0}, "top"),
        ({"top": 101}, "top"),
        ({"fdr": 1.0}, "fdr"),
        ({"fdr": float("nan")}, "fdr"),
    ],
)
def test_rules_that_cannot_be(options: dict[str, float], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        Threshold.from_options(**options)
    assert error.value.field == field


@pytest.mark.parametrize("value", [0.0, 4.0, np.nan])
def test_a_map_in_which_nothing_stands_out(value: float) -> None:
    with pytest.raises(InvalidInput, match="values that differ"):
        from_map(TWO, image(np.full((11, 11, 15), value, dtype=np.float32)))


def test_an_unthresholded_map_gives_every_region_and_weights_one_side() -> None:
    whole = Threshold("none")
    pattern = from_map(TWO, image(_filled((5, 4.0), (10, -2.0))), threshold=whole)
    assert [(r.region, r.weight, r.mean) for r in pattern.regions] == [
        ("toy:1", 1.0, 4.0),
        ("toy:2", 0.0, -2.0),
    ]
    assert pattern.strengths == {"toy:1": 1.0}
    with pytest.raises(InvalidInput, match="both sides"):
        from_map(TWO, image(_filled((5, 4.0))), threshold=whole, sign="both")


def test_masks_share_regions_and_are_listed_one_by_one() -> None:
    left, right = _filled((5, 1)), _filled((10, 3))
    left[4, 5, 5] = left[5, 4, 5] = 0  # two of the seven voxels
    right[5, 5, 5], right[0, 0, 0] = 3, 3
    pattern = from_masks(TWO, [("a", image(left)), ("b", image(right))])
    assert pattern.strengths == {"toy:2": 1.0, "toy:1": pytest.approx(5 / 7)}
    assert dict(pattern.regions[1].masks) == {"a": pytest.approx(5 / 7), "b": pytest.approx(1 / 7)}
    assert pattern.outside.count == 1
    assert pattern.outside.share == pytest.approx(1 / 13)


def test_what_is_no_mask() -> None:
    noise = np.random.default_rng(0).normal(size=(11, 11, 15))
    for data, said in ((noise, "different values"), (np.zeros((11, 11, 15)), "zeros only")):
        with pytest.raises(InvalidInput, match=said):
            from_masks(TWO, [("a", image(data))])
    with pytest.raises(InvalidInput, match="two masks named 'a'"):
        from_masks(TWO, [("a", image(_filled((5, 1))))] * 2)


def test_correlation_is_pearsons_over_the_regions_in_common() -> None:
    random = np.random.default_rng(1)
    z = random.normal(size=(40, 3)).astype(np.float32)
    z[:, 2] = 1  # says nothing
    counts = np.ones((40, 3), np.int32)
    regions = tuple(f"a:{i}" for i in range(40))
    names = ("f", "g", "same")
    matrix = EvidenceMatrix(regions, names, z, counts, counts[:, 0], counts[0], 9, "s", "z")
    means = {f"a:{i}": float(z[i, 0] + random.normal()) for i in range(5, 40)}
    found = {item.function: item for item in correlate(means, matrix)}
    expected = pearsonr(list(means.values()), z[5:, 0])
    assert set(found) == {"f", "g"}
    assert found["f"].r == pytest.approx(expected.statistic)
    assert found["f"].n == 35
    assert found["f"].z == pytest.approx(np.arctanh(expected.statistic) * np.sqrt(32))
    with pytest.raises(InvalidInput, match="3 regions"):
        correlate(dict(list(means.items())[:3]), matrix)
    with pytest.raises(InvalidInput, match="same mean"):
        correlate(dict.fromkeys(means, 2.0), matrix)
