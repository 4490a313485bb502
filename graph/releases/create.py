"""Make a release: the whole content as a folder of plain text."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from atlas.errors import Conflict, Unavailable
from atlas.whole_files import whole_folder
from graph.content import NOUNS, Content, digest_of, snapshot
from graph.releases import licences, selection, tables
from graph.releases.citation import citation
from graph.releases.manifest import MANIFEST, FileEntry, Manifest, check_id
from graph.store import Row, Store
from graph.volumes import kept

LicencePolicy = Literal["refuse", "note"]
AUTHORS = ("The curators of this atlas graph",)

_KEPT_BACK = frozenset(("noderivatives", "unknown"))
"""Voxels are copies of somebody's file: they travel only where that is allowed."""


def create(
    store: Store,
    id: str,
    folder: Path,
    *,
    without: Collection[str] = (),
    policy: LicencePolicy = "refuse",
    volumes: bool = False,
    authors: Sequence[str] = AUTHORS,
    title: str = "",
) -> Manifest:
    """Write the content of the graph into a new folder, which appears whole or not at all.

    Equal content gives equal bytes: nothing in the folder tells when, where or from which server
    it was written.

    Args:
        store: the open graph.
        id: name of the release, such as ``v2026.11``.
        folder: where it goes; it must not exist, unless it holds this very release.
        without: sources to leave out with all that rests on them, by id or by a term of their
            licence (attribution, sharealike, noncommercial, noderivatives, unknown).
        policy: what to do about licences that do not go together: refuse, or note them in the
            release, which says that whoever made it decided so.
        volumes: whether the voxels of the atlases go along, where their licence lets them.
        authors: who made the release, for its citation.
        title: for its citation.

    Raises:
        InvalidInput: an id that cannot name a folder.
        NotFound: ``without`` names no source and no term.
        Conflict: licences do not go together, or the folder holds something else.
        Unavailable: the folder cannot be written, or a wanted volume is not in this data directory.
    """
    check_id(id)
    whole = snapshot(store)
    out = selection.left_out(whole["source"], without)
    content = selection.without(whole, out)
    found = check_licences(content["source"], policy)
    digest = digest_of(content)
    shown = title or f"Atlas graph {id}: regions, functions and the evidence between them"
    files = {
        f"records/{name}.tsv": tables.encode(NOUNS[name], rows)
        for name, rows in content.items()
        if rows
    }
    files["CITATION.cff"] = citation(id, digest, content["source"], authors, shown)
    files["LICENCES.tsv"] = _licence_table(content["source"])
    voxels = _volumes(store, content, wanted=volumes)
    with whole_folder(folder, what="release") as draft:
        entries = {
            path: _write(draft / path, data, _rows_of(path, content))
            for path, data in files.items()
        }
        for row in voxels:
            if row["inside"]:
                path = f"volumes/{row['sha256']}.npz"
                source = kept(store).open(row["sha256"]).path
                entries[path] = _copy(source, draft / path)
        manifest = Manifest(
            id=id,
            digest=digest,
            counts={name: len(rows) for name, rows in content.items() if rows},
            files=entries,
            licences=[_licence(row) for row in content["source"]],
            binding=licences.binding(content["source"]),
            unstated=licences.unstated(content["source"]),
            without=sorted(without),
            left_out=out,
            conflicts=[asdict(one) for one in found],
            volumes=voxels,
        )
        _write(draft / MANIFEST, manifest.to_json())
        require_own(folder, draft)
    return manifest


def check_licences(sources: Sequence[Row], policy: LicencePolicy) -> list[licences.Conflict]:
    """What does not go together in these sources, where the policy lets it pass.

    Raises:
        Conflict: it does not; the list says what to leave out.
    """
    found = licences.conflicts(sources)
    if found and policy == "refuse":
        raise _refused(found)
    return found


def _refused(found: Sequence[licences.Conflict]) -> Conflict:
    said = "; ".join(f"{', '.join(one.sources)}: {one.why}" for one in found)
    ways = dict.fromkeys(word for one in found for word in one.without)
    return Conflict(
        "licences",
        found=said,
        expected="sources that may be passed on together",
        hint=f"leave some out ({', '.join(ways)}), or decide yourself with the policy note",
    )


def _licence(source: Row) -> Row:
    named = licences.read(source["licence"] or "")
    return {
        "source": source["id"],
        "name": source["name"],
        "licence": source["licence"] or "",
        "identifiers": [one.id for one in named],
        "terms": sorted(licences.terms_of(source["licence"] or "")),
    }


def _licence_table(sources: Sequence[Row]) -> bytes:
    lines = ["source\tidentifiers\tterms\tlicence"]
    for row in map(_licence, sources):
        said = " ".join(row["licence"].split())
        identifiers, terms = ", ".join(row["identifiers"]), ", ".join(row["terms"])
        lines.append("\t".join((row["source"], identifiers, terms, said)))
    return ("\n".join(lines) + "\n").encode()


def _volumes(store: Store, content: Content, *, wanted: bool) -> list[Row]:
    terms = {row["id"]: licences.terms_of(row["licence"] or "") for row in content["source"]}
    rows: dict[str, Row] = {}
    for atlas in content["atlas"]:
        if sha256 := atlas["volume"]:
            kept_back = sorted(terms[atlas["source"]] & _KEPT_BACK)
            reason = ", ".join(kept_back) if wanted else "not asked for"
            inside = wanted and not kept_back
            row = rows.setdefault(sha256, {"sha256": sha256, "atlases": []})
            row["atlases"].append(atlas["id"])
            row |= {"inside": inside, "why_not": "" if inside else reason}
    here = kept(store)
    for row in rows.values():
        if row["inside"] and not here.open(row["sha256"]).path.is_file():
            raise Unavailable(
                "volume",
                found=f"no voxels of {row['atlases'][0]} in this data directory",
                expected="the file of every volume that goes along",
                hint="import the atlas here again, or release without volumes",
            )
    return [rows[sha256] for sha256 in sorted(rows)]


def _rows_of(path: str, content: Content) -> int | None:
    name = Path(path).stem
    return len(content[name]) if path.startswith("records/") else None


def require_own(folder: Path, draft: Path) -> None:
    """Refuse a folder that holds anything but this very release."""
    there = folder / MANIFEST
    if there.is_file() and there.read_bytes() == (draft / MANIFEST).read_bytes():
        return
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise Conflict(
            "folder",
            found=f"{folder.name}, which holds something else",
            expected="a new folder",
            hint="a release never changes: give the new one another name",
        )


def _write(path: Path, data: bytes, rows: int | None = None) -> FileEntry:
    path.parent.mkdir(exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return FileEntry(hashlib.sha256(data).hexdigest(), len(data), rows)


def _copy(source: Path, target: Path) -> FileEntry:
    target.parent.mkdir(exist_ok=True)
    whole = hashlib.sha256()
    with source.open("rb") as here, target.open("xb") as there:
        while chunk := here.read(1 << 20):
            whole.update(chunk)
            there.write(chunk)
        there.flush()
        os.fsync(there.fileno())
    return FileEntry(whole.hexdigest(), target.stat().st_size)
