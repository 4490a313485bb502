"""Bring atlases in: judged, compared with what is there, and only then written."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from atlas import region_statistics
from atlas.checks.candidate import Candidate
from atlas.checks.check import check
from atlas.checks.report import CheckReport, require
from atlas.errors import Conflict, InvalidInput, NotFound
from atlas.label_volume import LabelVolume
from atlas.model import Atlas
from atlas.probabilities import ProbabilityVolume
from atlas.volume_store import StoredVolume
from graph import atlases, neighbours, regions, volumes
from graph.changes import PutReport
from graph.store import Row, Store
from ingest.atlases.accepted import to_atlas
from ingest.atlases.candidates import Reading
from ingest.atlases.differences import Difference, difference
from ingest.atlases.levels import child_of, with_levels


@dataclass(frozen=True, slots=True)
class Planned:
    """One atlas and what writing it would do.

    ``action`` is ``create``, ``version`` (beside the former one) or ``keep`` (the regions and
    voxels that are stored; where licence, citation or parents differ they are renewed).
    """

    atlas: Atlas
    action: str
    report: CheckReport
    difference: Difference | None = None
    volume: LabelVolume | None = field(default=None, repr=False)
    probabilities: ProbabilityVolume | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """As the command line and the API show it."""
        return {
            "id": self.atlas.id,
            "name": self.atlas.name,
            "space": self.atlas.space,
            "kind": self.atlas.kind,
            "regions": len(self.atlas.regions),
            "action": self.action,
            "supersedes": self.atlas.supersedes,
            "difference": self.difference.to_dict() if self.difference else None,
            "check": self.report.to_dict(),
            "accepted": list(self.atlas.source.accepted),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """All atlases of one import, in the order they are written: coarser levels first."""

    items: tuple[Planned, ...]
    guesses: Mapping[str, Any] = field(default_factory=dict)

    @property
    def versions(self) -> tuple[Planned, ...]:
        """Those that would stand beside a former version."""
        return tuple(item for item in self.items if item.action == "version")

    def to_dict(self) -> dict[str, Any]:
        """``{atlases: […], guesses: {…}}``."""
        atlases = [item.to_dict() for item in self.items]
        return {"atlases": atlases, "guesses": dict(self.guesses)}


def plan(
    store: Store,
    reading: Reading,
    *,
    levels: Sequence[str] = (),
    parent: str = "",
    accept: Collection[str] = (),
) -> Plan:
    """Judge a candidate with its levels and compare it with what is stored. Writes nothing.

    Args:
        store: an open store.
        reading: from :func:`ingest.atlases.candidates.read_candidate`.
        levels: columns of its table that become atlases of their own, finest first.
        parent: id of a stored atlas one level up (``child of``).
        accept: codes of errors to accept.

    Raises:
        InvalidInput: errors that are not accepted, or accepted ones that there are not.
        NotFound: no such parent atlas.
    """
    if parent and levels:
        raise InvalidInput("child-of", found="levels too", expected="one of the two")
    candidate = reading.candidate
    if parent:
        candidate = child_of(candidate, parent, _stored_volume(store, parent))
    candidates = with_levels(candidate, levels)
    judged = [check(one) for one in candidates]
    _refuse_strange(judged, accept)
    items: list[Planned] = []
    ids: dict[str, str] = {}
    for one, report in zip(candidates, judged, strict=True):
        codes = {finding.code for finding in report.errors}
        taken = require(report, [code for code in accept if code in codes])
        made = to_atlas(one, _to_store(store, one), taken, reading.version)
        item = _compared(store, _with_parents(made, ids), report, one)
        ids[one.id] = item.atlas.id
        items.append(item)
    return Plan(tuple(items), reading.guesses)


def write(store: Store, plan: Plan, *, by: str = "import", versions: bool = False) -> PutReport:
    """Carry a plan out; volumes first, each atlas then in one transaction.

    Args:
        store: an open store.
        plan: what :func:`plan` returned.
        by: who is named in the history.
        versions: whether new versions of stored atlases are wanted.

    Raises:
        Conflict: a version that was not asked for; nothing is written, the difference is told.
    """
    if plan.versions and not versions:
        raise _unwanted(plan.versions)
    keep = volumes.kept(store)
    for item in plan.items:
        if item.volume is not None:
            keep.save(item.probabilities or item.volume)
    total = PutReport()
    for item in plan.items:
        total += atlases.put(store, item.atlas, by=by, reason=f"import of {item.atlas.name}")
        if item.volume is not None:
            borders = region_statistics.neighbours(item.volume)
            neighbours.put(store, item.atlas.id, borders, by=by, reason="import of its atlas")
    return total


def _unwanted(items: Sequence[Planned]) -> Conflict:
    pairs = ", ".join(f"{item.atlas.id} beside {item.atlas.supersedes}" for item in items)
    return Conflict(
        "atlas",
        found="; ".join(item.difference.sentence() for item in items if item.difference),
        expected="the stored content",
        hint=f"say that both are wanted (--yes, or version=true over HTTP): {pairs}",
    )


def _compared(store: Store, atlas: Atlas, report: CheckReport, candidate: Candidate) -> Planned:
    """Find the version that this atlas is, or make it the next one."""
    voxels = candidate.volume, candidate.probabilities
    known = _versions(store, atlas.id)
    latest: Difference | None = None
    for row in reversed(known):
        before = regions.of_atlas(store, row["id"])
        mark = atlas.volume.sha256 if atlas.volume else ""
        changed = difference(row["id"], before, atlas.regions, voxels=row["volume"] != mark)
        latest = latest or changed
        if changed.empty:
            same = _as(atlas, row["id"], row["supersedes"])
            return Planned(same, "keep", report, None, *voxels)
    if latest is None:
        return Planned(atlas, "create", report, None, *voxels)
    number = _number(known[-1]["id"]) + 1
    fresh = _as(atlas, f"{atlas.id}@{number}", known[-1]["id"])
    return Planned(fresh, "version", report, latest, *voxels)


def _versions(store: Store, id: str) -> list[Row]:
    """The stored versions of an atlas, oldest first."""
    own = re.compile(re.escape(id) + r"(@\d+)?")
    rows = [row for row in atlases.list_atlases(store) if own.fullmatch(row["id"])]
    return sorted(rows, key=lambda row: _number(row["id"]))


def _number(id: str) -> int:
    """Which version an id is.

    >>> _number("toy"), _number("toy@3")
    (1, 3)
    """
    return int(id.rpartition("@")[2]) if "@" in id else 1


def _as(atlas: Atlas, id: str, supersedes: str) -> Atlas:
    """The atlas under another id, its regions and its source too."""
    moved = tuple(
        replace(
            region,
            id=f"{id}:{region.label}",
            parent=f"{id}:{region.parent.rpartition(':')[2]}"
            if region.parent.rpartition(":")[0] == atlas.id
            else region.parent,
        )
        for region in atlas.regions
    )
    source = replace(atlas.source, id=id)
    return replace(atlas, id=id, source=source, regions=moved, supersedes=supersedes)


def _with_parents(atlas: Atlas, ids: Mapping[str, str]) -> Atlas:
    """Parents under the ids that their atlases are written with."""
    found = []
    for region in atlas.regions:
        level, _, label = region.parent.rpartition(":")
        parent = f"{ids.get(level, level)}:{label}" if level else region.parent
        found.append(replace(region, parent=parent))
    return replace(atlas, regions=tuple(found))


def _stored_volume(store: Store, id: str) -> LabelVolume:
    row = atlases.get(store, id)
    voxels = volumes.stored(store, row)
    if voxels is None:
        expected = "an atlas of voxels"
        raise NotFound("child-of", found=f"{id}, an atlas of {row['kind']}", expected=expected)
    return voxels.load()


def _to_store(store: Store, candidate: Candidate) -> StoredVolume | None:
    volume = candidate.probabilities or candidate.volume
    if volume is None:
        return None
    return volumes.kept(store).open(volume.digest)


def _refuse_strange(reports: Sequence[CheckReport], accept: Collection[str]) -> None:
    """An accepted code that no atlas of the import has is a slip of the pen."""
    there = {finding.code for report in reports for finding in report.errors}
    if strange := sorted(set(accept) - there):
        raise InvalidInput(
            "accept",
            found=", ".join(strange),
            expected="codes of errors that were found: " + (", ".join(sorted(there)) or "none"),
        )
