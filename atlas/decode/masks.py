"""From masks of regions of interest to an activation pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from atlas.activation import ActivationPattern, Outside, RegionActivation, strongest_first
from atlas.errors import InvalidInput
from atlas.geometry import parcellation
from atlas.model import Atlas
from atlas.parcellation import Membership
from atlas.resample import beyond, resample
from atlas.spaces import affine_between, require_space
from atlas.volumes import Image, Volume, load_volume

MAX_VALUES = 64
"""An image with more distinct values than this is a map, not a mask of a few labels."""


def from_masks(
    atlas: Atlas, masks: Sequence[tuple[str, Image | Path | str]], *, space: str | None = None
) -> ActivationPattern:
    """Decode region masks: what share of each region do they cover?

    Args:
        atlas: the atlas to decode into.
        masks: names and images; non-zero voxels, whatever their label, belong to the mask. On
            another grid a voxel belongs to it where the interpolated mask reaches a half.
        space: named space of the masks; the atlas' own if None.

    Returns:
        ``weight`` and ``covered`` are the share of the region that all masks cover together;
        ``masks`` the share that each of them covers, largest first. ``outside`` counts the voxels
        of their union that lie in no region; the note says so for each mask.

    Raises:
        InvalidInput: no masks, two of one name, an image that is no mask (too many values, none
            but zeros), unknown space.
    """
    if not masks:
        raise InvalidInput("mask", found="0 masks", expected="at least one")
    names = [name for name, _ in masks]
    if len(set(names)) < len(names):
        raise InvalidInput("mask", found=f"two masks named {_twice(names)!r}", expected="one each")
    to_atlas = affine_between(atlas.space if space is None else require_space(space), atlas.space)
    placed = {name: _placed(atlas, _binary(name, image, to_atlas)) for name, image in masks}
    shares = {name: mask.shares for name, mask in placed.items()}
    joint = _union(list(placed.values()))
    covered = joint.shares
    regions = [
        RegionActivation(
            atlas.regions[r].id,
            weight=float(covered[r]),
            covered=float(covered[r]),
            masks=tuple(
                sorted(
                    ((name, float(share[r])) for name, share in shares.items() if share[r] > 0),
                    key=lambda item: (-item[1], item[0]),
                )
            ),
        )
        for r in np.flatnonzero(covered > 0).tolist()
    ]
    note = "; ".join(f"{name}: {mask.outside.share:.1%} outside" for name, mask in placed.items())
    ordered = strongest_first(regions)
    return ActivationPattern(atlas.id, atlas.space, "masks", ordered, joint.outside, note)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A mask on the grid that the atlas asks for; ``beyond``: its voxels that lie off this grid."""

    inside: NDArray[np.bool_]
    affine: NDArray[np.float64]
    members: Membership
    beyond: int

    @property
    def hits(self) -> NDArray[np.intp]:
        """Voxels of each region that belong to the mask."""
        inside = self.inside[tuple(self.members.voxels.T)]
        return np.bincount(self.members.regions[inside], minlength=len(self.members.sizes))

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of each region that the mask covers."""
        return np.asarray(self.hits / np.maximum(self.members.sizes, 1))

    @property
    def outside(self) -> Outside:
        """Voxels of the mask that lie in no region."""
        total = int(np.count_nonzero(self.inside)) + self.beyond
        count = total - int(self.hits.sum())
        return Outside(count, count / total if total else 0.0)


def _placed(atlas: Atlas, mask: Volume) -> _Placed:
    geometry = parcellation(atlas)
    x, y, z = mask.data.shape
    affine, shape = geometry.grid(mask.affine, (x, y, z))
    on_grid = resample(mask, affine, shape)
    lost = beyond(mask.data > 0, mask.affine, affine, shape) if on_grid is not mask else 0
    return _Placed(
        np.nan_to_num(on_grid.data) >= 0.5, affine, geometry.on_grid(affine, shape), lost
    )


def _union(masks: Sequence[_Placed]) -> _Placed:
    """The masks together; for spheres they have to share a grid, other atlases have their own."""
    first = masks[0]
    for other in masks[1:]:
        if other.inside.shape != first.inside.shape or not np.allclose(other.affine, first.affine):
            raise InvalidInput(
                "mask",
                found="masks on different grids",
                expected="one grid, as this atlas of spheres has none of its own",
                hint="decode into an atlas that has a label volume, or resample the masks",
            )
    inside = np.logical_or.reduce([mask.inside for mask in masks])
    return replace(first, inside=inside, beyond=max(mask.beyond for mask in masks))


def _binary(name: str, image: Image | Path | str, to_atlas: NDArray[np.float64]) -> Volume:
    volume = load_volume(image, "mask")
    data = np.nan_to_num(volume.data)
    found = np.unique(data)
    if len(found) > MAX_VALUES:
        raise InvalidInput(
            "mask",
            found=f"{name!r} with {len(found):,} different values",
            expected=f"a mask: zeros and at most {MAX_VALUES} labels",
            hint="give a statistical map as map, with a threshold",
        )
    if not found.any():
        raise InvalidInput("mask", found=f"{name!r} with zeros only", expected="voxels inside it")
    return Volume((data != 0).astype(np.float32), to_atlas @ volume.affine)


def _twice(names: Sequence[str]) -> str:
    return next(name for name in names if names.count(name) > 1)
