"""Names as published, and the side each states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.hemispheres import hemisphere_of, hemisphere_of_name


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("PoG_L_4_4", "left"),
        ("HIP-lh", "left"),
        ("lAMY-rh", "right"),
        ("7Networks_LH_Vis_1", "left"),
        ("Left-Amygdala", "left"),
        ("ctx-rh-lateraloccipital", "right"),
        ("R_V1_ROI", "right"),
        ("L_10r_ROI", "left"),
        ("left IFG", "left"),
        ("Amygdala.L", "left"),
        ("Precentral_R", "right"),
        ("amygdala_r", "right"),
        ("LeftAmygdala", "left"),
        ("lateral occipital cortex", "unknown"),
        ("Ventrolateral", "unknown"),
        ("Brodmann_area_17", "unknown"),
        ("3rd-Ventricle", "unknown"),
        ("Bilateral SMA", "bilateral"),
        ("", "unknown"),
    ],
)
def test_names_as_published(name: str, side: str) -> None:
    assert hemisphere_of_name(name) == side


@given(st.text(alphabet="abcdefgikmnopqstuvwxyz", min_size=3), st.sampled_from("._- "))
def test_a_side_counts_at_both_ends(stem: str, mark: str) -> None:
    assert hemisphere_of_name(f"{stem}{mark}L") == "left"
    assert hemisphere_of_name(f"rh{mark}{stem}") == "right"


def test_the_column_counts_before_the_name() -> None:
    assert hemisphere_of("Left_V1", "M") == "midline"
    assert hemisphere_of("Left_V1", "n/a") == "left"
