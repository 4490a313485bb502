"""Which entries of a connectivity matrix become connections.

A connectivity matrix is nearly always complete or nearly so, and only its strongest entries are
worth a relationship. Which rule chose them is a fact about the result, so every rule has a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput

Kind = Literal["functional", "structural"]
Values = Literal["correlation", "fisher-z", "as-is"]

SYMMETRIC = 1e-6
"""Largest difference between the two halves, relative to the largest entry, that is rounding."""


@dataclass(frozen=True, slots=True)
class EdgeThreshold:
    """Keep the strongest ``density`` of all pairs, or the strongest ``top`` of every region.

    With ``top`` a pair stays if either of its regions keeps it. Without both, all that is present.

    Raises:
        InvalidInput: both, or one out of range.

    >>> EdgeThreshold(top=20).name, EdgeThreshold(density=0.1).name, EdgeThreshold().name
    ('top 20 per region', 'density 0.1', 'all present')
    """

    density: float | None = None
    top: int | None = None

    def __post_init__(self) -> None:
        if self.density is not None and self.top is not None:
            raise InvalidInput("threshold", found="density and top", expected="one of them")
        if self.density is not None and not 0 < self.density <= 1:
            raise InvalidInput("density", found=self.density, expected="a share in (0, 1]")
        if self.top is not None and self.top < 1:
            raise InvalidInput("top", found=self.top, expected="1 or more")

    @property
    def name(self) -> str:
        """The rule in words."""
        if self.density is not None:
            return f"density {self.density:g}"
        return "all present" if self.top is None else f"top {self.top} per region"

    @property
    def code(self) -> str:
        """The rule as part of an id."""
        if self.density is not None:
            return f"density{self.density:g}"
        return "all" if self.top is None else f"top{self.top}"


def check_matrix(matrix: NDArray[np.float64], field: str = "matrix") -> NDArray[np.float64]:
    """The matrix, symmetric to the last bit, with a zero diagonal.

    Raises:
        InvalidInput: not square, not finite, or the two halves differ.
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        shape = " x ".join(map(str, matrix.shape))
        raise InvalidInput(field, found=shape, expected="as many rows as columns")
    bad = np.argwhere(~np.isfinite(matrix))
    if len(bad):
        row, column = bad[0] + 1
        found = f"{len(bad)} entries that are no numbers (first: row {row}, column {column})"
        raise InvalidInput(field, found=found, expected="finite numbers")
    off = matrix.astype(np.float64, copy=True)
    np.fill_diagonal(off, 0.0)
    apart = np.abs(off - off.T)
    if apart.max() > SYMMETRIC * max(1.0, float(np.abs(off).max())):
        row, column = np.unravel_index(int(apart.argmax()), apart.shape)
        a, b = off[row, column], off[column, row]
        raise InvalidInput(
            field,
            found=f"{a:g} in row {row + 1}, column {column + 1} and {b:g} the other way",
            expected="a symmetric matrix",
            hint="directed connectivity is not stored",
        )
    upper = np.triu(off, 1)
    symmetric: NDArray[np.float64] = upper + upper.T
    return symmetric


def to_weights(matrix: NDArray[np.float64], kind: Kind, values: Values) -> NDArray[np.float64]:
    """Bring values into the range that :mod:`atlas.coupling` reads.

    Functional weights are correlations in [-1, 1]: Fisher z is turned back by ``tanh``. Structural
    values keep their unit; 0 is an absent connection. As a negative one is the logarithm of a
    number under 1, a weak connection that is there, it counts as the smallest positive value.

    Raises:
        InvalidInput: correlations beyond 1, Fisher z of structural values, or structural values of
            which none is positive.

    >>> to_weights(np.array([[0.0, 1.0], [1.0, 0.0]]), "functional", "fisher-z").round(3).tolist()
    [[0.0, 0.762], [0.762, 0.0]]
    """
    if kind == "functional":
        if values == "fisher-z":
            return np.tanh(matrix)
        if float(np.abs(matrix).max()) > 1:
            raise InvalidInput(
                "matrix",
                found=f"a functional value of {np.abs(matrix).max():g}",
                expected="correlations in [-1, 1]",
                hint="say fisher-z if the values are Fisher-transformed",
            )
        return matrix
    if values == "fisher-z":
        raise InvalidInput("values", found="fisher-z", expected="as-is for structural values")
    positive = matrix[matrix > 0]
    if not len(positive):
        raise InvalidInput("matrix", found="no positive value", expected="connection strengths")
    return np.where(matrix < 0, positive.min(), matrix)


def strongest(
    matrix: NDArray[np.float64], threshold: EdgeThreshold
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns (row < column) of the present pairs that a threshold keeps.

    Strength is the absolute value; of equal ones the earlier pair is stronger.
    """
    rows, columns = np.nonzero(np.triu(matrix, 1))
    strength = np.abs(matrix[rows, columns])
    order = np.lexsort((columns, rows, -strength))
    if threshold.density is not None:
        n = len(matrix)
        kept = np.sort(order[: round(threshold.density * n * (n - 1) / 2)])
        return rows[kept], columns[kept]
    if threshold.top is not None:
        left = np.full(len(matrix), threshold.top)
        keep = np.zeros(len(rows), dtype=bool)
        for pair in order:
            i, j = rows[pair], columns[pair]
            keep[pair] = left[i] > 0 or left[j] > 0
            left[i] -= 1
            left[j] -= 1
        return rows[keep], columns[keep]
    return rows, columns
