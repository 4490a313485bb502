"""A backup's file: a gzipped tar of plain files, its manifest last; read without trust."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from atlas.errors import InvalidInput, NotFound, Unavailable

MANIFEST = "manifest.json"
FORMAT = 1
MAX_FILES = 1_000_000
MAX_GROWTH = 200
"""How many times longer than the archive its content may be; lines of JSON shrink 30 times."""

FREE_GROWTH = 1024**3
MAX_MANIFEST = 256 * 1024**2
_CHUNK = 1 << 20
_NAME = re.compile(r"(graph|ledger)\.jsonl|files/[^\\\0]{1,1000}")
_FAULTS = (tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, ValueError)


@dataclass
class Writer:
    """Adds files to an archive and remembers what they were."""

    archive: tarfile.TarFile
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, source: IO[bytes]) -> None:
        """Add what an open file holds now; what is written to it meanwhile does not come along.

        Raises:
            Unavailable: it got shorter meanwhile.
        """
        size = source.seek(0, io.SEEK_END)
        source.seek(0)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        counted = _Hashed(source)
        try:
            self.archive.addfile(entry, counted)  # type: ignore[arg-type]
        except OSError as error:
            raise Unavailable("backup", found=f"{error} in {name}", expected="room") from error
        self.files[name] = {"bytes": size, "sha256": counted.digest.hexdigest()}

    def end(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """Add the manifest; nothing comes after it."""
        manifest = {"format": FORMAT, **about, "files": self.files}
        text = json.dumps(manifest, sort_keys=True, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(text), 0o600
        self.archive.addfile(entry, io.BytesIO(text))
        return manifest


class _Hashed:
    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        chunk = self._source.read(size)
        self.digest.update(chunk)
        return chunk


def unpack(path: Path, target: Callable[[str], Path | None]) -> dict[str, Any]:
    """Read an archive from end to end, check every byte, and write what is wanted.

    Args:
        path: the archive.
        target: gives the place of a file by its name; None only checks it. What it wrote
            must be thrown away when this raises.

    Returns:
        The manifest.

    Raises:
        InvalidInput: no backup, a damaged or cut one, one of another version, with links, devices
            or names that lead elsewhere, with files that the manifest does not tell, or far longer
            than its archive.
        NotFound: no such file.
        Unavailable: it cannot be read, or there is no room for what is in it.
    """
    if not path.exists():
        raise NotFound("backup", found=path.name, expected="a file to read")
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    try:
        room = path.stat().st_size * MAX_GROWTH + FREE_GROWTH
        with gzip.open(path) as plain, tarfile.open(fileobj=plain, mode="r|") as archive:
            for entry in archive:
                if manifest is not None:
                    raise _refused(path, f"{entry.name[:100]!r} behind the manifest")
                room -= entry.size
                _look(path, entry, found, room)
                stream = archive.extractfile(entry)
                assert stream is not None
                if entry.name == MANIFEST:
                    manifest = json.loads(stream.read())
                    continue
                place = target(entry.name)
                found[entry.name] = _taken(entry, stream, place)
            _drained(path, plain, room)
    except _FAULTS as error:
        raise _refused(path, f"a damaged or cut file ({error})") from error
    except OSError as error:
        raise Unavailable(
            f"backup {path.name}",
            found=f"{error.strerror or error} while unpacking",
            expected="a file that can be read, and room for what is in it",
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _refused(path, "no manifest, or one of another version")
    if manifest.get("files") != found or not {"graph.jsonl", "ledger.jsonl"} <= found.keys():
        raise _refused(path, "files that are not those of its manifest")
    return manifest


def _drained(path: Path, plain: gzip.GzipFile, room: int) -> None:
    """Read on to the checksum at the end; a tar ends in zeros."""
    while chunk := plain.read(_CHUNK):
        room -= len(chunk)
        if room < 0 or any(chunk):
            raise _refused(path, "something behind its end")


def _look(path: Path, entry: tarfile.TarInfo, found: Mapping[str, Any], room: int) -> None:
    name = entry.name
    if not entry.isreg():
        raise _refused(path, f"{name[:100]!r}, no plain file")
    parts = name.split("/")
    if name != MANIFEST and (
        not _NAME.fullmatch(name) or name in found or any(p in ("", ".", "..") for p in parts)
    ):
        raise _refused(path, f"a file named {name[:100]!r}")
    if room < 0 or len(found) > MAX_FILES or (name == MANIFEST and entry.size > MAX_MANIFEST):
        raise _refused(path, "far more than a file of this size holds")


def _taken(entry: tarfile.TarInfo, stream: IO[bytes], place: Path | None) -> dict[str, Any]:
    digest, written = hashlib.sha256(), 0
    with _opened(entry, place) as file:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            written += file.write(chunk)
    return {"bytes": written, "sha256": digest.hexdigest()}


def _opened(entry: tarfile.TarInfo, place: Path | None) -> IO[bytes]:
    if place is None:
        return Path(os.devnull).open("wb")
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(place.parent).free
        if entry.size > free:
            raise Unavailable("disk", found=f"{free:,} bytes free", expected=f"{entry.size:,}")
        place.touch(0o600, exist_ok=False)
        return place.open("wb")
    except OSError as error:
        raise Unavailable("home", found=str(error), expected="a folder to write to") from error


def _refused(path: Path, found: str) -> InvalidInput:
    expected = "what neuroweave backup create wrote"
    return InvalidInput(f"backup {path.name}", found=found, expected=expected)
