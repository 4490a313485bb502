"""Probabilistic atlases: hard borders, weights, and what is stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from atlas.decode.maps import from_map
from atlas.errors import InvalidInput, Unavailable
from atlas.geometry import parcellation
from atlas.label_volume import LabelVolume
from atlas.probabilities import ProbabilityVolume
from atlas.volume_store import VolumeStore
from tests.atlas.examples import image
from tests.atlas.test_labels import labelled

MAPS = [
    (7, np.array([0.9, 0.5, 0.2, 0.0]).reshape(4, 1, 1)),
    (3, np.array([0.1, 0.5, 0.2, np.nan]).reshape(4, 1, 1)),
]
VOLUME = ProbabilityVolume.of_maps(MAPS, np.eye(4), (4, 1, 1))


def test_the_most_probable_wins_of_equal_ones_the_lowest() -> None:
    assert VOLUME.argmax().labels.ravel().tolist() == [7, 3, 0, 0]
    assert VOLUME.argmax(0.2).labels.ravel().tolist() == [7, 3, 3, 0]
    assert VOLUME.argmax(0.6).labels.ravel().tolist() == [7, 0, 0, 0]


def test_stored_and_read_it_is_the_same_and_its_labels_are_those_of_argmax(tmp_path: Path) -> None:
    store = VolumeStore.at(tmp_path)
    stored = store.save(VOLUME)
    again = store.open(stored.sha256)
    assert again.probabilities().digest == VOLUME.digest == stored.sha256
    assert again.load().digest == VOLUME.argmax().digest
    assert replace(VOLUME, threshold=0.5).digest != VOLUME.digest
    labels = store.save(LabelVolume(np.ones((1, 1, 1), dtype=np.int32), np.eye(4)))
    with pytest.raises(Unavailable):
        labels.probabilities()


def test_a_broken_file_is_said_to_be_one(tmp_path: Path) -> None:
    stored = VolumeStore.at(tmp_path).save(VOLUME)
    stored.path.write_bytes(stored.path.read_bytes()[:200])
    with pytest.raises(Unavailable, match="import the atlas here again"):
        stored.load()


def test_points_go_by_the_most_probable_and_shares_by_all(tmp_path: Path) -> None:
    stored = VolumeStore.at(tmp_path).save(VOLUME)
    atlas = replace(labelled("3", "7", "8"), kind="probabilistic", volume=stored)
    geometry = parcellation(atlas)
    points = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]])
    assert geometry.lookup(points, 0.5)[0].tolist() == [1, 0, -1]
    members = geometry.on_grid(*geometry.grid(np.diag([9.0, 9, 9, 1]), (1, 1, 1)))
    assert members.sizes.tolist() == [1, 1, 0]
    assert members.shares is not None
    active = np.array([True, False, False, False]).reshape(4, 1, 1)
    covered = members.shares.covered(active)
    assert covered[:2].tolist() == pytest.approx([0.1 / 0.8, 0.9 / 1.6])
    assert np.isnan(covered[2])
    data = np.array([2.0, 4.0, np.nan, 0.0]).reshape(4, 1, 1)
    expected = [(0.2 + 2) / 0.6, (1.8 + 2) / 1.4]
    assert members.shares.means(data)[:2].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("value", [-0.1, 1.5, 60.0])
def test_values_that_are_no_probabilities_are_refused(value: float) -> None:
    with pytest.raises(InvalidInput, match="probabilities"):
        ProbabilityVolume.of_maps([(1, np.full((1, 1, 1), value))], np.eye(4), (1, 1, 1))


def test_two_maps_of_one_label_and_no_map_are_refused() -> None:
    with pytest.raises(InvalidInput, match="out of order"):
        ProbabilityVolume.of_maps([MAPS[0], MAPS[0]], np.eye(4), (4, 1, 1))
    with pytest.raises(InvalidInput, match="0 maps"):
        ProbabilityVolume.of_maps([], np.eye(4), (1, 1, 1))


def test_a_map_is_weighted_by_the_probabilities(tmp_path: Path) -> None:
    stored = VolumeStore.at(tmp_path).save(VOLUME)
    atlas = replace(labelled("3", "7"), kind="probabilistic", volume=stored)
    data = np.array([4.0, 1.0, 0.0, 5.0], dtype=np.float32).reshape(4, 1, 1)
    pattern = from_map(atlas, image(data, step=(1, 1, 1)))
    (region,) = pattern.regions
    assert region.region == "toy:7"
    assert region.covered == pytest.approx(0.9 / 1.6)
    assert region.mean == pytest.approx((0.9 * 4 + 0.5 * 1) / 1.6)
    assert (pattern.outside.count, pattern.outside.share) == (1, pytest.approx(0.5))
