"""What published detectors say about a picture: boxes of people, and how good these are.

Sources: Ge et al. 2021, YOLOX; Yu et al. 2021, PP-PicoDet; Redmon & Farhadi 2018, YOLOv3 (whose
heads Yolo-Fastest has); FastestDet (dog-qiuqiu, 2022); average precision after Everingham et al.
2010, at an overlap of one half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Decode = Callable[[Sequence[Array], int], "Boxes"]

OVERLAP, CANDIDATES, LEAST = 0.5, 1000, 0.01
"""Overlap from which two boxes are one, boxes looked at in a picture, and their least score."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """Left, top, right, bottom as shares of the picture (N, 4), and scores (N,)."""

    corners: Array
    scores: Array


def fastestdet(outputs: Sequence[Array], side: int) -> Boxes:
    """One grid: objectness, box, classes."""
    (grid,) = outputs
    maps = grid[0]
    rows, columns = np.indices(maps.shape[1:])
    centre = np.stack([np.tanh(maps[1]) + columns, np.tanh(maps[2]) + rows]) / maps.shape[1]
    return _boxes(centre, _sigmoid(maps[3:5]), maps[0] ** 0.6 * maps[5] ** 0.4)


def yolox(outputs: Sequence[Array], side: int) -> Boxes:
    """Cells of three grids one after the other: offset, logarithm of the size, scores."""
    cells = outputs[0][0].T
    grids = [(stride, side // stride) for stride in (8, 16, 32)]
    places = np.concatenate([np.indices((n, n))[::-1].reshape(2, -1) for _, n in grids], axis=1)
    strides = np.concatenate([np.full(n * n, stride) for stride, n in grids])
    centre, size = (cells[:2] + places) * strides / side, np.exp(cells[2:4]) * strides / side
    return _boxes(centre, size, cells[4] * cells[5])


def picodet(outputs: Sequence[Array], side: int) -> Boxes:
    """Probabilities of four grids, then distributions of the distances to the four edges."""
    found = []
    for stride, probabilities, bins in zip((8, 16, 32, 64), outputs[:4], outputs[4:], strict=True):
        n = -(-side // stride)
        places = np.indices((n, n))[::-1].reshape(2, -1) + 0.5
        weights = np.exp(bins.reshape(-1, 4, 8) - bins.reshape(-1, 4, 8).max(-1, keepdims=True))
        reach = (weights * np.arange(8)).sum(-1) / weights.sum(-1)
        centre = places.T * stride
        low, high = centre - reach[:, :2] * stride, centre + reach[:, 2:] * stride
        corners = np.concatenate([low, high], axis=1) / side
        found.append((corners, probabilities.reshape(n * n, -1)[:, 0]))
    return Boxes(*(np.concatenate(part).astype(np.float32) for part in zip(*found, strict=True)))


def yolo_fastest(anchors: Sequence[Sequence[tuple[int, int]]]) -> Decode:
    """Two grids with three anchors (pixels of a 320 × 320 picture) in every cell."""

    def decode(outputs: Sequence[Array], side: int) -> Boxes:
        found = []
        for grid, three in zip(outputs, anchors, strict=True):
            n = grid.shape[-1]
            maps = grid.reshape(3, -1, n, n)
            rows, columns = np.indices((n, n))
            for one, anchor in zip(maps, three, strict=True):
                centre = (_sigmoid(one[:2]) + np.stack([columns, rows])) / n
                size = np.exp(one[2:4]) * np.array(anchor)[:, None, None] / 320
                found.append(_boxes(centre, size, _sigmoid(one[4]) * _sigmoid(one[5])))
        return Boxes(
            np.concatenate([one.corners for one in found]),
            np.concatenate([one.scores for one in found]),
        )

    return decode


_COCO = (((115, 73), (119, 199), (242, 238)), ((12, 18), (37, 49), (52, 132)))
_BODY = (((64, 187), (123, 211), (227, 264)), ((7, 17), (20, 50), (45, 99)))

DETECTORS: Mapping[str, Decode] = {
    "d7852a1508b36bfc": picodet,
    "cdab77bdde16e4f7": picodet,
    "d39bee73564e3380": yolox,
    "31cb14c017fce347": fastestdet,
    "2ce4b212e060278a": yolo_fastest(_COCO),
    "fe2a8ceb0a06c99c": yolo_fastest(_COCO),
    "d18f19b4ca35197a": yolo_fastest(_BODY),
}
"""How the outputs of published files (by the start of their sha256) become boxes of people."""


def suppressed(boxes: Boxes) -> Boxes:
    """The boxes without those that overlap with a better one, best first."""
    order = np.argsort(-boxes.scores, kind="stable")[:CANDIDATES]
    order = order[boxes.scores[order] > LEAST]
    corners, scores = boxes.corners[order], boxes.scores[order]
    kept: list[int] = []
    shares = overlaps(corners, corners)
    for i in range(len(order)):
        if not kept or shares[i, kept].max() <= OVERLAP:
            kept.append(i)
    return Boxes(corners[kept], scores[kept])


def overlaps(a: Array, b: Array) -> Array:
    """Intersection over union of every box of ``a`` with every one of ``b``.

    >>> square = np.array([[0, 0, 1, 1]], dtype=np.float32)
    >>> overlaps(square, np.array([[0, 0, 0.5, 1], [2, 2, 3, 3]], dtype=np.float32)).tolist()
    [[0.5, 0.0]]
    """
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.maximum(high - low, 0).prod(axis=2)
    areas = [(one[:, 2:] - one[:, :2]).prod(axis=1) for one in (a, b)]
    union = areas[0][:, None] + areas[1][None] - both
    return np.asarray(both / np.maximum(union, 1e-9))


def average_precision(found: Sequence[Boxes], truth: Sequence[Array]) -> float:
    """Area under the curve of precision (made monotonous) over recall, for pictures in order.

    >>> box = np.array([[0, 0, 1, 1]], dtype=np.float32)
    >>> average_precision([Boxes(box, np.array([0.5], np.float32))], [box])
    1.0
    """
    right, scores = [], []
    for boxes, wanted in zip(found, truth, strict=True):
        free = np.ones(len(wanted), bool)
        shares = overlaps(boxes.corners, wanted)
        for i, score in enumerate(boxes.scores):  # best first
            share = np.where(free, shares[i], 0)
            best = int(share.argmax()) if len(wanted) else -1
            hit = best >= 0 and share[best] >= OVERLAP
            if hit:
                free[best] = False
            right.append(hit)
            scores.append(score)
    hits = np.array(right, bool)[np.argsort(-np.array(scores), kind="stable")]
    total = sum(map(len, truth))
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(precision[hits].sum() / total)


def _boxes(centre: npt.NDArray[np.floating], size: Array, scores: Array) -> Boxes:
    corners = np.concatenate([centre - size / 2, centre + size / 2]).reshape(4, -1).T
    return Boxes(corners.astype(np.float32), scores.reshape(-1).astype(np.float32))


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))
