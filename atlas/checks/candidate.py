"""What someone brings in before it is an atlas: the raw material the checks judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from atlas.label_volume import LabelVolume
from atlas.model import Source
from atlas.probabilities import ProbabilityVolume


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One row of a label table or coordinate table, nothing corrected.

    ``id`` is the text exactly as read (``"7"``, ``"7.0"``, ``""``). ``x, y, z`` are the table's
    own coordinates, None where it has none. ``hemisphere`` is the table's column (``"L"``,
    ``"left"``, ``""``), ``parent`` the id of the region one level up: a row of the same table, or
    ``atlas:label`` of a coarser one. ``extra`` holds the columns that nobody asked for.
    """

    id: str
    name: str = ""
    hemisphere: str = ""
    x: float | None = None
    y: float | None = None
    z: float | None = None
    radius_mm: float | None = None
    network: str = ""
    parent: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> int | None:
        """The id as the integer it stands for (``"7"``, ``"7.0"``), or None.

        >>> RegionRow("7.0").label, RegionRow("7b").label
        (7, None)
        """
        try:
            number = float(self.id.strip())
        except ValueError:
            return None
        return int(number) if number.is_integer() else None

    @property
    def xyz(self) -> tuple[float, float, float] | None:
        """The coordinate in mm, or None where one of the three is missing."""
        if self.x is None or self.y is None or self.z is None:
            return None
        return self.x, self.y, self.z


@dataclass(frozen=True, slots=True)
class Candidate:
    """A parcellation as read from its files, in the space its owner names.

    ``volume`` is None for coordinate tables. What a :class:`LabelVolume` can no longer tell is
    counted while reading: ``n_decimal`` voxels whose label was not a whole number,
    ``n_non_finite`` voxels of NaN or infinity, ``n_negative`` voxels below 0 (all three read as
    background), ``header_space`` what the file's header says of its space (``""`` nothing,
    ``"mni"``, ``"talairach"``, ``"scanner"``, ``"aligned"``, or a template's name).
    ``levels`` names the coarser atlases that come with it, finest first; ``parents`` are the
    volumes of those levels by atlas id where they are at hand. ``probabilities`` are the maps of
    a probabilistic atlas, of which ``volume`` is the most probable label of each voxel.
    """

    id: str
    name: str
    space: str
    source: Source
    template: str = ""
    volume: LabelVolume | None = None
    rows: tuple[RegionRow, ...] = ()
    n_decimal: int = 0
    n_non_finite: int = 0
    n_negative: int = 0
    header_space: str = ""
    levels: tuple[str, ...] = ()
    parents: Mapping[str, LabelVolume] = field(default_factory=dict)
    probabilities: ProbabilityVolume | None = None
