"""Atlases of voxels against brute force, and known answers on the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.decode.maps import from_map
from atlas.errors import InvalidInput, Unavailable
from atlas.geometry import parcellation
from atlas.label_volume import LabelVolume
from atlas.labels import LabelParcellation
from atlas.model import Atlas, Region, Source
from atlas.volume_store import VolumeStore
from ingest.coordinates import dosenbach160
from tests.atlas.brainnetome import MOTOR_MAP, brainnetome
from tests.atlas.examples import image
from tests.data_dir import needs_brain


def labelled(*labels: str) -> Atlas:
    """An atlas with a region for each label, without a volume."""
    regions = tuple(Region(f"toy:{k}", k, f"part {k}", "unknown", 0, 0, 0) for k in labels)
    return Atlas("toy", "Toy", "MNI152", Source("toy", "Toy"), kind="labels", regions=regions)


def grid(step: tuple[float, float, float], origin: tuple[float, float, float]) -> np.ndarray:
    affine = np.diag([*step, 1.0])
    affine[:3, 3] = origin
    return affine


@st.composite
def _volumes(draw: st.DrawFn) -> LabelVolume:
    seed = draw(st.integers(0, 10_000))
    random = np.random.default_rng(seed)
    shape = random.integers(2, 7, size=3)
    labels = random.choice([0, 0, 0, 2, 5, 9], size=shape).astype(np.int32)
    steps = [draw(st.sampled_from([-2.0, 1.0, 3.0])) for _ in range(3)]
    return LabelVolume(labels, grid((steps[0], steps[1], steps[2]), (-3, 2, 1)))


@settings(max_examples=60, deadline=None)
@given(_volumes(), st.integers(0, 1000), st.sampled_from([0.0, 2.5, np.inf]))
def test_lookup_is_the_brute_force_answer(volume: LabelVolume, seed: int, max_mm: float) -> None:
    atlas = labelled("9", "2")  # 5 is a label without a region
    points = np.random.default_rng(seed).integers(-14, 14, size=(25, 3)) + 0.25
    index, gap = LabelParcellation(atlas, volume).lookup(points, max_mm)
    voxels = np.argwhere(np.isin(volume.labels, (2, 9)))
    owners = np.where(volume.labels[tuple(voxels.T)] == 9, 0, 1)
    centres = voxels @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    step = np.abs(np.diag(volume.affine)[:3])
    for point, i, d in zip(points, index, gap, strict=True):
        offset = np.abs(centres - point)
        inside = (offset < step / 2).all(axis=1)
        if inside.any():
            assert (i, d) == (owners[inside][0], 0)
            continue
        reach = np.sqrt((offset**2).sum(axis=1))
        nearest = reach.min(initial=np.inf)
        assert d == pytest.approx(nearest)
        tied = owners[reach <= nearest + 1e-9]
        assert i == (tied.min() if len(tied) and nearest <= max_mm else -1)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_point_on_a_face_goes_to_the_higher_coordinate_however_stored(turn: int) -> None:
    labels = np.array([1, 2], dtype=np.int32)[::turn].reshape(2, 1, 1)
    volume = LabelVolume(labels, grid((2.0 * turn, 2, 2), (0 if turn == 1 else 2, 0, 0)))
    index, _ = LabelParcellation(labelled("1", "2"), volume).lookup(np.array([[1.0, 0, 0]]))
    assert index.tolist() == [1]


def test_points_that_are_not_numbers_lie_nowhere() -> None:
    volume = LabelVolume(np.ones((2, 2, 2), dtype=np.int32), np.eye(4))
    index, gap = LabelParcellation(labelled("1"), volume).lookup(np.array([[np.nan, 0, 0]]), np.inf)
    assert (index.tolist(), gap.tolist()) == ([-1], [np.inf])


def test_an_atlas_without_voxels_answers_nowhere() -> None:
    volume = LabelVolume(np.zeros((2, 2, 2), dtype=np.int32), np.eye(4))
    index, gap = LabelParcellation(labelled("1"), volume).lookup(np.zeros((1, 3)), np.inf)
    assert (index.tolist(), gap.tolist()) == ([-1], [np.inf])


def test_labels_of_a_sheared_grid_have_their_nearest_voxel_too() -> None:
    affine = np.eye(4)
    affine[0, 1] = 0.9
    labels = np.zeros((9, 9, 9), dtype=np.int32)
    labels[2:7, 2:7, 2:7] = 1
    points = np.random.default_rng(0).uniform(-4, 20, size=(200, 3))
    index, gap = LabelParcellation(labelled("1"), LabelVolume(labels, affine)).lookup(points, 99)
    centres = np.argwhere(labels) @ affine[:3, :3].T
    reach = np.linalg.norm(points[:, None] - centres, axis=2).min(axis=1)
    outside = gap > 0
    np.testing.assert_allclose(gap[outside], reach[outside])
    assert (index == 0).all()


def test_large_labels_are_found_without_a_large_table() -> None:
    labels = np.array([[[0, 2_000_000_000, 7]]], dtype=np.int32)
    geometry = LabelParcellation(labelled("7", "2000000000"), LabelVolume(labels, np.eye(4)))
    assert geometry.on_grid(np.eye(4), (1, 1, 3)).sizes.tolist() == [1, 1]
    assert geometry.lookup(np.array([[0.0, 0, 1]]))[0].tolist() == [1]
    assert LabelVolume(labels, np.eye(4)).ids == (7, 2_000_000_000)


def test_on_another_grid_each_voxel_takes_the_label_at_its_centre() -> None:
    labels = np.zeros((8, 8, 8), dtype=np.int32)
    labels[:4], labels[4:] = 1, 2
    geometry = LabelParcellation(labelled("1", "2"), LabelVolume(labels, np.eye(4)))
    members = geometry.on_grid(grid((-2, 2, 2), (7, 0, 0)), (4, 4, 4))
    assert members.sizes.tolist() == [32, 32]
    assert members.regions[members.voxels[:, 0] < 2].tolist() == [1] * 32
    assert geometry.on_grid(np.eye(4), (8, 8, 8)) is geometry.on_grid(np.eye(4), (8, 8, 8))


def test_the_volume_is_read_from_the_store(tmp_path: Path) -> None:
    from dataclasses import replace

    store = VolumeStore.at(tmp_path)
    stored = store.save(LabelVolume(np.ones((2, 2, 2), dtype=np.int32), np.eye(4)))
    atlas = replace(labelled("1"), volume=stored)
    assert parcellation(atlas).lookup(np.zeros((1, 3)))[0].tolist() == [0]
    with pytest.raises(Unavailable, match="import the atlas here again"):
        LabelParcellation(replace(atlas, volume=store.open("0" * 64)))


@pytest.mark.parametrize("atlas", [labelled(), labelled("1"), labelled("V1")])
def test_atlases_without_what_is_needed_are_refused(atlas: Atlas) -> None:
    volume = LabelVolume(np.ones((1, 1, 1), dtype=np.int32), np.eye(4))
    with pytest.raises(InvalidInput, match=r"atlas\.(regions|volume)|label: found 'V1'"):
        LabelParcellation(
            atlas, volume if atlas.regions and atlas.regions[0].label != "1" else None
        )


def test_a_map_larger_than_the_atlas_counts_what_lies_beyond_its_grid() -> None:
    labels = np.ones((4, 4, 4), dtype=np.int32)
    geometry = labelled("1")
    data = np.zeros((6, 4, 4), dtype=np.float32)
    data[4:], data[0] = 5, 5
    from dataclasses import replace
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        stored = VolumeStore.at(Path(folder)).save(LabelVolume(labels, grid((1, 1, 1), (0, 0, 0))))
        pattern = from_map(replace(geometry, volume=stored), image(data, step=(1, 1, 1)))
    (region,) = pattern.regions
    assert region.covered == pytest.approx(16 / 64)
    assert (pattern.outside.count, pattern.outside.share) == (32, pytest.approx(2 / 3))


@needs_brain
@pytest.mark.parametrize(
    ("point", "name"),
    [
        ((39, -22, 58), "PrG_R_6_3"),
        ((-39, -28, 58), "PoG_L_4_1"),
        ((-54, -24, 8), "STG_L_6_3"),
        ((-24, -4, -18), "Amyg_L_2_1"),
        ((30, -58, 50), "SPL_R_5_5"),
    ],
)
def test_coordinates_with_known_regions(point: tuple[int, int, int], name: str) -> None:
    index, gap = parcellation(brainnetome()).lookup(np.array([point], float))
    assert (brainnetome().regions[index[0]].name, gap[0]) == (name, 0)


@needs_brain
def test_coordinates_outside_go_to_the_nearest_region_within_reach_and_no_farther() -> None:
    points = np.array([(-46, 16, 16), (-18, -52, -23)], float)
    geometry = parcellation(brainnetome())
    index, gap = geometry.lookup(points, 4.0)
    assert brainnetome().regions[index[0]].name == "IFG_L_6_1"
    assert index[1] == -1
    assert gap.round(1).tolist() == [2.2, 7.7]
    assert geometry.lookup(points, 0.0)[0].tolist() == [-1, -1]


@needs_brain
def test_dosenbach_in_brainnetome() -> None:
    centres = np.array([(r.x, r.y, r.z) for r in dosenbach160().regions])
    index, gap = parcellation(brainnetome()).lookup(centres, 5.0)
    assert (int((gap == 0).sum()), int((gap <= 3).sum()), int((index < 0).sum())) == (122, 143, 13)


@needs_brain
def test_the_motor_map_on_the_atlas_own_grid() -> None:
    """Left minus right button press: the hand areas opposite to the hand, on either side."""
    atlas = brainnetome()
    names = {region.id: region.name for region in atlas.regions}
    up, down = from_map(atlas, MOTOR_MAP), from_map(atlas, MOTOR_MAP, sign="negative")
    leading = [(names[r.region], round(r.weight, 2)) for r in up.regions[:4]]
    assert leading == [
        ("SPL_R_5_4", 0.88),
        ("PoG_R_4_3", 0.88),
        ("SPL_R_5_3", 0.69),
        ("PoG_R_4_1", 0.62),
    ]
    assert up.outside.share == pytest.approx(0.223, abs=0.0006)
    leading = [(names[r.region], round(r.weight, 2)) for r in down.regions[:3]]
    assert [name for name, _ in leading] == ["PoG_L_4_4", "PrG_L_6_3", "PoG_L_4_1"]
    assert [w for _, w in leading] == pytest.approx([0.74, 0.55, 0.48], abs=0.006)
    assert down.outside.share == pytest.approx(0.352, abs=0.0006)
