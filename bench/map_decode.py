"""A map at 3 mm to 246 regions at 1 mm, against scipy's resampling and one mask for each region.

Run ``python -m bench.map_decode [--json]``. Both sides start with the map and the labels in
memory, and must give the same covered fractions and means.
"""

from __future__ import annotations

import time

import nibabel
import numpy as np
from scipy.ndimage import affine_transform

from atlas.activation import ActivationPattern
from atlas.decode.maps import from_map
from bench import _volumes
from bench._report import Results, case, main

LIMIT = 3.1


def naive() -> dict[str, tuple[float, float]]:
    """Covered fraction and mean of every region with a voxel over the threshold."""
    labels, stat = _volumes.labels(), _volumes.stat_map()
    matrix = np.linalg.inv(stat.affine) @ labels.affine
    values = affine_transform(
        stat.data, matrix[:3, :3], matrix[:3, 3], labels.shape, order=1, mode="nearest"
    )
    found = {}
    for label in range(1, _volumes.N_REGIONS + 1):
        inside = values[labels.labels == label]
        if (inside > LIMIT).any():
            covered = float((inside > LIMIT).mean())
            found[f"cells:{label}"] = (covered, float(inside.mean(dtype=np.float64)))
    return found


def agree(pattern: ActivationPattern, expected: dict[str, tuple[float, float]]) -> bool:
    """Whether both sides say the same of the regions that the map covers."""
    ours = {r.region: (r.covered, r.mean) for r in pattern.regions}
    return ours.keys() == expected.keys() and all(
        np.allclose(ours[region], expected[region], atol=2e-3) for region in ours
    )


def run() -> Results:
    """Seconds from the map to the pattern, the atlas' geometry warm."""
    atlas, stat = _volumes.atlas(), _volumes.stat_map()
    image = nibabel.Nifti1Image(stat.data, stat.affine)
    from_map(atlas, image, threshold=LIMIT)
    start = time.perf_counter()
    pattern = from_map(atlas, image, threshold=LIMIT)
    fast = time.perf_counter() - start
    start = time.perf_counter()
    expected = naive()
    slow = time.perf_counter() - start
    if not agree(pattern, expected):
        raise SystemExit("the two sides disagree")
    return {f"map to {len(pattern.regions)} of 246 regions": case(fast, slow)}


if __name__ == "__main__":
    main(run, __doc__)
