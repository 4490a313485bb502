"""The three measures: agreement with a table, correlation with a published z, decoding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def auc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve (Mann-Whitney; equal scores count half), nan without both kinds.

    >>> auc(np.array([1.0, 2.0, 3.0, 3.0]), np.array([False, False, True, False]))
    0.8333333333333334
    """
    n, rest = int(positive.sum()), int((~positive).sum())
    if not n or not rest:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * rest))


def correlation(one: Floats, other: Floats) -> float:
    """Pearson's correlation of two vectors."""
    return float(np.corrcoef(one, other)[0, 1])


def decoding_auc(regions: csr_array, functions: csr_array, folds: NDArray[np.intp]) -> Floats:
    """How well the regions of a study that was held out tell which functions it is about.

    Each fold is scored by naive Bayes on the studies of the others: the sum over regions of the
    log ratio of their rates (Laplace: counts + 1 of n + 2) in studies with and without a function.
    The AUC of a function is the mean over the folds in which it occurs.

    Args:
        regions: (n_studies, n_regions) binary.
        functions: (n_studies, n_functions) binary.
        folds: (n_studies,) fold of each study.

    Returns:
        (n_functions,) AUC.
    """
    found = []
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        scores = _bayes(regions[train], functions[train], regions[test])
        about = functions[test].toarray().astype(bool)
        found.append([auc(scores[:, j], about[:, j]) for j in range(about.shape[1])])
    return np.asarray(np.nanmean(np.array(found), axis=0))


def _bayes(regions: csr_array, functions: csr_array, unseen: csr_array) -> Floats:
    both = np.asarray((regions.T @ functions).toarray(), dtype=np.float64)
    r = np.asarray(regions.sum(axis=0), dtype=np.float64).reshape(-1, 1)
    f = np.asarray(functions.sum(axis=0), dtype=np.float64).reshape(1, -1)
    inside = (both + 1) / (f + 2)
    outside = (r - both + 1) / (regions.shape[0] - f + 2)
    present = np.log(inside) - np.log(outside)
    absent = np.log1p(-inside) - np.log1p(-outside)
    return np.asarray(unseen @ (present - absent) + absent.sum(axis=0))


def random_folds(n: int, k: int = 5, seed: int = 0) -> NDArray[np.intp]:
    """(n,) fold of each study, of equal sizes, in a random order."""
    return np.random.default_rng(seed).permutation(np.arange(n) % k)


def extremes(
    names: Sequence[str], values: Floats, n: int = 10
) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """The n best and the n worst names with their values."""
    order = np.argsort(-values, kind="stable")
    ranked = [(names[i], round(float(values[i]), 4)) for i in order]
    return ranked[:n], ranked[::-1][:n]
