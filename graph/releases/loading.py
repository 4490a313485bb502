"""Bring a release into a graph: all of it in one transaction, or nothing."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from atlas.errors import Conflict, InvalidInput, NeuroweaveError
from atlas.volume_store import StoredVolume
from atlas.whole_files import whole_file
from graph import changes, content, records, revisions, schema
from graph.clock import now
from graph.content import NOUNS, Content, canonical, digest_of
from graph.releases.archive import MAX_BYTES
from graph.releases.reading import Release
from graph.store import Store, Tx
from graph.volumes import kept

Prefer = Literal["release", "here"]

ACTION = "load release"
_SHOWN = 10
_EDGES: Mapping[str, str] = MappingProxyType(
    {
        "connections": "connection/write",
        "relations": "relation/write",
        "borders": "neighbour/write",
        "overlaps": "overlap/write",
    }
)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What loading did: records created, replaced and found the same, and what was kept instead.

    ``digest`` is that of the graph's content afterwards; it is the release's own, unless the
    graph held more or was preferred.
    """

    release: str
    digest: str
    created: int = 0
    replaced: int = 0
    unchanged: int = 0
    kept: int = 0
    volumes: int = 0
    created_by_noun: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


@dataclass(slots=True)
class _Difference:
    """A release against a graph, noun by noun."""

    created: Content = field(default_factory=dict)
    differing: Content = field(default_factory=dict)
    unchanged: int = 0

    @property
    def conflicts(self) -> list[str]:
        """The records that are there with other content."""
        return [
            f"{name} {' '.join(NOUNS[name].key_of(row))}"
            for name, rows in self.differing.items()
            for row in rows
        ]


def load(
    store: Store,
    release: Release,
    *,
    by: str,
    merge: bool = False,
    prefer: Prefer | None = None,
    reason: str = "",
) -> LoadReport:
    """Bring a checked release into a graph.

    Into an empty graph it gives the release's digest; into one that already has the same content
    it changes nothing and leaves no revision.

    Args:
        store: the open graph; its schema is made where it lacks.
        release: from :func:`graph.releases.reading.opened`.
        by: who is named in the history.
        merge: whether it may be added to a graph that holds something else.
        prefer: in a merge, whose content counts where both have a record with the same key:
            the release's, or what is here. Without a word such records refuse the merge.
        reason: why.

    Raises:
        Conflict: the graph is not empty and ``merge`` is not given, or a record differs and
            ``prefer`` is not given.
    """
    schema.apply(store)
    volumes = _keep_volumes(store, release)

    def work(tx: Tx) -> LoadReport:
        revisions.hold(tx)
        here = content.collect(tx)
        found = _compare(here, release.content)
        digest = digest_of(here)
        same = LoadReport(release.manifest.id, digest, unchanged=found.unchanged, volumes=volumes)
        if digest == release.manifest.digest:
            return same
        _refuse(here, release, found, merge=merge, prefer=prefer)
        written = found.created
        if prefer == "release":
            written = {name: found.created[name] + found.differing[name] for name in NOUNS}
        if not any(written.values()):
            return LoadReport(**{**asdict(same), "kept": len(found.conflicts)})
        replaced = len(found.conflicts) if prefer == "release" else 0
        _write(tx, release, written, by=by, reason=reason)
        after = digest_of(content.collect(tx))
        if after != release.manifest.digest and not any(here.values()):
            # Nothing has been committed: the graph stays empty.
            raise RuntimeError(f"the digest after loading is {after}")
        return LoadReport(
            release.manifest.id,
            after,
            created=sum(map(len, found.created.values())),
            replaced=replaced,
            unchanged=found.unchanged,
            kept=len(found.conflicts) - replaced,
            volumes=volumes,
            created_by_noun={name: len(rows) for name, rows in found.created.items() if rows},
        )

    return store.transaction(work)


def _compare(here: Content, there: Content) -> _Difference:
    found = _Difference()
    for name, noun in NOUNS.items():
        known = {noun.key_of(row): canonical(row) for row in here[name]}
        found.created[name] = [row for row in there[name] if noun.key_of(row) not in known]
        found.differing[name] = [
            row
            for row in there[name]
            if noun.key_of(row) in known and known[noun.key_of(row)] != canonical(row)
        ]
        new = len(found.created[name]) + len(found.differing[name])
        found.unchanged += len(there[name]) - new
    return found


def _refuse(
    here: Content, release: Release, found: _Difference, *, merge: bool, prefer: Prefer | None
) -> None:
    if any(here.values()) and not merge:
        raise Conflict(
            "graph",
            found=f"{sum(map(len, here.values())):,} records",
            expected=f"an empty graph to load {release.manifest.id} into",
            hint="merge it by name to add what is missing here, or load it into another home",
        )
    conflicts = found.conflicts
    if conflicts and prefer is None:
        more = f" and {len(conflicts) - _SHOWN} more" if len(conflicts) > _SHOWN else ""
        raise Conflict(
            "graph",
            found=f"other content here: {', '.join(conflicts[:_SHOWN])}{more}",
            expected="records that agree with the release's",
            hint="say which to prefer: release or here",
        )


def _write(tx: Tx, release: Release, rows: Content, *, by: str, reason: str) -> None:
    at = now()
    detail = {
        "release": release.manifest.id,
        "digest": release.manifest.digest,
        "records": sum(map(len, rows.values())),
    }
    seq = revisions.append(tx, by=by, action=ACTION, at=at, reason=reason, detail=detail)
    records.write(tx, {name: rows[name] for name, noun in NOUNS.items() if noun.label}, seq, at)
    for name, query in _EDGES.items():
        changes.run(tx, query, rows[name])


def _keep_volumes(store: Store, release: Release) -> int:
    """Copy the voxels inside into the data directory, if they are what their name says.

    They come before the graph: a failure later leaves at most a file that nobody refers to.
    """
    here = kept(store)
    copied = 0
    for sha256, path in release.volumes():
        _check_volume(sha256, StoredVolume(sha256, path))
        target = here.open(sha256).path
        if not target.exists():
            with path.open("rb") as source, whole_file(target, what="volume") as file:
                shutil.copyfileobj(source, file)
            copied += 1
    return copied


def _check_volume(sha256: str, volume: StoredVolume) -> None:
    try:
        with zipfile.ZipFile(volume.path) as parts:
            size = sum(part.file_size for part in parts.infolist())
            names = {part.filename for part in parts.infolist()}
        if size > MAX_BYTES:
            raise _unsound(sha256, f"{size:,} bytes when unpacked")
        found = (volume.probabilities() if "values.npy" in names else volume.load()).digest
    except (zipfile.BadZipFile, ValueError, KeyError, IndexError, MemoryError) as error:
        raise _unsound(sha256, str(error)) from error
    except NeuroweaveError as error:
        raise _unsound(sha256, str(error.found)) from error
    if found != sha256:
        raise _unsound(sha256, f"the voxels of {found[:12]}…")


def _unsound(sha256: str, found: str) -> InvalidInput:
    return InvalidInput(f"volume {sha256[:12]}…", found=found, expected="the voxels of its name")
