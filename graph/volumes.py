"""The voxels of stored atlases: the graph holds their sha256, the data directory the files."""

from __future__ import annotations

from atlas.volume_store import StoredVolume, VolumeStore
from graph.store import Row, Store


def kept(store: Store) -> VolumeStore:
    """Where the data directory of this store keeps voxels."""
    return VolumeStore.at(store.config.home)


def stored(store: Store, atlas: Row) -> StoredVolume | None:
    """The voxels of a row of :mod:`graph.atlases`, read when needed; None for spheres."""
    return kept(store).open(atlas["volume"]) if atlas["volume"] else None
