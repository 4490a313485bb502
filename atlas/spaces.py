"""Named coordinate spaces and the transforms that are known between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput

MNI_TEMPLATES = ("MNI152NLin6Asym", "MNI152NLin2009cAsym", "MNI152NLin6Sym", "MNI152NLin2009cSym")
"""Generations of the MNI152 template; they differ by at most a few millimetres."""

MNI = "MNI152"
"""An MNI152 template whose generation the source does not name (most published peak tables)."""

TALAIRACH = "Talairach"

SPACES = (MNI, *MNI_TEMPLATES, TALAIRACH)

# Lancaster et al. 2007, Human Brain Mapping 28:1194, table 2, icbm_other: MNI (averaged over
# packages) to Talairach, homogeneous coordinates in mm.
_MNI_TO_TALAIRACH = np.array(
    [
        [0.9357, 0.0029, -0.0072, -1.0423],
        [-0.0065, 0.9396, -0.0726, -1.3940],
        [0.0103, 0.0752, 0.8967, 3.6475],
        [0.0, 0.0, 0.0, 1.0],
    ]
)


def require_space(name: str, field: str = "space") -> str:
    """Return the canonical spelling of a space name.

    Raises:
        InvalidInput: the name is not one of :data:`SPACES` (case is ignored; ``MNI`` is short
            for ``MNI152``).

    >>> require_space("talairach"), require_space("MNI")
    ('Talairach', 'MNI152')
    """
    known = {space.lower(): space for space in SPACES} | {"mni": MNI, "tal": TALAIRACH}
    found = known.get(str(name).strip().lower())
    if found is None:
        raise InvalidInput(field, found=repr(name), expected="one of " + ", ".join(SPACES))
    return found


def transform(
    xyz: NDArray[np.float64], source: str, target: str, field: str = "space"
) -> NDArray[np.float64]:
    """Carry coordinates from one named space to another.

    Args:
        xyz: (n, 3) millimetres in ``source``.
        source: named space of the coordinates.
        target: named space they are wanted in.
        field: how a message names the place of the space.

    Returns:
        (n, 3) millimetres in ``target``. Between generations of MNI152 the coordinates are kept:
        no affine maps one on the other, and published tables rarely say which one they mean.

    Source: Lancaster et al. 2007 for Talairach.

    >>> transform(np.array([[0.0, 0.0, 0.0]]), "MNI152", "Talairach").round(2).tolist()
    [[-1.04, -1.39, 3.65]]
    """
    matrix = affine_between(source, target, field)
    xyz = np.asarray(xyz, dtype=np.float64)
    return xyz @ matrix[:3, :3].T + matrix[:3, 3]


def affine_between(source: str, target: str, field: str = "space") -> NDArray[np.float64]:
    """The (4, 4) matrix that carries millimetres of one named space to another.

    >>> affine_between("MNI", "MNI152NLin6Asym").tolist() == np.eye(4).tolist()
    True
    """
    source, target = require_space(source, field), require_space(target, field)
    if (source == TALAIRACH) == (target == TALAIRACH):
        return np.eye(4)
    return _MNI_TO_TALAIRACH if target == TALAIRACH else np.linalg.inv(_MNI_TO_TALAIRACH)
