"""4-D atlases keep the map of every region: read, stored, decoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from atlas.errors import InvalidInput
from composer.activation import Inputs, activate, load_atlas
from graph.store import Store
from ingest.atlases.bring_in import plan, write
from ingest.atlases.candidates import Description, Reading, read_candidate
from ingest.atlases.volumes import read_labels
from tests.ingest.atlases.files import AFFINE, save

SAID = Description(id="soft", space="MNI152NLin6Asym", licence="CC0", citation="none")


def soft() -> NDArray[np.float32]:
    """Two regions of the left side in per cent, side by side, that fade into each other."""
    maps = np.zeros((91, 109, 91, 2), dtype="f4")
    maps[60:64, 50:58, 40:48] = (80, 20)
    maps[64:68, 50:58, 40:48] = (40, 60)
    return maps


def read(folder: Path, maps: NDArray[np.float32]) -> Reading:
    (folder / "soft.tsv").write_text("id\tname\n1\tLeft A\n2\tLeft B\n")
    return read_candidate(save(folder / "soft.nii.gz", maps), None, SAID)


def test_percents_become_probabilities(tmp_path: Path) -> None:
    reading = read(tmp_path, soft())
    found = reading.candidate.probabilities
    assert found is not None
    assert sorted(set(found.values.tolist())) == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert reading.guesses["values"] == "percents, divided by 100"
    assert reading.candidate.volume is not None
    assert reading.candidate.volume.counts == {1: 256, 2: 256}


def test_loadings_are_relative_to_their_own_maximum(tmp_path: Path) -> None:
    maps = np.zeros((3, 3, 3, 2), dtype="f4")
    maps[0, 0, 0], maps[1, 0, 0], maps[2, 0, 0] = (4, 0.1), (2, 0.5), (0.4, np.nan)
    found = read_labels(save(tmp_path / "a.nii", maps))
    assert found.probabilities is not None
    assert found.probabilities.values == pytest.approx([1, 0.2, 0.5, 1, 0.1])
    assert found.volume.labels[:, 0, 0].tolist() == [1, 2, 0]
    assert (found.scale, found.n_non_finite) == (
        "no probabilities: each map divided by its own maximum",
        1,
    )


@pytest.mark.parametrize(("value", "found"), [(-3.0, "from -3 to 1"), (0.0, "2 empty maps")])
def test_signed_and_empty_maps_are_refused(tmp_path: Path, value: float, found: str) -> None:
    maps = np.zeros((3, 3, 3, 2), dtype="f4")
    maps[0, 0, 0], maps[1, 0, 0] = value, -value / 3
    with pytest.raises(InvalidInput, match=found):
        read_labels(save(tmp_path / "a.nii", maps))


@pytest.mark.server
def test_a_stored_atlas_weighs_maps_by_its_probabilities(store: Store, tmp_path: Path) -> None:
    reading = read(tmp_path, soft())
    write(store, plan(store, reading))
    atlas = load_atlas(store, "soft")
    assert atlas.kind == "probabilistic"
    image = np.zeros((91, 109, 91), dtype="f4")
    image[60:66, 50:58, 40:48] = 5  # all of A's border, half of B's
    path = save(tmp_path / "map.nii.gz", image, AFFINE)
    found = activate(store, Inputs(atlas="soft", map=path, threshold=3.0)).pattern
    covered = {one.region: one.covered for one in found.regions}
    # By borders alone: 4 of 4 and 2 of 4 slices. By weight: (4 * .8 + 2 * .4) / (4 * .8 + 4 * .4)
    # and (4 * .2 + 2 * .6) / (4 * .2 + 4 * .6).
    assert covered == pytest.approx({"soft:1": 4.0 / 4.8, "soft:2": 2.0 / 3.2}, abs=1e-6)
    assert [item.action for item in plan(store, reading).items] == ["keep"]
