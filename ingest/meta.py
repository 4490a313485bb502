"""Coordinate meta-analysis: association of regions and functions over studies.

Everything is counted in studies. ``regions`` and ``functions`` are binary sparse matrices with
one row per study. One sparse product gives the 2 x 2 tables of all pairs at once.

Sources: Yarkoni et al. 2011 (Nat Methods 8:665) for the chi-squared on such tables; Mantel and
Haenszel 1959 (JNCI 22:719) for the stratified form; Benjamini and Hochberg 1995 (JRSS B 57:289).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csc_array, csr_array
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Statistic = Literal["cmh", "chi2"]
STATISTICS: dict[Statistic, str] = {
    "cmh": "Cochran-Mantel-Haenszel z",
    "chi2": "signed root of chi-squared",
}

MAX_BITS = 3.0
"""An odds ratio of 2 to this power or more has weight 1, as for published likelihood ratios."""

_Z95 = float(-ndtri(0.025))
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Tables:
    """The 2 x 2 tables of all pairs, in studies.

    ``both`` is (n_regions, n_functions), the margins ``with_region`` (n_regions,) and
    ``with_function`` (n_functions,); the other three counts follow and have the shape of ``both``.
    """

    both: Ints
    with_region: Ints
    with_function: Ints
    n_studies: int

    @property
    def region_only(self) -> Ints:
        """Studies that report the region and not the function."""
        return np.asarray(self.with_region[:, None] - self.both)

    @property
    def function_only(self) -> Ints:
        """Studies of the function that do not report the region."""
        return np.asarray(self.with_function[None, :] - self.both)

    @property
    def neither(self) -> Ints:
        """Studies that report none of the two."""
        rest = np.int32(self.n_studies) - self.with_region[:, None] - self.with_function[None, :]
        return np.asarray(rest + self.both)

    def of_functions(self, part: slice) -> Tables:
        """The tables of some of the functions."""
        columns = self.both[:, part]
        return Tables(columns, self.with_region, self.with_function[part], self.n_studies)


def tables(regions: csr_array, functions: csr_array) -> Tables:
    """Count studies.

    Args:
        regions: (n_studies, n_regions) binary, a study has a peak in a region.
        functions: (n_studies, n_functions) binary, a study is about a function.
    """
    transposed = csr_array(regions.T).astype(np.int32)
    columns = csc_array(functions).astype(np.int32)
    both = np.empty((regions.shape[1], functions.shape[1]), dtype=np.int32)
    for part in chunks(functions.shape[1]):
        both[:, part] = (transposed @ columns[:, part]).toarray()
    with_region, with_function = (
        np.asarray(m.sum(axis=0), dtype=np.int32).ravel() for m in (regions, functions)
    )
    return Tables(both, with_region, with_function, regions.shape[0])


def chunks(n: int) -> Iterator[slice]:
    """Pieces of ``n`` columns whose temporary arrays stay small."""
    return (slice(start, min(start + _CHUNK, n)) for start in range(0, n, _CHUNK))


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
    regions: csr_array, functions: csr_array, strata: NDArray[np.intp], both: Ints | None = None
) -> Floats:
    """Signed root of the Cochran-Mantel-Haenszel statistic of every pair, a standard normal z.

    Studies with many peaks hit many regions and report on many functions; comparing within
    strata of equal size keeps that from looking like association. Without continuity correction.
    Pairs without variance get 0.

    Both the expected count and the variance are sums over strata of a number of the region times
    a number of the function, hence one small matrix product each.

    Args:
        regions: (n_studies, n_regions) binary.
        functions: (n_studies, n_functions) binary.
        strata: (n_studies,) stratum of each study; all equal gives the plain signed chi-squared
            with the variance of the hypergeometric distribution.
        both: (n_regions, n_functions) studies with both, if counted already.

    Strata of one study tell nothing and are left out of both terms.
    """
    _, stratum, size = np.unique(strata, return_inverse=True, return_counts=True)
    telling = size > 1
    kept = telling[stratum]
    if both is None or not kept.all():
        both = tables(regions[kept], functions[kept]).both
    n = size[telling].astype(np.float64)[:, None]
    r, f = (_per_stratum(m, stratum, len(size))[telling] for m in (regions, functions))
    spread_r, spread_f = r * (n - r) / (n * n * (n - 1)), f * (n - f)
    z: Floats = np.zeros(both.shape)
    for part in chunks(both.shape[1]):
        excess = both[:, part] - (r / n).T @ f[:, part]
        variance = spread_r.T @ spread_f[:, part]
        # Zero variance comes out of the sum as exactly zero: every term is.
        np.divide(excess, np.sqrt(variance), out=z[:, part], where=variance > 0)
    return z


def _per_stratum(matrix: csr_array, stratum: NDArray[np.intp], n: int) -> Floats:
    """(n strata, columns) how many studies of each stratum."""
    rows = np.arange(len(stratum))
    member = csr_array((np.ones(len(rows)), (stratum, rows)), shape=(n, len(rows)))
    return np.asarray((member @ matrix).toarray(), dtype=np.float64)


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
    return np.asarray(2.0 * ndtr(-np.abs(z)), dtype=np.float64)


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
    return np.asarray(log_odds - _Z95 * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d))


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
    statistic: Statistic = "cmh"

    @property
    def weight(self) -> Floats:
        """Weights in [0, 1]; see :func:`weight`."""
        return weight(self.lower)

    def significant(
        self, q: float = 0.05, min_studies: int = 5, min_function_studies: int = 0
    ) -> NDArray[np.intp]:
        """(n, 2) positions of region and function of the pairs that are kept.

        Kept are pairs with q under the limit, z > 0, at least ``min_studies`` studies that
        report both, a lower bound above zero (otherwise there is no weight to give), and a
        function in at least ``min_function_studies`` studies.
        """
        keep = (self.q < q) & (self.z > 0) & (self.counts.both >= min_studies) & (self.lower > 0)
        keep &= self.counts.with_function >= min_function_studies
        return np.argwhere(keep)


def associate(
    regions: csr_array,
    functions: csr_array,
    peaks_per_study: ArrayLike,
    statistic: Statistic = "cmh",
) -> Association:
    """Run the whole analysis on two binary matrices with one row per study.

    ``cmh`` stratifies by deciles of peaks per study; ``chi2`` is the plain signed chi-squared
    (its N - 1 form: Campbell 2007, Stat Med 26:3661). Beyond the answer (28 bytes per pair) it
    needs the memory of a few hundred functions at a time and the sort of all p-values.
    """
    counts = tables(regions, functions)
    strata = deciles(peaks_per_study)
    strata = strata if statistic == "cmh" else np.zeros_like(strata)
    z = cochran_mantel_haenszel(regions, functions, strata, counts.both)
    lower = np.empty_like(z)
    for part in chunks(z.shape[1]):
        some = counts.of_functions(part)
        lower[:, part] = lower_log_odds(
            some.both, some.region_only, some.function_only, some.neither
        )
    return Association(counts, z, benjamini_hochberg(two_sided_p(z)), lower, statistic)
