"""A release as one file: packed always alike, unpacked without trust."""

from __future__ import annotations

import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from atlas.errors import InvalidInput
from graph.releases.manifest import FILE, MANIFEST, Manifest

MAX_BYTES = 4 * 1024**3
"""A release may hold so much; an archive that promises or turns out to hold more is refused."""

MAX_FILES = 2_000
_CHUNK = 1 << 20
_DATE = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path, manifest: Manifest, target: IO[bytes]) -> None:
    """Write a zip of a checked release; the same release gives the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in (MANIFEST, *sorted(manifest.files)):
            entry = zipfile.ZipInfo(f"{manifest.id}/{path}", _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w") as there, (folder / path).open("rb") as here:
                while chunk := here.read(_CHUNK):
                    there.write(chunk)


def unpack(path: Path, place: Path) -> Path:
    """Unpack a zip or tar archive into an empty folder; returns the release's folder in it.

    Only plain files with the names that a release has are taken, all in one folder or at the top.

    Raises:
        InvalidInput: no archive, a damaged one, one with links, devices or names that lead
            elsewhere, with too many files or too many bytes.
    """
    taken = 0
    try:
        with _members(path) as members:
            for number, (name, size, stream) in enumerate(members, start=1):
                taken += _place(name, size, stream, place, MAX_BYTES - taken)
                if number > MAX_FILES:
                    raise _refused(path, "too many files", f"{MAX_FILES} at most")
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise _refused(path, f"a damaged archive ({error})", "a .zip or .tar.gz") from error
    except (NotImplementedError, RuntimeError) as error:  # encrypted, or a method of its own
        raise _refused(path, str(error), "a plain .zip or .tar.gz") from error
    return place


@contextmanager
def _members(path: Path) -> Iterator[Iterator[tuple[str, int, IO[bytes]]]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield _zipped(path, archive)
    elif tarfile.is_tarfile(path):
        with tarfile.open(path) as tar:
            yield _tarred(path, tar)
    else:
        raise _refused(path, "neither", "the folder of a release, or a .zip or .tar.gz of it")


def _zipped(path: Path, archive: zipfile.ZipFile) -> Iterator[tuple[str, int, IO[bytes]]]:
    for entry in archive.infolist():
        kind = entry.external_attr >> 28
        if entry.is_dir():
            continue
        if kind not in (0, 0o10):  # the type bits of a Unix mode: unsaid, or a plain file
            raise _refused(path, f"{entry.filename!r}, no plain file", "plain files")
        with archive.open(entry) as stream:
            yield entry.filename, entry.file_size, stream


def _tarred(path: Path, archive: tarfile.TarFile) -> Iterator[tuple[str, int, IO[bytes]]]:
    for entry in archive:
        if entry.isdir():
            continue
        stream = archive.extractfile(entry) if entry.isreg() else None
        if stream is None:
            raise _refused(path, f"{entry.name!r}, no plain file", "plain files")
        yield entry.name, entry.size, stream


def _place(name: str, size: int, stream: IO[bytes], place: Path, room: int) -> int:
    """Write one member under its name inside the release; returns its length."""
    inner = _inner(name)
    if size > room:
        raise InvalidInput("archive", found=f"over {MAX_BYTES:,} bytes", expected="less")
    target = place / inner
    target.parent.mkdir(exist_ok=True)
    written = 0
    try:
        with target.open("xb") as file:
            while chunk := stream.read(_CHUNK):
                written += len(chunk)
                if written > size or written > room:
                    raise InvalidInput("archive", found=f"{name!r} longer than it says")
                file.write(chunk)
    except FileExistsError as error:
        raise InvalidInput("archive", found=f"{name!r} twice", expected="each file once") from error
    return written


def _inner(name: str) -> str:
    """Name inside the release: without the one folder that may hold it."""
    parts = name.removeprefix("./").split("/")
    tops = ("records", "volumes")
    inner = "/".join(parts[1:] if len(parts) > 1 and parts[0] not in tops else parts)
    outer = parts[0] if inner != "/".join(parts) else "release"
    if not FILE.fullmatch(inner) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", outer):
        raise InvalidInput(
            "archive",
            found=f"a file named {name[:100]!r}",
            expected="the files of a release, in one folder",
        )
    return inner


def _refused(path: Path, found: str, expected: str) -> InvalidInput:
    return InvalidInput(f"archive {path.name}", found=found, expected=expected)
