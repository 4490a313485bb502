"""All pairs of two 1 mm atlases: one joint count against a mask for each pair.

Run ``python -m bench.overlap [--json]``. The atlases are nearest-seed parcels of one brain-shaped
ellipsoid on the 182 x 218 x 182 grid. The baseline asks for the mask of every pair of regions in
turn; it is timed over a few regions of the first atlas and scaled to all of them. Both sides must
give the same Dice for those regions.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atlas.common_grid import Body
from atlas.label_volume import LabelVolume
from atlas.model import Atlas, Region, Source
from atlas.overlap import compare
from bench._report import Results, case, main

SHAPE, ORIGIN = (182, 218, 182), (-91.0, -126.0, -72.0)
REGIONS_A, REGIONS_B = 246, 132
TIMED = 3  # regions of the first atlas that the baseline does


def parcels(id: str, n: int, seed: int) -> Body:
    affine = np.eye(4)
    affine[:3, 3] = ORIGIN
    centre, half = np.array(SHAPE) / 2, np.array(SHAPE) * 0.42
    ijk = np.argwhere(np.ones(SHAPE, dtype=bool))
    ijk = ijk[(((ijk - centre) / half) ** 2).sum(axis=1) <= 1]
    seeds = np.random.default_rng(seed).choice(len(ijk), n, replace=False)
    labels = np.zeros(SHAPE, dtype=np.int32)
    labels[tuple(ijk.T)] = KDTree(ijk[seeds]).query(ijk, workers=-1)[1] + 1
    regions = tuple(
        Region(f"{id}:{i}", str(i), str(i), "unknown", 0.0, 0.0, 0.0) for i in range(1, n + 1)
    )
    atlas = Atlas(id, id, "MNI152", Source(id, id), kind="labels", regions=regions)
    return Body(atlas, LabelVolume(labels, affine))


def naive(a: NDArray[np.int32], b: NDArray[np.int32]) -> dict[tuple[str, str], float]:
    """Dice of the first regions of ``a`` with every region of ``b``, pair by pair."""
    found: dict[tuple[str, str], float] = {}
    for i in range(1, TIMED + 1):
        one = a == i
        for j in range(1, REGIONS_B + 1):
            two = b == j
            shared = np.count_nonzero(one & two)
            if shared:
                sizes = np.count_nonzero(one) + np.count_nonzero(two)
                found[f"a:{i}", f"b:{j}"] = float(2 * shared / sizes)
    return found


def run() -> Results:
    """Seconds for all pairs."""
    a, b = parcels("a", REGIONS_A, 0), parcels("b", REGIONS_B, 1)
    if a.volume is None or b.volume is None:
        raise SystemExit("the atlases have no voxels")
    start = time.perf_counter()
    found = compare(a, b)
    fast = time.perf_counter() - start
    start = time.perf_counter()
    expected = naive(a.volume.labels, b.volume.labels)
    slow = (time.perf_counter() - start) * REGIONS_A / TIMED
    wanted = {f"a:{i}" for i in range(1, TIMED + 1)}
    mine = {(row.a, row.b): row.dice for row in found if row.a in wanted}
    if mine.keys() != expected.keys() or not np.allclose(
        [mine[pair] for pair in expected], list(expected.values())
    ):
        raise SystemExit("the two sides disagree")
    return {f"{REGIONS_A} x {REGIONS_B} regions, 1 mm": case(fast, slow)}


if __name__ == "__main__":
    main(run, __doc__)
