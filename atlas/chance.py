"""How far the evidence for a function lies above what random regions would give.

A function that half of the atlas has leads many patterns by chance, and one that two regions have
can only lead a few. So each score is compared with the same strengths dealt to regions drawn at
random from the atlas. Mean and variance over all such deals are known exactly (Hoeffding 1951,
Ann Math Stat 22:558, the linear permutation statistic), so nothing has to be drawn::

    z_f = (sum_r a_r w_rf - A mean_f) / sqrt(var_f (N sum_r a_r^2 - A^2) / (N - 1))    A = sum_r a_r

Real activity is spatially smooth and random sets are not: read z as a measure of strength that is
comparable between functions, patterns and atlases, not as an exact test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from atlas.scoring import Link


@dataclass(frozen=True, slots=True)
class Moments:
    """One function over all regions of an atlas: how many have it, sum and sum of squares of w."""

    n: int
    total: float
    squares: float


def z_scores(
    strengths: Mapping[str, float],
    links: Iterable[Link],
    moments: Mapping[str, Moments],
    n_regions: int,
) -> dict[str, float]:
    """z_f of every function in ``moments``.

    Args:
        strengths: ``{region: a_r}``.
        links: rows of evidence; those of regions that are not active are passed over.
        moments: of every function over all the atlas' regions, active or not.
        n_regions: number of the atlas' regions.

    Returns:
        0 where nothing could differ: all regions equally active, or equally linked.

    >>> spread = {"see": Moments(n=10, total=10.0, squares=10.0)}
    >>> z_scores({"r": 1.0, "q": 1.0}, [("r", "see", 1.0), ("q", "see", 1.0)], spread, 100)
    {'see': 4.264...}
    """
    total = sum(strengths.values())
    spread = n_regions * sum(a * a for a in strengths.values()) - total * total
    sums: dict[str, float] = {}
    for region, function, weight in links:
        if region in strengths:
            sums[function] = sums.get(function, 0.0) + strengths[region] * weight
    return {
        function: _z(sums.get(function, 0.0), total, spread, known, n_regions)
        for function, known in moments.items()
    }


def _z(found: float, total: float, spread: float, known: Moments, n_regions: int) -> float:
    mean = known.total / n_regions
    variance = known.squares / n_regions - mean * mean
    deviation = variance * spread / (n_regions - 1) if n_regions > 1 else 0.0
    # Rounding leaves specks where the exact value is zero.
    return (found - total * mean) / math.sqrt(deviation) if deviation > 1e-12 else 0.0
