"""Peaks to regions: the trees against one distance to every sphere per peak.

Run ``python -m bench.region_lookup [--json]``. The baseline is a loop over peaks that asks for
all distances at once with numpy; both sides must give the same regions.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from atlas.geometry import parcellation
from atlas.model import Atlas
from bench._report import Results, case, main
from ingest.coordinates import dosenbach160, seitzman300

PEAKS, MAX_MM = 50_000, 4.0


def naive(atlas: Atlas, xyz: NDArray[np.float64]) -> NDArray[np.intp]:
    centres = np.array([(r.x, r.y, r.z) for r in atlas.regions])
    radii = np.array([r.radius_mm for r in atlas.regions])
    found = np.full(len(xyz), -1, dtype=np.intp)
    for i, point in enumerate(xyz):
        reach = np.sqrt(((centres - point) ** 2).sum(axis=1))
        gap = np.maximum(reach - radii, 0.0)
        index = np.lexsort((reach, gap))[0]
        if gap[index] <= MAX_MM:
            found[i] = index
    return found


def run() -> Results:
    """One case per built-in atlas; seconds for all peaks and their ratio."""
    xyz = np.random.default_rng(0).uniform((-70, -105, -45), (70, 75, 80), size=(PEAKS, 3))
    results: Results = {}
    for atlas in (dosenbach160(), seitzman300()):
        geometry = parcellation(atlas)
        start = time.perf_counter()
        found, _ = geometry.lookup(xyz, MAX_MM)
        fast = time.perf_counter() - start
        start = time.perf_counter()
        expected = naive(atlas, xyz)
        baseline = time.perf_counter() - start
        if not np.array_equal(found, expected):
            raise SystemExit(f"{atlas.id}: the two sides disagree")
        results[f"{PEAKS:,} peaks to regions, {atlas.id}"] = case(fast, baseline)
    return results


if __name__ == "__main__":
    main(run, __doc__)
