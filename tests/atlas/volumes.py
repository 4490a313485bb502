"""Small atlases of voxels that the tests build themselves, as if they came from the store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atlas.label_volume import LabelVolume
from atlas.model import Atlas, Region, Source
from atlas.volume_store import VolumeStore


def labelled(
    home: Path,
    id: str,
    labels: np.ndarray,
    step: Sequence[float] = (2, 2, 2),
    origin: Sequence[float] = (0, 0, 0),
    space: str = "MNI152",
) -> Atlas:
    affine = np.diag([*step, 1.0]).astype(float)
    affine[:3, 3] = origin
    return of_volume(home, id, LabelVolume(np.asarray(labels, dtype=np.int32), affine), space)


def of_volume(home: Path, id: str, volume: LabelVolume, space: str = "MNI152") -> Atlas:
    regions = []
    for label in volume.counts:
        at = np.argwhere(volume.labels == label).mean(axis=0)
        x, y, z = (volume.affine[:3, :3] @ at + volume.affine[:3, 3]).tolist()
        side = "left" if x < 0 else "right"
        regions.append(Region(f"{id}:{label}", str(label), f"{id} {label}", side, x, y, z))  # type: ignore[arg-type]
    stored = VolumeStore.at(home).save(volume)
    source = Source(id, id, licence="CC0", citation="Nobody 2026")
    return Atlas(id, id, space, source, kind="labels", regions=tuple(regions), volume=stored)
