"""Archives of releases: what is refused, and what is the fault of the place, not of the file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.errors import InvalidInput, NotFound, Unavailable
from graph.releases.archive import unpack
from graph.releases.reading import opened
from tests.limits import file_size_limit


def _zip(path: Path, name: str, data: bytes, mode: int = 0o100644) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, data)


def _tar(path: Path, name: str, kind: bytes) -> None:
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry, io.BytesIO())


@pytest.mark.parametrize(
    "name",
    [
        "../release.json",
        "/release.json",
        "v1/../../release.json",
        "v1/records/../../x",
        "a/b/c/d.tsv",
        "C:\\release.json",
        "v1/records/.hidden",
        "v1/" + "x" * 500,
        "../v1/release.json",
    ],
)
def test_archives_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    _zip(place / "a.zip", name, b"{}")
    with pytest.raises(InvalidInput), opened(place / "a.zip"):
        raise AssertionError("believed")
    assert [path.name for path in place.iterdir()] == ["a.zip"]


def test_archives_with_links_bombs_and_rubbish_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.releases.archive.MAX_BYTES", 1000)
    _zip(tmp_path / "link.zip", "v1/release.json", b"/etc/passwd", 0o120777)
    _zip(tmp_path / "bomb.zip", "v1/release.json", b"0" * 100_000)
    _tar(tmp_path / "link.tar.gz", "v1/release.json", tarfile.SYMTYPE)
    _tar(tmp_path / "hard.tar.gz", "v1/release.json", tarfile.LNKTYPE)
    _tar(tmp_path / "pipe.tar.gz", "v1/release.json", tarfile.FIFOTYPE)
    (tmp_path / "rubbish.zip").write_bytes(b"PK\x03\x04 rubbish")
    cut = (tmp_path / "bomb.zip").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes((tmp_path / "link.tar.gz").read_bytes()[:40])
    (tmp_path / "lie.zip").write_bytes(cut.replace((100_000).to_bytes(4, "little"), b"\1\0\0\0"))
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(InvalidInput), opened(path):
            raise AssertionError(f"{path.name} believed")
    with pytest.raises(NotFound), opened(tmp_path / "nothing"):
        raise AssertionError("believed")


def _plain_tar(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("v1/records/claim.tsv")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_cut_and_changed_tars_are_damaged(
    compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    whole = compress(_plain_tar(Random(1).randbytes(100_000)))
    half = whole[: len(whole) // 2]
    path = tmp_path / "a.tar"
    path.write_bytes(whole)
    assert unpack(path, tmp_path) == tmp_path
    for data in (half, half + b"x" * 20_000 + whole[len(half) + 20_000 :], whole[:9]):
        path.write_bytes(data)
        place = tmp_path / str(len(list(tmp_path.iterdir())))
        place.mkdir()
        with pytest.raises(InvalidInput):
            unpack(path, place)


def _entry_changed(path: Path, before: int, after: int, value: bytes) -> None:
    """Change a field of the only entry of a zip, in the entry and in the list at the end."""
    data = bytearray(path.read_bytes())
    for place in (before, data.index(b"PK\1\2") + after):
        data[place : place + len(value)] = value
    path.write_bytes(data)


def test_encrypted_and_unknown_zips_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    for before, after, value, found in (
        (6, 8, b"\x01\0", "encrypted"),
        (6, 8, b"\x41\0", "encrypted"),
        (6, 8, b"\x20\0", "patched"),
        (8, 10, b"\x63\0", "compressed by method 99"),
        (4, 6, b"\xff", "zip file version 25.5"),
    ):
        _zip(path, "v1/release.json", b"{}")
        _entry_changed(path, before, after, value)
        with pytest.raises(InvalidInput, match=found):
            unpack(path, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["a.zip"]


@given(st.data())
def test_a_changed_archive_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    path = folder / "archive"
    if data.draw(st.booleans()):
        method = data.draw(st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, 14]))
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("v1/release.json", b"{} " * 50)
    else:
        packed = data.draw(st.sampled_from([bytes, gzip.compress, bz2.compress, lzma.compress]))
        path.write_bytes(packed(_plain_tar(b"{} " * 50)))
    whole = bytearray(path.read_bytes())
    at = st.integers(0, min(len(whole), 1000) - 1)
    for place, value in data.draw(
        st.lists(st.tuples(at, st.integers(0, 255)), min_size=1, max_size=4)
    ):
        whole[place] = value
    path.write_bytes(whole)
    with suppress(InvalidInput):
        assert unpack(path, folder) == folder


def test_a_sound_archive_is_not_blamed_for_its_place(tmp_path: Path) -> None:
    path, place = tmp_path / "a.zip", tmp_path / "place"
    _zip(path, "v1/records/claim.tsv", b"0" * 100_000)
    with pytest.raises(Unavailable, match="while unpacking"):
        unpack(path, path)  # a file is no folder
    place.mkdir()
    with file_size_limit(1000), pytest.raises(Unavailable, match="while unpacking"):
        unpack(path, place)
