"""Atlases of voxels as the yardsticks use them, read from the user's copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from atlas.errors import InvalidInput
from atlas.label_volume import LabelVolume
from atlas.model import Atlas, Region, Source
from atlas.spaces import MNI
from atlas.volume_store import VolumeStore


def read_labels(id: str, image: Path, table: Path, home: Path) -> Atlas:
    """An MNI atlas from an image of integer labels and a table with ``id`` and ``name``.

    Args:
        id: of the atlas.
        image: NIfTI file with the labels.
        table: tab-separated rows of the regions, in the order the atlas is to have.
        home: folder in which the voxels are kept.

    Raises:
        InvalidInput: a file is missing.
    """
    import nibabel
    import pandas as pd

    for path in (image, table):
        if not path.is_file():
            raise InvalidInput("data", found=f"no {path.name}", expected="that file")
    loaded = nibabel.load(image)
    labels = np.rint(np.asarray(loaded.dataobj)).astype(np.int32)  # type: ignore[attr-defined]
    volume = LabelVolume(labels, np.asarray(loaded.affine))  # type: ignore[attr-defined]
    rows = pd.read_csv(table, sep="\t")
    regions = tuple(
        Region(f"{id}:{label}", str(label), str(name), "unknown", float(x), float(y), float(z))
        for label, name, x, y, z in zip(
            *(rows[column] for column in ("id", "name", "px", "py", "pz")), strict=True
        )
    )
    stored = VolumeStore.at(home).save(volume)
    return Atlas(id, id, MNI, Source(id, id), kind="labels", regions=regions, volume=stored)
