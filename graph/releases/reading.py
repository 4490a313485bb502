"""Read a release back: every claim of its ``release.json`` is checked before it is believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from atlas.errors import InvalidInput, NotFound
from graph.content import NOUNS, Content, digest_of
from graph.releases import tables
from graph.releases.archive import MAX_BYTES, unpack
from graph.releases.manifest import MANIFEST, FileEntry, Manifest

MAX_MANIFEST_BYTES = 16 * 1024**2
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Release:
    """A release whose folder has been checked whole."""

    manifest: Manifest
    content: Content
    folder: Path

    def volumes(self) -> Iterator[tuple[str, Path]]:
        """sha256 of the voxels, and file, of every volume inside."""
        for path in self.manifest.files:
            if path.startswith("volumes/"):
                yield Path(path).stem, self.folder / path


@contextmanager
def opened(path: Path) -> Iterator[Release]:
    """A release from its folder or from an archive (.zip, .tar.gz) of it, checked.

    Raises:
        NotFound: there is nothing.
        InvalidInput: something in it is damaged, changed, missing, too much, or of another
            version; it says what.
    """
    if not path.exists():
        raise NotFound("release", found=str(path), expected="a folder or archive of a release")
    if path.is_dir():
        yield verify(path)
        return
    with TemporaryDirectory(prefix="neuroweave-release-") as place:
        yield verify(unpack(path, Path(place)))


def verify(folder: Path) -> Release:
    """Check hashes and lengths of the files, numbers of rows, references and the digest.

    Raises:
        InvalidInput: as :func:`opened`.
    """
    manifest = read_manifest(folder)
    _check_files(folder, manifest)
    content: Content = {}
    for name, noun in NOUNS.items():
        path = f"records/{name}.tsv"
        entry = manifest.files.get(path)
        content[name] = tables.decode(noun, _read(folder, path, entry)) if entry else []
        expected = manifest.counts.get(name, 0)
        if len(content[name]) != expected or (entry and entry.rows != expected):
            raise _wrong(path, f"{len(content[name])} rows", f"{expected} rows")
    _check_references(content)
    digest = digest_of(content)
    if digest != manifest.digest:
        raise _wrong("digest", digest, manifest.digest)
    return Release(manifest, content, folder)


def read_manifest(folder: Path) -> Manifest:
    """What a folder says of itself, not yet checked against its files.

    Raises:
        InvalidInput: there is no readable ``release.json``.
    """
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise _wrong(MANIFEST, "no such file", "the folder of a release")
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise _wrong(MANIFEST, f"{path.stat().st_size:,} bytes", "a short file")
    return Manifest.from_json(path.read_bytes())


def _check_files(folder: Path, manifest: Manifest) -> None:
    if sum(entry.bytes for entry in manifest.files.values()) > MAX_BYTES:
        raise _wrong("files", "too many bytes", f"{MAX_BYTES:,} bytes at most")
    known = {f"records/{name}.tsv" for name in NOUNS}
    for path, entry in manifest.files.items():
        if path.startswith("records/") and path not in known:
            hint = "records of a kind that a later version may know"
            raise InvalidInput(path, found="an unknown kind of record", hint=hint)
        _check_file(folder, path, entry)
    for inner in ("records", "volumes"):
        for found in sorted((folder / inner).glob("*")):
            if f"{inner}/{found.name}" not in manifest.files:
                raise _wrong(f"{inner}/{found.name}", "a file more", f"what {MANIFEST} names")


def _check_file(folder: Path, path: str, entry: FileEntry) -> None:
    file = folder / path
    if file.is_symlink() or file.parent.is_symlink() or not file.is_file():
        raise _wrong(path, "no such file", "every file that release.json names")
    if file.stat().st_size != entry.bytes:
        raise _wrong(path, f"{file.stat().st_size:,} bytes", f"{entry.bytes:,} bytes")
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != entry.sha256:
        raise _wrong(path, f"content with sha256 {found[:12]}…", f"{entry.sha256[:12]}…")


def _read(folder: Path, path: str, entry: FileEntry) -> bytes:
    with (folder / path).open("rb") as file:
        return file.read(entry.bytes)


def _check_references(content: Content) -> None:
    known = {name: {row["id"] for row in content[name]} for name, n in NOUNS.items() if n.label}
    for name, noun in NOUNS.items():
        try:
            missing = [
                f"{' '.join(noun.key_of(row))} → {other} {id!r}"
                for row in content[name]
                for _, other, id in noun.references(row)
                if id not in known[other]
            ]
        except (TypeError, KeyError, AttributeError) as error:
            raise _wrong(f"records/{name}.tsv", "values of another form", "ids") from error
        if missing:
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            found = ", ".join(missing[:_SHOWN]) + more
            raise _wrong(f"records/{name}.tsv", found, "records that are in the release")


def _wrong(field: str, found: str, expected: str) -> InvalidInput:
    hint = "the release is damaged, incomplete or was changed by hand"
    return InvalidInput(f"release {field}", found=found, expected=expected, hint=hint)
