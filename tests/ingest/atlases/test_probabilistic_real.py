"""Probability maps made of a real parcellation, blurred as between people: read and compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from atlas.checks.check import check
from atlas.decode.maps import from_map
from atlas.volume_store import VolumeStore
from ingest.atlases.accepted import to_atlas
from ingest.atlases.candidates import Description, Reading, read_candidate
from tests.data_dir import BRAIN, needs_brain
from tests.ingest.atlases.files import save

pytestmark = [pytest.mark.slow, needs_brain]

SAID = Description(id="tian", space="MNI152NLin6Asym", licence="see README", citation="Tian 2020")
BLUR_MM = 2.0


@pytest.fixture(scope="module")
def real() -> tuple[NDArray[np.int64], NDArray[np.float64], list[str]]:
    """Labels of Tian's coarsest level on 2 mm voxels, their affine and names."""
    folder = BRAIN / "atlases" / "tian_subcortex"
    image = nibabel.load(folder / "Tian_Subcortex_S1_3T_1mm.nii.gz")  # type: ignore[attr-defined]
    labels = np.asarray(image.dataobj)[::2, ::2, ::2].astype(np.int64)
    affine = image.affine @ np.diag([2.0, 2.0, 2.0, 1.0])
    return labels, affine, (folder / "Tian_Subcortex_S1_3T_label.txt").read_text().split()


def blurred(labels: NDArray[np.int64], n: int) -> NDArray[np.float32]:
    maps = [gaussian_filter((labels == k).astype("f4"), BLUR_MM / 2) for k in range(1, n + 1)]
    return np.stack(maps, axis=-1)


def read(
    folder: Path, maps: NDArray[np.float32], affine: NDArray[np.float64], names: list[str],
    threshold: float,
) -> Reading:  # fmt: skip
    rows = "".join(f"{k}\t{name}\n" for k, name in enumerate(names, 1))
    (folder / "names.tsv").write_text("id\tname\n" + rows)
    path = save(folder / "soft.nii.gz", maps, affine)
    return read_candidate(path, folder / "names.tsv", replace(SAID, threshold=threshold))


def test_argmax_threshold_and_weights(
    tmp_path: Path, real: tuple[NDArray[np.int64], NDArray[np.float64], list[str]]
) -> None:
    labels, affine, names = real
    maps = blurred(labels, len(names))
    sizes = {}
    for threshold in (0.25, 0.5):
        reading = read(tmp_path, maps, affine, names, threshold)
        volume = reading.candidate.volume
        assert volume is not None
        expected = np.where(maps.max(axis=-1) >= threshold, maps.argmax(axis=-1) + 1, 0)
        assert np.array_equal(volume.labels, expected)
        sizes[threshold] = int((expected > 0).sum())
    assert sizes[0.5] < sizes[0.25]
    # Inside the real regions the most probable one is the real one, but for their rims.
    inside = labels > 0
    found = maps.argmax(axis=-1)[inside] + 1
    assert (found == labels[inside]).mean() > 0.95

    probabilities = reading.candidate.probabilities
    assert probabilities is not None
    store = VolumeStore(tmp_path / "volumes")
    atlas = to_atlas(reading.candidate, store.save(probabilities), ())
    active = np.where(labels == 5, 6.0, 0.0).astype("f4")
    pattern = from_map(atlas, save(tmp_path / "map.nii.gz", active, affine), threshold=3.0)
    best = pattern.regions[0]
    assert best.region == "tian:5"
    # Its whole map counts, also where it is not the most probable region.
    soft = maps[..., 4]
    assert best.covered == pytest.approx(float(soft[labels == 5].sum() / soft.sum()), abs=0.01)


def test_a_region_that_is_nowhere_the_most_probable_is_said(
    tmp_path: Path, real: tuple[NDArray[np.int64], NDArray[np.float64], list[str]]
) -> None:
    labels, affine, names = real
    maps = blurred(labels, len(names))
    maps[..., 2] = 0.9 * maps[..., 3]
    reading = read(tmp_path, maps, affine, names, 0.25)
    report = check(reading.candidate)
    said = [found for found in (*report.errors, *report.warnings, *report.notes)
            if any(names[2] in example for example in found.examples)]  # fmt: skip
    assert said, "a name without voxels passes unsaid"
    assert reading.candidate.probabilities is not None
