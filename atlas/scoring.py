"""Scores of functions and areas, and the coupling between areas, as pure functions.

With a_r the strength of region r, w_rf the weight of the evidence that links it to function f,
N the number of regions of the atlas and n_f how many of them have f::

    s_f  = sum_r a_r w_rf idf_f / sum_r a_r        idf_f = ln(N / n_f) / ln N
    s_a  = max of s_f over the functions the area realizes and all below them
    c_ab = sum a_r a_q |C_rq| / sum a_r a_q        r in regions of a, q in regions of b

A function that many regions have says little about any of them: idf counts it down, to zero where
all have it. Scores are relative to the whole pattern: they answer which part of what is active
speaks for a function.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from atlas.model import Area

Link = tuple[str, str, float]
"""One row of evidence: region id, function id, weight in (0, 1]."""


def idf(n_with: int, n_regions: int) -> float:
    """How much a function says about a region, in [0, 1].

    >>> idf(1, 100), idf(10, 100), idf(100, 100)
    (1.0, 0.5, 0.0)
    """
    if n_regions < 2 or n_with < 1:
        return 0.0
    return max(0.0, math.log(n_regions / n_with) / math.log(n_regions))


def function_scores(
    strengths: Mapping[str, float],
    links: Iterable[Link],
    counts: Mapping[str, int],
    n_regions: int,
) -> dict[str, float]:
    """s_f of every function that a link names, highest first.

    Args:
        strengths: ``{region: a_r}``.
        links: rows of evidence; those of regions that are not active are passed over.
        counts: n_f, the number of the atlas' regions that have each function.
        n_regions: N, the number of the atlas' regions.

    >>> function_scores({"r": 1.0, "q": 1.0}, [("r", "f", 0.8)], {"f": 1}, 10)
    {'f': 0.4}
    """
    total = sum(strengths.values())
    sums: dict[str, float] = {}
    for region, function, weight in links:
        if region in strengths:
            sums[function] = sums.get(function, 0.0) + strengths[region] * weight
    scores = {f: s * idf(counts.get(f, 0), n_regions) / total for f, s in sums.items()}
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def within(function: str, root: str) -> bool:
    """Whether a function is ``root`` or lies below it in the tree.

    >>> within("perception.vision.motion", "perception.vision"), within("action", "act")
    (True, False)
    """
    return function == root or function.startswith(f"{root}.")


def area_scores(scores: Mapping[str, float], areas: Sequence[Area]) -> dict[str, float]:
    """s_a of every area, highest first; of equal ones a sub-area goes before its area.

    >>> area_scores({"p.v.m": 0.4, "p.v": 0.1}, [Area("v", "V", ("p.v",)), Area("w", "W")])
    {'v': 0.4, 'w': 0.0}
    """
    found = {
        area.id: max(
            (s for f, s in scores.items() if any(within(f, root) for root in area.realizes)),
            default=0.0,
        )
        for area in areas
    }
    return dict(sorted(found.items(), key=lambda item: (-item[1], -item[0].count("."), item[0])))


def area_coupling(
    strengths: Mapping[str, float],
    regions: Mapping[str, Iterable[str]],
    order: Sequence[str],
    matrix: NDArray[np.float64],
) -> dict[tuple[str, str], float]:
    """c_ab of every pair of areas, strongest first.

    Args:
        strengths: ``{region: a_r}``.
        regions: active regions of each area: those with evidence for a function it realizes.
        order: region ids in the order of ``matrix``.
        matrix: (n, n) coupling, see :func:`atlas.coupling.coupling_matrix`.
    """
    index = {region: i for i, region in enumerate(order)}
    weights = np.zeros((len(regions), len(order)))
    for row, members in enumerate(regions.values()):
        for region in members:
            weights[row, index[region]] = strengths[region]
    totals = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        coupled = weights @ np.abs(matrix) @ weights.T / np.outer(totals, totals)
    coupled = np.nan_to_num(coupled)  # an area without active regions is coupled to nothing
    names = list(regions)
    pairs = {
        (a, b): float(coupled[i, j])
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if i < j
    }
    return dict(sorted(pairs.items(), key=lambda item: (-item[1], item[0])))
