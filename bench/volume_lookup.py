"""Peaks to the regions of a label volume, against the loop over peaks that people write.

Run ``python -m bench.volume_lookup [--json]``. The baseline rounds each point into its voxel and,
outside, looks through all labelled voxels in a box of 4 mm; it answers a sample of the peaks and
is scaled up. Both sides must give the same regions.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from atlas.geometry import parcellation
from bench import _volumes
from bench._report import Results, case, main

PEAKS, SAMPLE, MAX_MM = 500_000, 20_000, 4.0


def naive(xyz: NDArray[np.float64]) -> NDArray[np.intp]:
    volume = _volumes.labels()
    labels, inverse = volume.labels, np.linalg.inv(volume.affine)
    found = np.full(len(xyz), -1, dtype=np.intp)
    reach = int(MAX_MM) + 1
    for i, point in enumerate(xyz):
        ijk = np.floor(inverse[:3, :3] @ point + inverse[:3, 3] + 0.5).astype(int)
        low, high = np.maximum(ijk - reach, 0), np.minimum(ijk + reach + 1, labels.shape)
        if ((ijk >= 0) & (ijk < labels.shape)).all() and labels[tuple(ijk)]:
            found[i] = labels[tuple(ijk)] - 1
            continue
        if (low >= high).any():
            continue
        box = labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        near = np.argwhere(box)
        if not len(near):
            continue
        centres = (near + low) @ volume.affine[:3, :3].T + volume.affine[:3, 3]
        gaps = np.sqrt(((centres - point) ** 2).sum(axis=1))
        if gaps.min() <= MAX_MM:
            found[i] = box[tuple(near[gaps <= gaps.min() + 1e-9].T)].min() - 1
    return found


def run() -> Results:
    """Seconds for half a million peaks of whole millimetres, and microseconds for one of them."""
    box = np.random.default_rng(0).integers((-72, -104, -55), (73, 70, 75), size=(3 * PEAKS, 3))
    radius = np.sqrt((((box - (0.0, -18, 8)) / (68, 85, 62)) ** 2).sum(axis=1))
    # As in tables of studies: three in four in grey matter, one in ten beyond 4 mm.
    peaks = box[(radius > 0.55) & (radius < 1.05)][:PEAKS].astype(np.float64)
    geometry = parcellation(_volumes.atlas())
    geometry.lookup(peaks[:1000], MAX_MM)  # grows the tree
    start = time.perf_counter()
    found, _ = geometry.lookup(peaks, MAX_MM)
    fast = time.perf_counter() - start
    start = time.perf_counter()
    expected = naive(peaks[:SAMPLE])
    slow = (time.perf_counter() - start) * len(peaks) / SAMPLE
    if not np.array_equal(found[:SAMPLE], expected):
        raise SystemExit("the two sides disagree")
    each = 1e6 / len(peaks)
    return {
        f"{len(peaks):,} peaks, 246 regions at 1 mm": case(fast, slow),
        "one of them": case(fast * each, slow * each, "µs"),
    }


if __name__ == "__main__":
    main(run, __doc__)
