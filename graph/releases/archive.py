"""A release as one file: packed always alike, unpacked without trust."""

from __future__ import annotations

import errno
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from atlas.errors import InvalidInput, Unavailable
from graph.releases.manifest import FILE, MANIFEST, Manifest

MAX_BYTES = 4 * 1024**3
"""A release may hold so much; an archive that promises or turns out to hold more is refused."""

MAX_FILES = 2_000
_CHUNK = 1 << 20
_DATE = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x41
"""Flags of a zip's entry: encrypted, and encrypted so that even its name is."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    UnicodeDecodeError,  # a zip's names
    NotImplementedError,  # a zip of a version to come, or patched data
)


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
        InvalidInput: no archive, a damaged or encrypted one, one with links, devices or names that
            lead elsewhere, with too many files or too many bytes.
        Unavailable: it cannot be read, or there is no room for what is in it.
    """
    taken = 0
    try:
        with closing(_members(path)) as members:
            for number, (name, size, chunks) in enumerate(members, start=1):
                taken += _place(name, size, chunks, place, MAX_BYTES - taken)
                if number > MAX_FILES:
                    raise _refused(path, "too many files", f"{MAX_FILES} at most")
    except OSError as error:
        raise Unavailable(
            f"archive {path.name}",
            found=f"{error.strerror or error} while unpacking",
            expected="a file that can be read, and room for what is in it",
        ) from error
    return place


def _members(path: Path) -> Generator[tuple[str, int, Iterator[bytes]], None, None]:
    """Name, stated length and content of every file."""
    with _read(path):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from _zipped(path, archive)
        elif tarfile.is_tarfile(path):
            with tarfile.open(path) as tar:
                yield from _tarred(path, tar)
        else:
            raise _refused(path, "neither", "the folder of a release, or a .zip or .tar.gz of it")


@contextmanager
def _read(path: Path) -> Iterator[None]:
    """Say that the archive is damaged when it cannot be understood.

    Raises:
        InvalidInput: so it is.
    """
    try:
        yield
    except _DAMAGE as error:
        raise _damaged(path, error) from error
    except OSError as error:
        # Without a number from the system, bz2 and gzip mean the bytes; a seek to where a zip says
        # that something lies fails as an invalid argument.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise _damaged(path, error) from error


def _zipped(path: Path, archive: zipfile.ZipFile) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    for entry in archive.infolist():
        if entry.filename.endswith("/"):
            continue
        kind = entry.external_attr >> 28
        if kind not in (0, 0o10):  # the type bits of a Unix mode: unsaid, or a plain file
            raise _refused(path, f"{entry.filename!r}, no plain file", "plain files")
        if entry.flag_bits & _ENCRYPTED:
            raise _refused(path, f"{entry.filename!r}, encrypted", "files without a password")
        if entry.compress_type not in _METHODS:
            found = f"{entry.filename!r}, compressed by method {entry.compress_type}"
            raise _refused(path, found, "a .zip packed with deflate")
        with archive.open(entry) as stream:
            yield entry.filename, entry.file_size, _chunks(path, stream)


def _tarred(path: Path, archive: tarfile.TarFile) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    for entry in archive:
        if entry.isdir():
            continue
        stream = archive.extractfile(entry) if entry.isreg() else None
        if stream is None:
            raise _refused(path, f"{entry.name!r}, no plain file", "plain files")
        yield entry.name, entry.size, _chunks(path, stream)


def _chunks(path: Path, stream: IO[bytes]) -> Iterator[bytes]:
    with _read(path):
        while chunk := stream.read(_CHUNK):
            yield chunk


def _place(name: str, size: int, chunks: Iterator[bytes], place: Path, room: int) -> int:
    """Write one member under its name inside the release; returns its length."""
    inner = _inner(name)
    if size > room:
        raise InvalidInput("archive", found=f"over {MAX_BYTES:,} bytes", expected="less")
    target = place / inner
    target.parent.mkdir(exist_ok=True)
    written = 0
    try:
        with target.open("xb") as file:
            for chunk in chunks:
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


def _damaged(path: Path, error: Exception) -> InvalidInput:
    return _refused(path, f"a damaged archive ({error})", "a .zip or .tar.gz")


def _refused(path: Path, found: str, expected: str) -> InvalidInput:
    return InvalidInput(f"archive {path.name}", found=found, expected=expected)
