"""Where the voxels of atlases are kept: one file each, named by the sha256 of its content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from atlas.errors import Unavailable
from atlas.label_volume import LabelVolume
from atlas.whole_files import whole_file

if TYPE_CHECKING:
    from atlas.probabilities import ProbabilityVolume


@dataclass(frozen=True, slots=True)
class StoredVolume:
    """A volume in the store; two are equal if their content is."""

    sha256: str
    path: Path = field(compare=False)

    def load(self) -> LabelVolume:
        """Read the voxels; of probabilities the most probable label of each.

        Raises:
            Unavailable: the file is not in this data directory or cannot be read.
        """
        parts = self._parts()
        if "values" in parts:
            return self.probabilities().argmax()
        with self._readable():
            labels = np.zeros(tuple(parts["shape"]), dtype=np.int32)
            corner, part = parts["corner"], parts["labels"]
            box = [slice(low, low + n) for low, n in zip(corner, part.shape, strict=True)]
            labels[tuple(box)] = part
            return LabelVolume(labels, parts["affine"])

    def probabilities(self) -> ProbabilityVolume:
        """Read the probabilities of all regions.

        Raises:
            Unavailable: as for :meth:`load`, or the file holds labels only.
        """
        from atlas.probabilities import ProbabilityVolume

        parts = self._parts()
        with self._readable():
            x, y, z = parts["shape"].tolist()
            rows = parts["voxels"], parts["labels"], parts["values"]
            return ProbabilityVolume((x, y, z), parts["affine"], *rows, float(parts["threshold"]))

    def _parts(self) -> dict[str, NDArray[Any]]:
        with self._readable(), np.load(self.path, allow_pickle=False) as file:
            return dict(file)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise Unavailable(
                "volume",
                found=f"{self.path.name}: {error}",
                expected="the voxels of the atlas in this data directory",
                hint="import the atlas here again; nothing in the graph changes by that",
            ) from error


@dataclass(frozen=True, slots=True)
class VolumeStore:
    """A folder of volumes."""

    root: Path

    @classmethod
    def at(cls, home: Path) -> VolumeStore:
        """The store of one data directory."""
        return cls(home / "volumes")

    def open(self, sha256: str) -> StoredVolume:
        """The volume of this content, which is read when it is needed."""
        return StoredVolume(sha256, self.root / f"{sha256}.npz")

    def save(self, volume: LabelVolume | ProbabilityVolume) -> StoredVolume:
        """Keep a volume; one that is there already is left alone.

        Raises:
            Unavailable: the file could not be written; nothing is left behind.
        """
        stored = self.open(volume.digest)
        if stored.path.exists():
            return stored
        parts = _label_parts(volume) if isinstance(volume, LabelVolume) else _rows(volume)
        with whole_file(stored.path, what="volume") as file:
            np.savez(file, shape=np.array(volume.shape), affine=volume.affine, **parts)
        return stored


def _label_parts(volume: LabelVolume) -> dict[str, Any]:
    corner, part = _cropped(volume.labels)
    return {"labels": part, "corner": corner}


def _rows(volume: ProbabilityVolume) -> dict[str, Any]:
    rows = {"voxels": volume.voxels, "labels": volume.labels, "values": volume.values}
    return {**rows, "threshold": np.array(volume.threshold)}


def _cropped(labels: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """The lowest corner of the box that holds every label, and the box in the smallest type."""
    places = np.nonzero(labels)
    if not len(places[0]):
        return np.zeros(3, dtype=np.intp), np.zeros((0, 0, 0), dtype=np.uint8)
    low = np.array([axis.min() for axis in places], dtype=np.intp)
    high = [int(axis.max()) + 1 for axis in places]
    part = labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    return low, part.astype(np.min_scalar_type(int(part.max())))
