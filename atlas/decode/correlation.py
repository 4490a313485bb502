"""How like the evidence for each function a whole, unthresholded map is.

The score of a function is Pearson's correlation, over the regions of an atlas, between the map's
mean in each region and the function's z in the evidence matrix (Yarkoni et al. 2011, Nature
Methods 8:665; Rubin et al. 2017, PLoS Comput Biol 13:e1005649, which correlates voxels).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from atlas.errors import InvalidInput
from atlas.matrix import EvidenceMatrix

MIN_REGIONS = 10
"""Fewer regions than this carry no correlation worth the name."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """One function's score: r over ``n`` regions, Fisher's z of it and its two-sided p.

    Neighbouring regions are alike, so ``n`` overstates how much is independent: p orders, it
    does not prove.
    """

    function: str
    r: float
    z: float
    p: float
    n: int


def correlate(means: Mapping[str, float], matrix: EvidenceMatrix) -> list[Correlation]:
    """Correlate a map with every function of a matrix.

    Args:
        means: mean of the map in each region, by region id; regions without one are left out.
        matrix: evidence about the same atlas.

    Returns:
        Highest r first. ``z`` is atanh(r) * sqrt(n - 3), standard normal without a relation
        (Fisher 1921). Functions whose z is the same in all these regions are left out.

    Raises:
        InvalidInput: fewer than :data:`MIN_REGIONS` regions in common, or equal means.
    """
    from scipy.stats import norm

    rows = [i for i, region in enumerate(matrix.regions) if region in means]
    n = len(rows)
    if n < MIN_REGIONS:
        raise InvalidInput(
            "map",
            found=f"{n} regions that the evidence of {matrix.source} knows",
            expected=f"at least {MIN_REGIONS} for a correlation",
        )
    values = np.array([means[matrix.regions[i]] for i in rows])
    table = matrix.z[rows].astype(np.float64)
    values, table = values - values.mean(), table - table.mean(axis=0)
    length, lengths = np.linalg.norm(values), np.linalg.norm(table, axis=0)
    if length < 1e-12 * max(1.0, np.abs(values).max()):
        raise InvalidInput("map", found="the same mean in every region", expected="a difference")
    kept = np.flatnonzero(lengths > 0)
    r = np.clip(values @ table[:, kept] / (length * lengths[kept]), -1, 1)
    z = np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15)) * np.sqrt(n - 3)
    p = 2 * norm.sf(np.abs(z))
    found = [
        Correlation(matrix.functions[f], float(r[i]), float(z[i]), float(p[i]), n)
        for i, f in enumerate(kept.tolist())
    ]
    return sorted(found, key=lambda item: (-item.r, item.function))
