"""Non-dominated sorting and crowding distance, more is better in every objective.

Source: Deb, Pratap, Agarwal and Meyarivan, "A fast and elitist multiobjective genetic algorithm:
NSGA-II", IEEE Transactions on Evolutionary Computation 6(2), 2002.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def order(scores: Sequence[Sequence[float]]) -> list[int]:
    """Indices from best to worst: by front, and within a front the lonelier first.

    >>> order([(0, 0), (1, 3), (3, 1), (2, 2)])
    [1, 2, 3, 0]
    """
    points = np.asarray(scores, dtype=np.float64)
    ranked: list[int] = []
    for front in fronts(points):
        lonely = crowding(points[front])
        ranked.extend(int(front[i]) for i in np.argsort(-lonely, kind="stable"))
    return ranked


def fronts(points: Scores) -> list[NDArray[np.intp]]:
    """Indices of the undominated points (n, objectives), of those undominated without them, ..."""
    no_worse: NDArray[np.bool_] = np.all(points[:, None] >= points[None], axis=2)
    dominates: NDArray[np.bool_] = np.logical_and(no_worse, ~no_worse.T)
    above = dominates.sum(axis=0)
    found = []
    left = np.ones(len(points), dtype=bool)
    while left.any():
        front = np.flatnonzero(left & (above == 0))
        found.append(front)
        left[front] = False
        above = above - dominates[front].sum(axis=0)
    return found


def crowding(front: Scores) -> NDArray[np.float64]:
    """Size of the box between each point's neighbours (n, objectives) to (n,); infinite at ends."""
    distance = np.zeros(len(front))
    for values in front.T:
        places = np.argsort(values, kind="stable")
        ranked = values[places]
        distance[places[[0, -1]]] = np.inf
        reach = ranked[-1] - ranked[0]
        if np.isfinite(reach) and reach > 0:
            distance[places[1:-1]] += (ranked[2:] - ranked[:-2]) / reach
    return distance
