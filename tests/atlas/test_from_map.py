"""Decoding statistical maps: numbers that can be counted by hand, and every mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from atlas.decode.maps import from_map
from atlas.decode.thresholds import DEFAULT_THRESHOLD, Sign
from atlas.errors import InvalidInput
from atlas.model import Atlas
from atlas.volumes import load_volume
from ingest.coordinates import dosenbach160, seitzman300
from ingest.nilearn_data import sample_motor_map
from tests.atlas.examples import image, spheres

BALL = spheres((10.0, 10.0, 10.0, 2.0))  # on a 2 mm grid: its centre and six neighbours


def _ball_map(**voxels: float) -> np.ndarray:
    data = np.zeros((11, 11, 11), dtype=np.float32)
    for name, value in voxels.items():
        data[tuple(int(c, 16) for c in name[1:])] = value
    return data


def test_covered_mean_peak_and_outside() -> None:
    data = _ball_map(v555=4.0, v655=8.0, v455=-3.0, v000=9.0)
    pattern = from_map(BALL, image(data), threshold=3.5)
    (region,) = pattern.regions
    assert region.covered == pytest.approx(2 / 7)
    assert region.weight == region.covered
    assert region.mean == pytest.approx((4 + 8 - 3) / 7)
    assert (region.peak.x, region.peak.y, region.peak.z, region.peak.value) == (12, 10, 10, 8)
    assert pattern.outside.count == 1
    assert pattern.outside.share == pytest.approx(1 / 3)


def test_negative_and_both_sides() -> None:
    data = _ball_map(v555=4.0, v655=-8.0)
    negative = from_map(BALL, image(data), threshold=3, sign="negative").regions[0]
    assert (negative.covered, negative.peak.value) == (pytest.approx(1 / 7), -8)
    both = from_map(BALL, image(data), threshold=3, sign="both").regions[0]
    assert (both.covered, both.peak.value) == (pytest.approx(2 / 7), -8)


def test_the_grid_does_not_matter_only_millimetres_do() -> None:
    data = _ball_map(v555=5.0, v565=5.0)
    flipped = image(data[::-1], step=(-2, 2, 2), origin=(20, 0, 0))
    assert from_map(BALL, image(data)).regions == from_map(BALL, flipped).regions


def test_nan_and_infinite_voxels_do_not_count() -> None:
    data = _ball_map(v555=np.nan, v565=np.inf, v655=5.0, v000=np.inf)
    pattern = from_map(BALL, image(data))
    assert pattern.regions[0].covered == pytest.approx(1 / 7)
    assert pattern.regions[0].mean == pytest.approx(5 / 5)
    assert pattern.outside.count == 0


def test_a_map_in_talairach_is_carried_over() -> None:
    ball = spheres((40.0, -20.0, 50.0, 6.0))
    data = np.zeros((60, 60, 60), dtype=np.float32)
    data[40 - 3, 40, 46] = 9  # Lancaster: MNI (40, -20, 50) is about (36, -24, 47) in Talairach
    shifted = image(data, step=(1, 1, 1), origin=(0, -64, 0))
    assert from_map(ball, shifted, space="Talairach").regions
    assert from_map(ball, shifted, space="Talairach").regions[0].peak.x == pytest.approx(39.8, 1)


def test_nothing_over_the_threshold_is_an_empty_pattern_that_says_so() -> None:
    pattern = from_map(BALL, image(_ball_map(v555=1.0)))
    assert pattern.regions == ()
    assert "no voxel exceeds it" in pattern.note
    assert f"{DEFAULT_THRESHOLD:g} (the default)" in pattern.note


@pytest.mark.parametrize(
    ("shape", "said"),
    [((4, 4, 4, 3), "3 volumes"), ((4, 4), "three axes"), ((4, 0, 4), "three axes")],
)
def test_shapes_that_are_no_map(shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        from_map(BALL, image(np.zeros(shape, dtype=np.float32)))


def test_one_volume_on_a_fourth_axis_is_a_map() -> None:
    data = _ball_map(v555=4.0)[..., None]
    assert len(from_map(BALL, image(data)).regions) == 1


def test_one_of_several_volumes_is_picked() -> None:
    hot, cold = _ball_map(v555=4.0), _ball_map(v555=0.0)
    cold[0, 0, 0] = 1
    series = image(np.stack([cold, hot, cold], axis=-1)[..., None, :])  # as (x, y, z, 1, 3)
    active = [len(from_map(BALL, series, volume=v, threshold=3).regions) for v in range(3)]
    assert active == [0, 1, 0]
    for volume, said in ((3, "there are 3"), (-1, "there are 3"), (None, "0 to 2")):
        with pytest.raises(InvalidInput, match=said):
            from_map(BALL, series, volume=volume)
    assert from_map(BALL, image(hot), volume=0).regions
    with pytest.raises(InvalidInput, match="the only one"):
        from_map(BALL, image(hot), volume=1)


def test_the_fourth_axis_counts_fastest() -> None:
    data = np.arange(4 * 4 * 4 * 2 * 3, dtype=np.float32).reshape((4, 4, 4, 2, 3), order="F")
    for volume in range(6):
        assert load_volume(image(data), volume=volume).data[0, 0, 0] == volume * 64


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b\x08\x00broken"])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.txt"])
def test_unreadable_files(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as error:
        from_map(BALL, path)
    assert error.value.field == "map"
    assert "NIfTI" in error.value.expected


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    whole = tmp_path / "whole.nii.gz"
    nibabel.save(image(np.random.default_rng(0).normal(size=(20, 20, 20))), whole)
    cut = tmp_path / "cut.nii.gz"
    cut.write_bytes(whole.read_bytes()[:20_000])
    with pytest.raises(InvalidInput, match="cut off"):
        from_map(BALL, cut)


def test_missing_file_names_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no file 'gone\.nii'") as error:
        from_map(BALL, tmp_path / "gone.nii")
    assert str(tmp_path) not in str(error.value)


def test_no_overlap_says_where_the_map_lies() -> None:
    far = image(_ball_map(v555=9.0), origin=(500, 0, 0))
    with pytest.raises(InvalidInput, match="x 500 to 520 mm"):
        from_map(BALL, far)


def test_complex_values_are_refused() -> None:
    with pytest.raises(InvalidInput, match="real numbers"):
        from_map(BALL, image(_ball_map().astype(np.complex64)))


@pytest.mark.parametrize("broken", [0.0, np.nan])
def test_an_affine_that_leads_nowhere_is_refused(broken: float) -> None:
    flat = image(_ball_map())
    flat.affine[2, 2] = broken
    with pytest.raises(InvalidInput, match="inverted"):
        from_map(BALL, flat)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"threshold": -1.0}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"threshold": "3"}, "threshold"),
        ({"sign": "up"}, "sign"),
        ({"space": "MNI305"}, "space"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        from_map(BALL, image(_ball_map()), **options)
    assert error.value.field == field


@pytest.mark.parametrize("atlas", [dosenbach160(), seitzman300()], ids=lambda a: a.id)
@pytest.mark.parametrize(("sign", "side"), [("positive", "right"), ("negative", "left")])
def test_the_motor_map_lights_up_the_opposite_hemisphere(
    atlas: Atlas, sign: Sign, side: str
) -> None:
    """Left minus right button press: motor cortex of the right hemisphere, and the reverse."""
    pattern = from_map(atlas, sample_motor_map(), sign=sign)
    regions = {region.id: region for region in atlas.regions}
    cortex = [
        (regions[active.region].hemisphere, active.weight)
        for active in pattern.regions
        if regions[active.region].network.lower().startswith(("sensorimotor", "somatomotordorsal"))
        and regions[active.region].z > 30
        and regions[active.region].hemisphere != "midline"
    ]
    assert len(cortex) >= 4
    assert {hemisphere for hemisphere, _ in cortex} == {side}
    assert 0.8 < pattern.outside.share < 0.95
