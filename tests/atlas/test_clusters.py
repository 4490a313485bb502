from __future__ import annotations

import numpy as np
import pytest

from atlas.clusters import clusters
from atlas.errors import InvalidInput
from atlas.geometry import parcellation
from atlas.volumes import Volume, load_volume
from ingest.nilearn_data import sample_motor_map
from tests.atlas.examples import spheres

TWO = spheres((10, 10, 10, 6), (40, 10, 10, 4))


def blocks() -> Volume:
    """2 mm voxels: a positive block with two peaks, a small one, and a negative one."""
    data = np.zeros((30, 14, 14), dtype=np.float32)
    data[3:19, 4:7, 4:7] = 4
    data[5, 5, 5], data[16, 5, 5] = 9, 7
    data[6, 5, 5] = 8  # 2 mm from the peak: no peak of its own
    data[25, 5, 5] = 5
    data[22:24, 10, 10] = -6
    data[0, 0, 0] = np.nan
    return Volume(data, np.diag([2.0, 2.0, 2.0, 1.0]))


def test_sizes_peaks_and_names() -> None:
    big, small, negative = clusters(blocks(), parcellation(TWO), threshold=3.1, sign="both")
    assert (big.number, big.voxels) == (1, 144)
    assert big.volume_mm3 == pytest.approx(144 * 8)
    assert [(p.x, p.y, p.z, p.value) for p in big.peaks[:2]] == [(10, 10, 10, 9), (32, 10, 10, 7)]
    assert [p.region for p in big.peaks[:2]] == ["toy:1", "toy:2"]
    assert big.regions[0].region == "toy:1"
    assert sum(r.share for r in big.regions) + big.outside == pytest.approx(1.0)
    assert (small.voxels, small.peaks[0].value) == (1, 5)
    assert (negative.sign, negative.voxels, negative.peaks[0].value) == ("negative", 2, -6)


def test_extent_and_sides() -> None:
    geometry = parcellation(TWO)
    assert [c.voxels for c in clusters(blocks(), geometry, threshold=3.1, min_voxels=2)] == [144]
    below = clusters(blocks(), geometry, threshold=3.1, sign="negative")
    assert [c.number for c in below] == [1]
    assert clusters(blocks(), geometry, threshold=99.0) == ()


def test_faces_join_and_corners_do_not() -> None:
    data = np.zeros((5, 5, 5), dtype=np.float32)
    data[1, 1, 1] = data[2, 2, 1] = 5
    found = clusters(Volume(data, np.eye(4)), parcellation(TWO), threshold=1)
    assert [c.voxels for c in found] == [1, 1]


def test_wrong_values() -> None:
    geometry = parcellation(TWO)
    for wrong in ({"threshold": -1.0}, {"threshold": np.nan}):
        with pytest.raises(InvalidInput, match="threshold"):
            clusters(blocks(), geometry, **wrong)
    with pytest.raises(InvalidInput, match="sign"):
        clusters(blocks(), geometry, threshold=1, sign="up")
    with pytest.raises(InvalidInput, match="min_voxels"):
        clusters(blocks(), geometry, threshold=1, min_voxels=0)
    with pytest.raises(InvalidInput, match="subpeak_mm"):
        clusters(blocks(), geometry, threshold=1, subpeak_mm=0)


@pytest.mark.parametrize("threshold", [3.1, 5.0])
def test_as_nilearn_on_the_motor_map(threshold: float) -> None:
    from nilearn.reporting import get_clusters_table

    table = get_clusters_table(sample_motor_map(), threshold, two_sided=True)
    volume = load_volume(sample_motor_map())
    found = clusters(volume, parcellation(TWO), threshold=threshold, sign="both")
    heads = table[table["Cluster Size (mm3)"] != ""]
    sizes = heads["Cluster Size (mm3)"].tolist()
    # Clusters of equal height (this map is cut at 7.94) may come in another order.
    assert sorted(int(c.volume_mm3) for c in found) == sorted(sizes)
    mine = np.array(sorted((p.value, p.x, p.y, p.z) for c in found for p in c.peaks))
    columns = table[["Peak Stat", "X", "Y", "Z"]]
    theirs = np.array(sorted(map(tuple, columns.to_numpy(dtype=float))))
    assert mine.shape == theirs.shape
    assert mine[:, 0] == pytest.approx(theirs[:, 0])
    # The middle of a plateau of even length may be rounded to either of two voxels (3 mm).
    assert np.abs(mine - theirs).max() <= 3.0
    assert (mine == theirs).all(axis=1).mean() >= 0.95
