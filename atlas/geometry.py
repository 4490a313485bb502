"""The geometry of an atlas, by the kind of regions it has."""

from __future__ import annotations

from functools import lru_cache

from atlas.errors import InvalidInput
from atlas.labels import LabelParcellation
from atlas.model import Atlas
from atlas.parcellation import Parcellation
from atlas.probabilities import ProbabilityParcellation
from atlas.spheres import SphereParcellation

KEPT = 4
"""Geometries that a process keeps: a volume of 1 mm takes up to 75 MB and 0.2 s to make again."""


@lru_cache(maxsize=KEPT)
def parcellation(atlas: Atlas) -> Parcellation:
    """The geometry of an atlas; those of the atlases used last are kept.

    Raises:
        InvalidInput: the atlas is of a kind whose geometry is not known, or lacks what it needs.
        Unavailable: its volume cannot be read.
    """
    if atlas.kind == "spheres":
        return SphereParcellation(atlas)
    if atlas.kind == "labels":
        return LabelParcellation(atlas)
    if atlas.kind == "probabilistic":
        return ProbabilityParcellation(atlas)
    raise InvalidInput(
        "atlas.kind", found=repr(atlas.kind), expected="spheres, labels or probabilistic"
    )
