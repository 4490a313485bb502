"""What a new version of an atlas changes: regions added, gone, moved, renamed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import dist
from typing import Any

from atlas.model import Region

MOVED_MM = 2.0
"""A region that moved no farther than this is not called moved."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An atlas against its former version; regions are matched by their labels.

    ``moved`` holds (label, mm), ``renamed`` (label, former name, name); ``other`` the labels of
    regions that differ in anything else; ``voxels`` is true where the volumes differ.
    """

    former: str
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    moved: tuple[tuple[str, float], ...] = ()
    renamed: tuple[tuple[str, str, str], ...] = ()
    other: tuple[str, ...] = ()
    voxels: bool = False

    @property
    def empty(self) -> bool:
        """Whether the two are the same."""
        return not (self.voxels or self.added or self.gone or self._changed)

    @property
    def _changed(self) -> bool:
        return bool(self.moved or self.renamed or self.other)

    def sentence(self) -> str:
        """The difference in one line.

        >>> Difference("toy", added=("7",), renamed=(("1", "V1", "hOc1"),)).sentence()
        'against toy: 1 region added (7), 1 renamed (1: V1 → hOc1)'
        """
        parts = [
            _part(self.added, "added", "region"),
            _part(self.gone, "gone", "region"),
            _part([f"{label}: {mm:.1f} mm" for label, mm in self.moved], "moved"),
            _part([f"{label}: {was} → {name}" for label, was, name in self.renamed], "renamed"),
            _part(self.other, "otherwise changed"),
            "other voxels" if self.voxels else "",
        ]
        return f"against {self.former}: " + (", ".join(filter(None, parts)) or "nothing")

    def to_dict(self) -> dict[str, Any]:
        """As JSON: tuples as lists, pairs by name."""
        moved = [{"label": label, "mm": round(mm, 2)} for label, mm in self.moved]
        renamed = [{"label": a, "from": was, "to": name} for a, was, name in self.renamed]
        return {**asdict(self), "moved": moved, "renamed": renamed}


def difference(
    former: str, before: Sequence[Region], after: Sequence[Region], *, voxels: bool
) -> Difference:
    """Compare the regions of two versions; ids, parents and the order do not count."""
    old = {region.label: region for region in before}
    new = {region.label: region for region in after}
    both = [(old[label], region) for label, region in new.items() if label in old]
    far = [(b.label, dist((a.x, a.y, a.z), (b.x, b.y, b.z))) for a, b in both]
    moved = tuple((label, mm) for label, mm in far if mm > MOVED_MM)
    renamed = tuple((b.label, a.name, b.name) for a, b in both if a.name != b.name)
    told = {label for label, _ in moved} | {label for label, _, _ in renamed}
    return Difference(
        former,
        tuple(label for label in new if label not in old),
        tuple(label for label in old if label not in new),
        moved,
        renamed,
        tuple(b.label for a, b in both if b.label not in told and _bare(a) != _bare(b)),
        voxels,
    )


def _bare(region: Region) -> Region:
    return replace(region, id="", parent="")


def _part(items: Sequence[str], word: str, noun: str = "") -> str:
    if not items:
        return ""
    shown = ", ".join(items[:5]) + (", …" if len(items) > 5 else "")
    what = f" {noun}{'' if len(items) == 1 else 's'}" if noun else ""
    return f"{len(items)}{what} {word} ({shown})"
