"""Overlaps against masks compared one by one, on equal, shifted, coarser and oblique grids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.common_grid import Body, sample
from atlas.label_volume import LabelVolume
from atlas.model import Atlas
from atlas.overlap import Overlap, compare, overlaps
from tests.atlas.examples import spheres
from tests.atlas.volumes import labelled, of_volume


def by_pair(found: list[Overlap]) -> dict[tuple[str, str], Overlap]:
    return {(row.a, row.b): row for row in found}


def random_labels(seed: int, shape: tuple[int, int, int], n: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, n, size=shape).astype(np.int32)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(2, 6))
def test_the_joint_count_is_what_masks_give(
    seed: int, n: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("volumes")
    one, two = random_labels(seed, (4, 5, 3), n), random_labels(seed + 1, (4, 5, 3), n + 1)
    found = by_pair(overlaps(labelled(home, "a", one), labelled(home, "b", two)))
    expected = 0
    for i in range(1, n):
        for j in range(1, n + 1):
            shared = int(((one == i) & (two == j)).sum())
            if not shared:
                assert (f"a:{i}", f"b:{j}") not in found
                continue
            expected += 1
            row = found[f"a:{i}", f"b:{j}"]
            size_a, size_b = int((one == i).sum()), int((two == j).sum())
            assert row.dice == pytest.approx(2 * shared / (size_a + size_b))
            assert row.inside == pytest.approx(shared / size_a)
            assert row.contains == pytest.approx(shared / size_b)
            assert row.volume_mm3 == pytest.approx(8 * shared)
    assert len(found) == expected


def test_words_say_which_way(tmp_path: Path) -> None:
    large, small = np.zeros((6, 6, 6), int), np.zeros((6, 6, 6), int)
    large[:4], small[1, 1, 1] = 1, 1
    a, b = labelled(tmp_path, "a", large), labelled(tmp_path, "b", small)
    assert [row.qualification for row in overlaps(a, b)] == ["contains"]
    assert [row.qualification for row in overlaps(b, a)] == ["contained"]
    assert [row.qualification for row in overlaps(a, a)] == ["exact"]
    assert overlaps(a, b, least=0.5)[0].inside == pytest.approx(1 / 144)


def test_the_other_way_round_swaps_the_shares(tmp_path: Path) -> None:
    a = labelled(tmp_path, "a", random_labels(1, (6, 6, 6), 4))
    b = labelled(tmp_path, "b", random_labels(2, (3, 3, 3), 3), (4, 4, 4), (1, 1, 1))
    there, back = by_pair(overlaps(a, b)), by_pair(overlaps(b, a))
    assert {(j, i) for i, j in there} == set(back)
    for (i, j), row in there.items():
        other = back[j, i]
        assert (row.inside, row.contains) == pytest.approx((other.contains, other.inside))


def test_a_coarser_grid_with_other_steps_gives_the_same_shares(tmp_path: Path) -> None:
    coarse = random_labels(3, (4, 4, 4), 3)
    fine = np.repeat(np.repeat(np.repeat(coarse, 2, 0), 2, 1), 2, 2)[::-1]
    a = labelled(tmp_path, "a", coarse, (2, 2, 2))
    b = labelled(tmp_path, "b", fine, (-1, 1, 1), (6.5, -0.5, -0.5))
    found = by_pair(overlaps(a, b))
    assert set(found) == {("a:1", "b:1"), ("a:2", "b:2")}
    assert all(row.dice == pytest.approx(1.0) for row in found.values())


def test_what_lies_outside_the_other_field_of_view_still_counts(tmp_path: Path) -> None:
    a = labelled(tmp_path, "a", np.ones((2, 2, 2)))
    b = labelled(tmp_path, "b", np.ones((4, 2, 2)))
    (row,) = overlaps(a, b)
    assert (row.inside, row.contains) == pytest.approx((1.0, 0.5))


def test_rotated_grids_meet_through_their_affines(tmp_path: Path) -> None:
    labels = np.zeros((20, 20, 20), dtype=np.int32)
    labels[4:16, 4:16, 4:16] = 1
    angle = np.deg2rad(30)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turn[:3, 3] = np.array([9.5] * 3) - turn[:3, :3] @ np.array([9.5] * 3)
    a = of_volume(tmp_path, "a", LabelVolume(labels, np.eye(4)))
    b = of_volume(tmp_path, "b", LabelVolume(labels, turn))
    (row,) = overlaps(a, b)
    # Two unit squares, one turned about the common centre, share an octagon of this area.
    octagon = 2 / (1 + np.sin(angle) + np.cos(angle))
    assert row.inside == pytest.approx(octagon, abs=0.03)


def test_axes_in_another_order_are_sampled_exactly() -> None:
    labels = random_labels(5, (3, 4, 5), 9)
    step = np.zeros((4, 4))
    step[0, 2] = step[1, 0] = step[2, 1] = step[3, 3] = 1  # i, j, k of the other: k' , i', j'
    assert np.array_equal(sample(labels, step, (4, 5, 3)), labels.transpose(1, 2, 0))


def test_labels_may_be_large_and_unnamed(tmp_path: Path) -> None:
    a = labelled(tmp_path, "a", np.array([[[0, 2_000_000_000, 7]]]))
    b = labelled(tmp_path, "b", np.array([[[1, 1, 2]]]))
    nameless = Atlas("b", "b", b.space, b.source, kind="labels", regions=b.regions[:1],
                     volume=b.volume)  # fmt: skip
    assert [(row.a, row.b) for row in overlaps(a, nameless)] == [("a:2000000000", "b:1")]


def test_spheres_meet_volumes_and_spheres(tmp_path: Path) -> None:
    balls = spheres((10, 10, 10, 4), (60, 60, 60, 4))
    a = labelled(tmp_path, "a", np.ones((20, 20, 20)), (1, 1, 1))
    (row,) = overlaps(balls, a)
    assert (row.a, row.b, row.qualification) == ("toy:1", "a:1", "contained")
    assert row.volume_mm3 == pytest.approx(4 / 3 * np.pi * 64, rel=0.05)
    assert [r.qualification for r in compare(Body(balls, None), Body(balls, None))] == ["exact"] * 2


def test_talairach_goes_through_its_transform(tmp_path: Path) -> None:
    balls = spheres((10, 10, 10, 4), space="Talairach")
    a = labelled(tmp_path, "a", np.ones((20, 20, 20)), (1, 1, 1))
    (row,) = overlaps(a, balls)
    assert row.contains == pytest.approx(1.0)
