"""The general linear model of courses: which of them follow a regressor of interest, and how well?

A regressor of interest, regressors of no interest, slow drifts as cosines (Friston et al. 1995;
high-pass at 128 s), a constant. The noise of fMRI is correlated in time, which ordinary least
squares does not model: its t is too large. As default each course's noise is taken as
autoregressive of order one, estimated from the residuals of ordinary least squares, and both course
and design are whitened by it (Woolrich et al. 2001, NeuroImage 14:1370; as nilearn's ``run_glm``).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput

HIGH_PASS_S = 128.0
Noise = Literal["ar1", "ols"]
NOISES: tuple[Noise, ...] = get_args(Noise)

_STEPS = 100
_FLAT = 1e-12


def require_noise(noise: str) -> Noise:
    """Tell that this is a model of noise.

    Raises:
        InvalidInput: it is not.
    """
    for known in NOISES:
        if known == noise:
            return known
    raise InvalidInput("noise", found=repr(noise), expected="one of " + ", ".join(NOISES))


def fit(
    courses: NDArray[np.float64],
    regressors: NDArray[np.float64],
    tr: float,
    noise: Noise = "ar1",
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Beta and t of the first regressor for each course.

    Args:
        courses: (n_volumes, n_regions).
        regressors: (n_volumes, k); drifts and a constant are added.
        tr: seconds between volumes.
        noise: ``ar1`` (whitened) or ``ols`` (ordinary least squares).

    Returns:
        (n_regions,) betas and t; t is NaN where the course is constant.

    Raises:
        InvalidInput: the first regressor is a combination of the others, or too few volumes.
    """
    n = len(courses)
    design = np.column_stack([regressors, _drifts(n, tr), np.ones(n)])
    freedom = _freedom(design)
    betas, t, residuals = _least_squares(courses, design, freedom)
    if noise == "ar1":
        rho = autocorrelation(residuals)
        for value in np.unique(rho[rho != 0]):
            own = rho == value
            betas[own], t[own], _ = _least_squares(
                whitened(courses[:, own], value), whitened(design, value), freedom
            )
    scale = (courses - courses.mean(axis=0)).std(axis=0)
    flat = scale <= _FLAT * np.maximum(np.abs(courses).max(axis=0), 1)
    return betas, np.where(flat, np.nan, t)


def autocorrelation(residuals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of successive residuals (Yule-Walker), cut to hundredths towards 0.

    Cutting makes courses share their whitened design.

    >>> autocorrelation(np.array([[1.0], [-1.0], [1.0], [-1.0]]))
    array([-0.99])
    """
    n = len(residuals)
    power = (residuals**2).sum(axis=0) / n
    lagged = (residuals[1:] * residuals[:-1]).sum(axis=0) / (n - 1)
    rho = np.divide(lagged, power, out=np.zeros_like(power), where=power > 0)
    return np.asarray(np.trunc(np.clip(rho, -0.99, 0.99) * _STEPS) / _STEPS)


def whitened(values: NDArray[np.float64], rho: float) -> NDArray[np.float64]:
    """Each row less what the one before it predicts; the first stays."""
    found = values.copy()
    found[1:] -= rho * values[:-1]
    return found


def _least_squares(
    courses: NDArray[np.float64], design: NDArray[np.float64], freedom: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Beta and t of the first column, and all residuals."""
    inverse = np.linalg.pinv(design)
    betas = inverse @ courses
    residuals = courses - design @ betas
    variance = (residuals**2).sum(axis=0) / freedom
    with np.errstate(invalid="ignore", divide="ignore"):
        t = betas[0] / np.sqrt(variance * (inverse[0] @ inverse[0]))
    return betas[0], t, residuals


def _freedom(design: NDArray[np.float64]) -> int:
    """Degrees of freedom that are left."""
    n = len(design)
    rank = int(np.linalg.matrix_rank(design))
    others = int(np.linalg.matrix_rank(design[:, 1:]))
    if rank == others or n - rank < 2:
        raise InvalidInput(
            "series",
            found="a condition that cannot be told from drifts, the constant or other conditions"
            if rank == others
            else f"{n} volumes for {rank} regressors",
            expected="a time of interest that comes and goes, and more volumes than regressors",
        )
    return n - rank


def _drifts(n: int, tr: float) -> NDArray[np.float64]:
    """Cosines slower than the high-pass, (n, k)."""
    order = int(np.floor(2 * n * tr / HIGH_PASS_S))
    steps = (np.arange(n) + 0.5) / n
    return np.asarray(np.cos(np.pi * steps[:, None] * np.arange(1, order + 1)))
