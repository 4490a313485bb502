"""How two stored atlases overlap, whether somebody has kept it or not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from atlas.errors import InvalidInput
from atlas.overlap import overlaps
from composer.activation import load_atlas
from graph import overlaps as kept
from graph import regions
from graph.store import Store


def shares_between(store: Store, a: str, b: str) -> list[tuple[str, str, float]]:
    """Region of ``a``, region of ``b``, share of the first that lies in the second."""
    return [(row["a"], row["b"], row["inside"]) for row in overlaps_between(store, a, b)]


def overlaps_between(
    store: Store, a: str, b: str, region: str | None = None
) -> list[dict[str, Any]]:
    """Overlaps seen from ``a``: as stored, or computed from the voxels where none are.

    Rows: a, b, dice, inside, contains, qualification; with ``region`` of that region of ``a`` only.

    Raises:
        NotFound: no such atlas or region.
        InvalidInput: a region of another atlas, or an atlas against itself.
    """
    if a == b:
        raise InvalidInput("with", found=a, expected="another atlas")
    first, second = load_atlas(store, a), load_atlas(store, b)
    if region is not None and regions.get(store, region)["atlas"] != a:
        raise InvalidInput("region", found=region, expected=f"a region of {a}")
    rows = kept.list_overlaps(store, a, b)
    if not rows:
        rows = [asdict(row) for row in overlaps(first, second)]
    return [row for row in rows if region in (None, row["a"])]
