"""The Brainnetome atlas from the shared data, for tests with known answers."""

from __future__ import annotations

import csv
import tempfile
from functools import cache
from pathlib import Path

import nibabel
import numpy as np

from atlas.label_volume import LabelVolume
from atlas.model import Atlas, Hemisphere, Region, Source
from atlas.volume_store import StoredVolume, VolumeStore
from tests.data_dir import BRAIN

FOLDER = BRAIN / "research_only" / "brainnetome246"
MOTOR_MAP = BRAIN / "patterns" / "maps" / "motor_left_vs_right.nii.gz"
_SIDES: dict[str, Hemisphere] = {"L": "left", "R": "right"}


@cache
def brainnetome_volume() -> LabelVolume:
    """The labels at 1 mm."""
    image = nibabel.load(FOLDER / "BN_Atlas_246_1mm.nii.gz")
    return LabelVolume(np.asarray(image.dataobj).astype(np.int32), image.affine)


@cache
def _stored() -> tuple[StoredVolume, tempfile.TemporaryDirectory[str]]:
    folder = tempfile.TemporaryDirectory(prefix="brainnetome-")  # lives as long as the process
    return VolumeStore.at(Path(folder.name)).save(brainnetome_volume()), folder


@cache
def brainnetome() -> Atlas:
    """246 regions with their volume, in a store of its own."""
    with (FOLDER / "brainnetome246_regions.tsv").open(encoding="utf-8") as file:
        regions = tuple(_region(row) for row in csv.DictReader(file, delimiter="\t"))
    return Atlas(
        "brainnetome246",
        "Brainnetome 246",
        "MNI152NLin6Asym",
        Source("fan2016", "Fan et al. 2016"),
        kind="labels",
        regions=regions,
        volume=_stored()[0],
    )


def _region(row: dict[str, str]) -> Region:
    return Region(
        f"brainnetome246:{row['id']}",
        row["id"],
        row["name"],
        _SIDES[row["hemisphere"]],
        float(row["px"]),
        float(row["py"]),
        float(row["pz"]),
        volume_mm3=float(row["volume_mm3"]),
    )
