"""From a coordinate to the region it lies in."""

from __future__ import annotations

from typing import Any

import numpy as np

from atlas.coordinates import check_coordinate
from atlas.geometry import parcellation
from atlas.model import Atlas
from atlas.spaces import require_space, transform


def locate(atlas: Atlas, x: object, y: object, z: object, space: str) -> dict[str, Any]:
    """Say which region a coordinate lies in and which is nearest.

    Returns:
        ``{region: {id, name} | None, nearest: {id, name, distance_mm}, space}``; the distance is
        to the region's surface, 0 inside, and ``space`` is that of the coordinate.

    Raises:
        InvalidInput: a coordinate that cannot be one, or an unknown space.
    """
    point = np.array([[check_coordinate(v, axis, "point") for axis, v in enumerate((x, y, z))]])
    space = require_space(space)
    index, distance = parcellation(atlas).lookup(transform(point, space, atlas.space), np.inf)
    region, gap = atlas.regions[int(index[0])], float(distance[0])
    name = {"id": region.id, "name": region.name}
    return {
        "region": name if gap == 0 else None,
        "nearest": {**name, "distance_mm": round(gap, 2)},
        "space": space,
    }
