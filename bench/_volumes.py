"""A parcellation of real size that can be made anywhere: cells around random seeds in a brain."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atlas.label_volume import LabelVolume
from atlas.model import Atlas, Region, Source
from atlas.volume_store import VolumeStore
from atlas.volumes import Volume

N_REGIONS = 246
SHAPE = (182, 218, 182)
AFFINE = np.array([[-1.0, 0, 0, 90], [0, 1, 0, -126], [0, 0, 1, -72], [0, 0, 0, 1]])


def shell(xyz: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of (n, 3) mm lie in the outer third of an ellipsoid of a brain's size."""
    radius = np.sqrt((((xyz - (0.0, -18, 8)) / (68, 85, 62)) ** 2).sum(axis=1))
    inside: NDArray[np.bool_] = (radius < 1) & (radius > 0.62)
    return inside


@cache
def labels() -> LabelVolume:
    """246 cells at 1 mm, about 1.1 million voxels as in Brainnetome."""
    voxels = np.indices(SHAPE).reshape(3, -1).T
    xyz = voxels @ AFFINE[:3, :3].T + AFFINE[:3, 3]
    filled = np.flatnonzero(shell(xyz))
    seeds = xyz[np.random.default_rng(0).choice(filled, N_REGIONS, replace=False)]
    flat = np.zeros(len(xyz), dtype=np.int32)
    flat[filled] = KDTree(seeds).query(xyz[filled])[1] + 1
    return LabelVolume(flat.reshape(SHAPE), AFFINE)


@cache
def atlas() -> Atlas:
    """The cells as an atlas with its volume in a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        stored = VolumeStore.at(Path(folder)).save(labels())
        made = Atlas(
            "cells", "Cells", "MNI152", Source("bench", "Benchmark"), kind="labels",
            regions=tuple(
                Region(f"cells:{i}", str(i), f"cell {i}", "unknown", 0, 0, 0)
                for i in range(1, N_REGIONS + 1)
            ),
            volume=stored,
        )  # fmt: skip
        from atlas.geometry import parcellation

        parcellation(made)  # reads the voxels while they are there; kept for the process
    return made


def stat_map() -> Volume:
    """A smooth map of z values at 3 mm, as large as the sample of nilearn."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(1).normal(size=(53, 63, 46))
    smooth = gaussian_filter(noise, 3)
    affine = np.diag([-3.0, 3, 3, 1])
    affine[:3, 3] = (78, -112, -60)  # the field of view holds every cell
    return Volume((smooth / smooth.std() * 2).astype(np.float32), affine)
