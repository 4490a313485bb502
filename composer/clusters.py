"""The clusters of a map under the rule of an activation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from atlas.clusters import Cluster, clusters
from atlas.decode.thresholds import Sign, Threshold, require_sign
from atlas.errors import InvalidInput
from atlas.geometry import parcellation
from atlas.model import Atlas
from atlas.volumes import Volume, load_volume


def limit_of(rule: Threshold, volume: Volume, sign: Sign) -> float:
    """The value that active voxels exceed on the chosen side; infinite if nothing passes.

    Raises:
        InvalidInput: an unthresholded map has no such value.
    """
    require_sign(sign)
    if rule.kind == "none":
        raise InvalidInput(
            "threshold", found="an unthresholded map", expected="a threshold, top or fdr"
        )
    limit, _ = rule.limit(volume.data, sign)
    return limit if np.isinf(limit) else max(0.0, float(np.nextafter(limit, -np.inf)))


def map_clusters(
    atlas: Atlas,
    map: Path,
    *,
    rule: Threshold | None = None,
    sign: Sign = "both",
    space: str | None = None,
    min_voxels: int = 1,
    volume: int | None = None,
) -> tuple[Cluster, ...]:
    """Clusters of a map file, named by an atlas (see :func:`atlas.clusters.clusters`)."""
    values = load_volume(map, volume=volume)
    limit = limit_of(rule or Threshold(stated=False), values, sign)
    if np.isinf(limit):
        return ()
    return clusters(
        values, parcellation(atlas), threshold=limit, sign=sign, space=space, min_voxels=min_voxels
    )
