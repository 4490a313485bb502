"""Statistics of regions, counted by hand and against plain loops."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.label_volume import LabelVolume
from atlas.region_statistics import Islands, neighbours, region_statistics
from tests.atlas.brainnetome import FOLDER, brainnetome_volume
from tests.data_dir import needs_brain


def _volume(labels: np.ndarray, *steps: float) -> LabelVolume:
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = (10, -4, 3)
    return LabelVolume(labels.astype(np.int32), affine)


def test_a_bar_and_a_far_crumb() -> None:
    labels = np.zeros((12, 3, 3))
    labels[1:4, 1, 1], labels[11, 1, 1] = 40, 40
    found = region_statistics(_volume(labels, -2, 3, 1))[40]
    assert (found.n_voxels, found.volume_mm3) == (4, pytest.approx(24))
    assert found.centroid == pytest.approx((10 - 2 * 17 / 4, -1, 4))
    assert found.medoid == pytest.approx((4, -1, 4))
    assert found.bounds == pytest.approx((-13, 9, -2.5, 0.5, 3.5, 4.5))
    assert found.surface_mm2 == pytest.approx(4 * 2 * (2 * 3 + 2 * 1) + 4 * 3 * 1)
    assert found.islands == Islands(2, 0.75, 16.0)


def test_the_medoid_of_a_ring_is_its_own_voxel_of_lowest_coordinates() -> None:
    ring = np.ones((3, 3, 1))
    ring[1, 1] = 0
    for labels, step in ((ring, 1), (ring[::-1], -1)):
        volume = _volume(labels, step, 1, 1)
        found = region_statistics(volume)[1]
        assert found.centroid == pytest.approx((10 + step, -3, 3))
        assert found.medoid == pytest.approx((10 + step - 1, -3, 3))
        assert found.islands == Islands()


def test_an_empty_volume_has_none() -> None:
    empty = _volume(np.zeros((3, 3, 3)), 1, 1, 1)
    assert region_statistics(empty) == {}
    assert neighbours(empty) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 1_999_999_000]))
def test_all_numbers_are_those_of_plain_loops(seed: int, base: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 4, size=tuple(random.integers(1, 5, size=3)))
    labels = np.where(labels > 0, labels * base, 0)
    volume = _volume(labels % (2**31 - 1), 1.0, -2.0, 3.0)
    labels, area = volume.labels, (6.0, 3.0, 2.0)
    surface: dict[int, float] = {}
    border: dict[tuple[int, int], list[float]] = {}
    wide = np.pad(labels, 1)
    for place, label in np.ndenumerate(wide):
        for axis in range(3):
            other = list(place)
            other[axis] += 1
            if other[axis] > labels.shape[axis] + 1:
                continue
            second = int(wide[tuple(other)])
            if second != label:
                surface[int(label)] = surface.get(int(label), 0) + area[axis]
                surface[second] = surface.get(second, 0) + area[axis]
                if label and second:
                    pair = border.setdefault((min(label, second), max(label, second)), [0, 0.0])
                    pair[0] += 1
                    pair[1] += area[axis]
    found = region_statistics(volume)
    assert {k: s.surface_mm2 for k, s in found.items()} == pytest.approx(
        {k: s for k, s in surface.items() if k}
    )
    assert {(a, b): [n, mm2] for a, b, n, mm2 in neighbours(volume)} == border
    for label, one in found.items():
        xyz = np.argwhere(labels == label) * (1, -2, 3) + np.array((10, -4, 3))
        assert one.n_voxels == len(xyz)
        assert one.centroid == pytest.approx(xyz.mean(axis=0), abs=1e-5)
        reach = np.linalg.norm(xyz - xyz.mean(axis=0), axis=1)
        assert np.linalg.norm(one.medoid - xyz.mean(axis=0)) == pytest.approx(reach.min(), abs=1e-5)
        assert any((xyz == one.medoid).all(axis=1))
        assert one.bounds[::2] == pytest.approx(xyz.min(axis=0) - (0.5, 1, 1.5))
        assert one.bounds[1::2] == pytest.approx(xyz.max(axis=0) + np.array([0.5, 1, 1.5]))


@needs_brain
def test_brainnetome_lies_where_its_authors_say() -> None:
    with (FOLDER / "brainnetome246_regions.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = region_statistics(brainnetome_volume())
    assert len(found) == 246
    for row in rows:
        one = found[int(row["id"])]
        # The table was made from the 2 mm volume, whose voxels were sampled half a voxel aside.
        published = [float(row[axis]) for axis in ("x", "y", "z")]
        assert np.linalg.norm(np.subtract(one.centroid, published)) < 1.5
        assert one.volume_mm3 == pytest.approx(float(row["volume_mm3"]), rel=0.2)
    borders = neighbours(brainnetome_volume())
    assert all(a < b for a, b, _, _ in borders)
    assert (1, 2) in {(a, b) for a, b, _, _ in borders}  # A8m of both hemispheres, at the midline
