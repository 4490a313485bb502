"""From files and what their owner says of them to a candidate, with every guess in the open."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from atlas.checks.candidate import Candidate, RegionRow
from atlas.errors import InvalidInput
from atlas.label_volume import LabelVolume
from atlas.model import Source
from atlas.probabilities import ProbabilityVolume
from atlas.spaces import MNI_TEMPLATES, require_space
from ingest.atlases.tables import LabelTable, read_table
from ingest.atlases.volumes import THRESHOLD, read_labels

ID = re.compile(r"[a-z0-9][a-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Description:
    """What the owner of the files says; what is empty is read off the files or left empty.

    ``columns`` are roles and the columns that play them (``{"id": "value"}``); ``radius_mm`` is
    for coordinates whose table has no radii; ``threshold`` for 4-D probability maps.
    """

    id: str = ""
    name: str = ""
    space: str = ""
    template: str = ""
    version: str = ""
    licence: str = ""
    citation: str = ""
    url: str = ""
    radius_mm: float | None = None
    threshold: float = THRESHOLD
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A candidate and how its files were understood (to be shown before anything is written)."""

    candidate: Candidate
    version: str = ""
    guesses: Mapping[str, Any] = field(default_factory=dict)


def read_candidate(
    path: Path, labels: Path | None = None, said: Description | None = None
) -> Reading:
    """Read a label volume with its table of names, or a table of coordinates.

    Without ``labels`` a table beside the volume with the same name (BIDS ``*_dseg.tsv``) is used.

    Raises:
        InvalidInput: a file that cannot be read, a space that nothing names, an unusable id.
    """
    said = said or Description()
    if is_volume(path):
        return _of_volume(path, labels or _beside(path), said)
    if labels is not None:
        raise InvalidInput("labels", found="a second table", expected="a volume that it names")
    return _of_table(path, said)


def is_volume(path: Path) -> bool:
    """Whether a file is meant to be voxels, by its name."""
    return path.name.lower().endswith((".nii", ".nii.gz", ".img", ".hdr", ".mgz", ".npy", ".npz"))


def atlas_id(name: str) -> str:
    """An id out of a file name.

    >>> atlas_id("Tian_Subcortex_S1_3T_1mm.nii.gz"), atlas_id("tpl-X_atlas-DKT_dseg.nii")
    ('tian_subcortex_s1_3t_1mm', 'tpl-x_atlas-dkt')
    """
    stem = re.sub(r"(\.nii|\.gz|\.tsv|\.csv|\.txt|\.xml|_dseg)+$", "", name.lower())
    return re.sub(r"[^a-z0-9_.-]+", "-", stem).strip("-._") or "atlas"


def _of_volume(path: Path, labels: Path | None, said: Description) -> Reading:
    found = read_labels(path, threshold=said.threshold)
    table = read_table(labels, said.columns) if labels else LabelTable("none", ())
    rows = _in_order(table.rows, found.volume) if table.by_order else table.rows
    space = said.space or table.space or found.named_space
    candidate = _candidate(path, labels, said, space, rows, found.volume)
    kept = found.probabilities or found.volume
    candidate = replace(
        candidate,
        source=replace(candidate.source, sha256=_digest(kept, labels)),
        probabilities=found.probabilities,
        n_decimal=found.n_decimal,
        n_non_finite=found.n_non_finite,
        n_negative=found.n_negative,
        header_space=found.header_space,
    )
    guesses = _guesses(table, labels, candidate, said)
    if found.n_maps > 1:
        guesses["maps"] = found.n_maps
        guesses["values"] = found.scale
        guesses["threshold"] = said.threshold
    return Reading(candidate, said.version, guesses)


def _of_table(path: Path, said: Description) -> Reading:
    table = read_table(path, said.columns, "table")
    rows = table.rows
    if all(row.xyz is None for row in rows):
        raise InvalidInput(
            "table",
            found=f"{len(rows)} rows without coordinates ({table.form})",
            expected="columns x, y and z, or a volume to name",
            hint="names of a volume are given as its `labels`, beside the volume",
        )
    rows = tuple(row if row.radius_mm else replace(row, radius_mm=said.radius_mm) for row in rows)
    bare = [row.id for row in rows if not row.radius_mm or row.radius_mm <= 0]
    if bare:
        raise InvalidInput(
            "radius",
            found=f"none for {len(bare)} of {len(rows)} regions ({bare[0]}, …)",
            expected="a radius in mm for every sphere",
            hint="give one `radius` for all, such as 5",
        )
    candidate = _candidate(path, None, said, said.space or table.space, rows, None)
    return Reading(candidate, said.version, _guesses(table, path, candidate, said))


def _candidate(
    path: Path,
    labels: Path | None,
    said: Description,
    space: str,
    rows: Sequence[RegionRow],
    volume: LabelVolume | None,
) -> Candidate:
    if not space:
        raise InvalidInput(
            "space",
            found="none in the file's name, header or table",
            expected="the space of the coordinates",
            hint="name it as `space`: MNI152NLin6Asym (MNI152 where the generation is not known)",
        )
    space = require_space(space)
    own = said.id or atlas_id(path.name)
    if not ID.fullmatch(own):
        expected = "small letters, digits, and - _ . between them"
        raise InvalidInput("id", found=repr(own), expected=expected)
    name = said.name or re.sub(r"[_-]+", " ", path.name.split(".", 1)[0]).strip()
    source = Source(
        id=own,
        name=name,
        version=said.version,
        licence=said.licence,
        citation=said.citation,
        url=said.url,
        sha256=_digest(volume, path if volume is None else labels),
    )
    template = said.template or (space if space in MNI_TEMPLATES else "")
    return Candidate(own, name, space, source, template, volume, tuple(rows))


def _in_order(rows: Sequence[RegionRow], volume: LabelVolume) -> tuple[RegionRow, ...]:
    """Names without ids: line k is label k, or the k-th label where there are as many of both.

    A first line that names the background is label 0.
    """
    if rows and rows[0].name.lower() in {"background", "empty", "unknown", "none", "???"}:
        rows = rows[1:]
    ids = list(volume.counts)
    labels = ids if len(ids) == len(rows) else range(1, len(rows) + 1)
    return tuple(replace(row, id=str(n)) for row, n in zip(rows, labels, strict=True))


def _guesses(
    table: LabelTable, path: Path | None, candidate: Candidate, said: Description
) -> dict[str, Any]:
    """What was decided without being told, in words that the options can take back."""
    return {
        "table": path.name if path else "",
        "form": table.form,
        "columns": dict(table.columns),
        "levels": list(table.levels),
        "by_order": table.by_order,
        "space": candidate.space,
        "space_from": "given" if said.space else "table" if table.space else "file",
    }


def _beside(path: Path) -> Path | None:
    """The table of a volume: the same name with ``.tsv``."""
    table = path.with_name(re.sub(r"\.nii(\.gz)?$", ".tsv", path.name, flags=re.IGNORECASE))
    return table if table != path and table.is_file() else None


def _digest(volume: LabelVolume | ProbabilityVolume | None, table: Path | None) -> str:
    """sha256 of the content: of voxels, however they are packed, and of the table's bytes."""
    mark = hashlib.sha256((volume.digest if volume else "").encode())
    mark.update(table.read_bytes() if table else b"")
    return mark.hexdigest()
