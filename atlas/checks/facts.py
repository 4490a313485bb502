"""A candidate with what several checks ask of it, worked out once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from atlas.centres import Centre, centres_of
from atlas.checks.candidate import Candidate, RegionRow
from atlas.hemispheres import hemisphere_of
from atlas.model import Hemisphere

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Facts:
    """The rows that are regions, and where they lie."""

    candidate: Candidate

    @cached_property
    def rows(self) -> tuple[RegionRow, ...]:
        """The table without the background's row."""
        return tuple(row for row in self.candidate.rows if row.label != 0)

    @cached_property
    def by_label(self) -> dict[int, RegionRow]:
        """The first row of each integer id."""
        rows: dict[int, RegionRow] = {}
        for row in self.rows:
            if row.label is not None:
                rows.setdefault(row.label, row)
        return rows

    @cached_property
    def voxels(self) -> dict[int, Centre]:
        """Where each label of the volume lies; empty for coordinate tables."""
        volume = self.candidate.volume
        return {} if volume is None else centres_of(volume)

    @cached_property
    def centres(self) -> list[tuple[RegionRow, Point]]:
        """Rows with where they lie in mm: the centroid of their voxels, or the coordinate."""
        placed = []
        for row in self.rows:
            centre = self._centre(row)
            if centre is not None:
                placed.append((row, centre))
        return placed

    def _centre(self, row: RegionRow) -> Point | None:
        if self.candidate.volume is None:
            return row.xyz if row.xyz is not None and np.isfinite(row.xyz).all() else None
        centre = None if row.label is None else self.voxels.get(row.label)
        return None if centre is None else centre.centroid

    @cached_property
    def repeated(self) -> list[int]:
        """Integer ids that several rows carry."""
        counts = Counter(row.label for row in self.rows if row.label is not None)
        return sorted(label for label, n in counts.items() if n > 1)

    def hemisphere(self, label: int) -> Hemisphere:
        """What the table says of a label's side."""
        row = self.by_label.get(label)
        return "unknown" if row is None else hemisphere_of(row.name, row.hemisphere)

    def called(self, label: int) -> str:
        """A label with its name, for examples."""
        row = self.by_label.get(label)
        return str(label) if row is None else title(row)


def title(row: RegionRow) -> str:
    """A row as examples show it.

    >>> title(RegionRow("7", "V1"))
    '7 V1'
    """
    return f"{row.id} {row.name}".strip()
