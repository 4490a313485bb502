"""Files that nilearn carries in its wheel, read without importing nilearn.

``import nilearn.datasets`` takes seconds (it brings scikit-learn); the tables are small text
files beside it, so they are opened directly.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from atlas.errors import Unavailable


def packaged(name: str) -> Path:
    """Path of a data file of the installed nilearn.

    Raises:
        Unavailable: nilearn is not installed, or this version does not carry the file.
    """
    spec = find_spec("nilearn")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "datasets" / "data" / name
        if path.is_file():
            return path
    raise Unavailable(
        "nilearn",
        found=f"no data file {name!r} in nilearn {nilearn_version()}",
        expected="nilearn 0.14 or a version that carries it",
    )


def nilearn_version() -> str:
    """Version of the installed nilearn, or ``not installed``."""
    try:
        return version("nilearn")
    except PackageNotFoundError:
        return "not installed"


def sample_motor_map() -> Path:
    """Path of nilearn's sample map: left against right button press, z values.

    NeuroVault image 10426, CC0; the same file that
    ``nilearn.datasets.load_sample_motor_activation_image`` returns.
    """
    return packaged("image_10426.nii.gz")
