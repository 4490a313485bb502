"""The geometry of an atlas, by the kind of regions it has."""

from __future__ import annotations

from functools import lru_cache

from atlas.errors import InvalidInput
from atlas.model import Atlas
from atlas.parcellation import Parcellation
from atlas.spheres import SphereParcellation


@lru_cache(maxsize=16)
def parcellation(atlas: Atlas) -> Parcellation:
    """The geometry of an atlas, built once per atlas and process.

    Raises:
        InvalidInput: the atlas is of a kind whose geometry is not known.
    """
    if atlas.kind != "spheres":
        raise InvalidInput("atlas.kind", found=repr(atlas.kind), expected="'spheres'")
    return SphereParcellation(atlas)
