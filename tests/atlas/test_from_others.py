"""Peaks, names, functions and single points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.activation import Peak
from atlas.decode.functions import from_functions
from atlas.decode.locate import locate
from atlas.decode.peaks import from_peaks
from atlas.decode.regions import from_regions
from atlas.errors import InvalidInput, NotFound
from ingest.coordinates import dosenbach160
from tests.atlas.examples import spheres

TWO = spheres((-30, 0, 0, 5), (30, 0, 0, 5))


def test_peaks_go_to_the_region_or_are_outside() -> None:
    peaks = [Peak(-30, 0, 0, 4.0), Peak(-30, 3, 0, 8.0), Peak(38, 0, 0, 2.0), Peak(0, 0, 0, 1.0)]
    pattern = from_peaks(TWO, peaks, space="MNI")
    assert pattern.strengths == {"toy:1": 1.0, "toy:2": 0.25}
    assert pattern.regions[0].peak == peaks[1]
    assert (pattern.outside.count, pattern.outside.share) == (1, 0.25)
    assert pattern.outside.peaks == (peaks[3],)


def test_reach_is_measured_from_the_surface() -> None:
    assert from_peaks(TWO, [Peak(39, 0, 0)], space="MNI").strengths == {"toy:2": 1.0}
    assert not from_peaks(TWO, [Peak(39.01, 0, 0)], space="MNI").regions


def test_deactivations_are_the_other_side() -> None:
    peaks = [Peak(-30, 0, 0, 4.0), Peak(30, 0, 0, -2.0)]
    assert set(from_peaks(TWO, peaks, space="MNI").strengths) == {"toy:1"}
    assert set(from_peaks(TWO, peaks, space="MNI", sign="negative").strengths) == {"toy:2"}
    assert len(from_peaks(TWO, peaks, space="MNI", sign="both").regions) == 2


def test_talairach_peaks_are_converted() -> None:
    ball = spheres((-50, -20, 8, 1.0))
    peak = Peak(-47.6, -21.2, 8.3)  # the same place in Talairach
    assert from_peaks(ball, [peak], space="Talairach", max_mm=1).regions
    assert not from_peaks(ball, [peak], space="MNI", max_mm=0).regions


@pytest.mark.parametrize("bad", ["12", None, float("nan"), float("inf"), 1000, -1000, True])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_coordinates_that_cannot_be(bad: object, axis: int) -> None:
    xyz = [0.0, 0.0, 0.0]
    xyz[axis] = bad
    with pytest.raises(InvalidInput) as error:
        from_peaks(TWO, [Peak(0, 0, 0), Peak(*xyz)], space="MNI")
    assert error.value.field == f"peaks[1].{'xyz'[axis]}"
    with pytest.raises(InvalidInput):
        locate(TWO, *xyz, space="MNI")


@pytest.mark.parametrize("value", ["4", float("nan"), None])
def test_values_that_cannot_be(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"peaks\[0\].value"):
        from_peaks(TWO, [Peak(0, 0, 0, value)], space="MNI")


def test_unknown_space_and_no_peaks() -> None:
    with pytest.raises(InvalidInput, match="MNI305"):
        from_peaks(TWO, [Peak(0, 0, 0)], space="MNI305")
    with pytest.raises(InvalidInput, match="at least one"):
        from_peaks(TWO, [], space="MNI")


@given(st.lists(st.tuples(*[st.integers(-60, 60)] * 3, st.floats(0.1, 9)), min_size=1, max_size=30))
def test_weights_lie_in_0_1_and_every_peak_is_accounted_for(
    rows: list[tuple[int, int, int, float]],
) -> None:
    peaks = [Peak(*row) for row in rows]
    pattern = from_peaks(dosenbach160(), peaks, space="MNI")
    assert all(0 < weight <= 1 for weight in pattern.strengths.values())
    assert pattern.outside.count == len(pattern.outside.peaks)
    assert len(pattern.regions) <= len(peaks) - pattern.outside.count
    assert list(pattern.regions) == sorted(pattern.regions, key=lambda r: (-r.weight, r.region))


def test_names_ids_and_labels_name_regions_once() -> None:
    atlas = dosenbach160()
    pattern = from_regions(atlas, ["vmPFC 1", "dosenbach160:1", "VMPFC 1", "68"])
    assert pattern.strengths == {"dosenbach160:1": 1.0, "dosenbach160:68": 1.0}


def test_unknown_region_offers_close_ones() -> None:
    with pytest.raises(NotFound, match=r"vmPFC 1 \(dosenbach160:1\)"):
        from_regions(dosenbach160(), ["vmPFC1"])
    with pytest.raises(InvalidInput):
        from_regions(dosenbach160(), [])


ROWS = [
    {"region": "toy:1", "function": "a.b", "weight": 0.4},
    {"region": "toy:1", "function": "a.c", "weight": 0.6},
    {"region": "toy:2", "function": "ab", "weight": 0.9},
    {"region": "other:1", "function": "a.b", "weight": 1.0},
]


def test_functions_take_what_lies_below_them_and_the_strongest_link() -> None:
    assert from_functions(TWO, ROWS, ["a"]).strengths == {"toy:1": 0.6}
    assert from_functions(TWO, ROWS, ["a.b", "ab"]).strengths == {"toy:2": 0.9, "toy:1": 0.4}


def test_functions_without_evidence_and_unknown_ones() -> None:
    with pytest.raises(InvalidInput, match="without evidence in toy"):
        from_functions(TWO, ROWS, ["b"])
    with pytest.raises(NotFound, match=r"close: a\.b"):
        from_functions(TWO, ROWS, ["a.bb"], known={"a", "a.b"})


def test_locate() -> None:
    inside = locate(TWO, -30, 0, 1, "mni")
    assert inside["region"] == {"id": "toy:1", "name": "ball 1"}
    assert inside["nearest"] == {"id": "toy:1", "name": "ball 1", "distance_mm": 0.0}
    assert inside["space"] == "MNI152"
    outside = locate(TWO, 0.5, 0, 0, "MNI")
    assert outside["region"] is None
    assert outside["nearest"] == {"id": "toy:2", "name": "ball 2", "distance_mm": 24.5}
