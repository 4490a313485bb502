"""Coordinate meta-analysis: association of regions and functions over studies.

Everything is counted in studies. ``regions`` and ``functions`` are binary sparse matrices with
one row per study. One sparse product gives the 2 x 2 tables of all pairs at once.

Sources: Yarkoni et al. 2011 (Nat Methods 8:665) for the chi-squared on such tables; Mantel and
Haenszel 1959 (JNCI 22:719) for the stratified form; Benjamini and Hochberg 1995 (JRSS B 57:289).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.stats import norm

Floats = NDArray[np.float64]

MAX_BITS = 3.0
"""An odds ratio of 2 to this power or more has weight 1, as for published likelihood ratios."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The 2 x 2 tables of all pairs, in studies; each field is (n_regions, n_functions)."""

    both: NDArray[np.int64]
    region_only: NDArray[np.int64]
    function_only: NDArray[np.int64]
    neither: NDArray[np.int64]


def tables(regions: csr_array, functions: csr_array) -> Tables:
    """Count studies.

    Args:
        regions: (n_studies, n_regions) binary, a study has a peak in a region.
        functions: (n_studies, n_functions) binary, a study is about a function.
    """
    both = np.asarray((regions.T @ functions).todense(), dtype=np.int64)
    with_region = np.asarray(regions.sum(axis=0), dtype=np.int64).reshape(-1, 1)
    with_function = np.asarray(functions.sum(axis=0), dtype=np.int64).reshape(1, -1)
    total = regions.shape[0]
    return Tables(
        both,
        with_region - both,
        with_function - both,
        total - with_region - with_function + both,
    )


def deciles(peaks_per_study: ArrayLike) -> NDArray[np.intp]:
    """Stratum of each study by its number of peaks: 0 for the lowest tenth.

    Equal numbers share a stratum, so there may be fewer than ten.

    >>> deciles([1, 1, 5, 9]).tolist()
    [0, 0, 1, 2]
    """
    counts = np.asarray(peaks_per_study)
    edges = np.unique(np.quantile(counts, np.arange(1, 10) / 10, method="inverted_cdf"))
    return np.unique(np.searchsorted(edges, counts, side="left"), return_inverse=True)[1]


def cochran_mantel_haenszel(
    regions: csr_array, functions: csr_array, strata: NDArray[np.intp]
) -> Floats:
    """Signed root of the Cochran-Mantel-Haenszel statistic of every pair, a standard normal z.

    Studies with many peaks hit many regions and report on many functions; comparing within
    strata of equal size keeps that from looking like association. Without continuity correction.
    Pairs without variance get 0.

    Args:
        regions: (n_studies, n_regions) binary.
        functions: (n_studies, n_functions) binary.
        strata: (n_studies,) stratum of each study; all equal gives the plain signed chi-squared
            with the variance of the hypergeometric distribution.
    """
    excess = np.zeros((regions.shape[1], functions.shape[1]))
    variance = np.zeros_like(excess)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        if len(rows) < 2:
            continue
        t = tables(regions[rows], functions[rows])
        n = float(len(rows))
        r = (t.both + t.region_only).astype(np.float64)
        f = (t.both + t.function_only).astype(np.float64)
        excess += t.both - r * f / n
        variance += r * (n - r) * f * (n - f) / (n * n * (n - 1))
    z: Floats = np.zeros_like(excess)
    np.divide(excess, np.sqrt(variance), out=z, where=variance > 0)
    return z


def benjamini_hochberg(p: Floats) -> Floats:
    """Adjusted p-values (q) over all entries of an array of any shape.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.5])).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    flat = p.ravel()
    order = np.argsort(flat, kind="stable")
    scaled = flat[order] * len(flat) / np.arange(1, len(flat) + 1)
    adjusted = np.minimum.accumulate(scaled[::-1])[::-1]
    q = np.empty_like(flat)
    q[order] = np.minimum(adjusted, 1.0)
    return q.reshape(p.shape)


def two_sided_p(z: Floats) -> Floats:
    """Two-sided p-values of standard normal z."""
    return np.asarray(2.0 * norm.sf(np.abs(z)), dtype=np.float64)


def lower_log_odds(
    both: ArrayLike, region_only: ArrayLike, function_only: ArrayLike, neither: ArrayLike
) -> Floats:
    """Lower 95 % bound of the log odds ratio (natural logarithm) from the four counts.

    Wald interval after adding one half to each count (Haldane 1956, Anscombe 1956).

    >>> float(lower_log_odds(40, 60, 60, 840).round(3))
    1.754
    """
    a, b, c, d = (
        np.asarray(n, dtype=np.float64) + 0.5 for n in (both, region_only, function_only, neither)
    )
    log_odds = np.log(a * d) - np.log(b * c)
    return np.asarray(log_odds - norm.isf(0.025) * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d))


def weight(lower: ArrayLike) -> Floats:
    """Weight of a claim in [0, 1] from the lower bound: its bits, three of them make 1.

    >>> weight([-1.0, np.log(2), np.log(64)]).round(3).tolist()
    [0.0, 0.333, 1.0]
    """
    bits: Floats = np.asarray(lower, dtype=np.float64) / np.log(2)
    return np.clip(bits / MAX_BITS, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Association:
    """All statistics of all pairs; each array is (n_regions, n_functions)."""

    counts: Tables
    z: Floats
    q: Floats
    lower: Floats
    weight: Floats

    def significant(self, q: float = 0.05, min_studies: int = 5) -> NDArray[np.intp]:
        """(n, 2) positions of region and function of the pairs that are kept.

        Kept are pairs with q under the limit, z > 0, at least ``min_studies`` studies that
        report both, and a lower bound above zero (otherwise there is no weight to give).
        """
        keep = (self.q < q) & (self.z > 0) & (self.counts.both >= min_studies) & (self.lower > 0)
        return np.argwhere(keep)


def associate(regions: csr_array, functions: csr_array, peaks_per_study: ArrayLike) -> Association:
    """Run the whole analysis on two binary matrices with one row per study."""
    counts = tables(regions, functions)
    z = cochran_mantel_haenszel(regions, functions, deciles(peaks_per_study))
    lower = lower_log_odds(counts.both, counts.region_only, counts.function_only, counts.neither)
    return Association(counts, z, benjamini_hochberg(two_sided_p(z)), lower, weight(lower))
