"""Files appear whole or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from atlas.errors import Unavailable
from atlas.label_volume import LabelVolume
from atlas.volume_store import VolumeStore
from atlas.whole_files import whole_file, whole_folder, write_whole
from tests.limits import file_size_limit

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and modes of POSIX")


def test_a_full_disk_keeps_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_whole(path, b"old", what="report")
    with file_size_limit(1000), pytest.raises(Unavailable, match=r"report: .*File too large"):
        write_whole(path, b"new" * 1000, what="report")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_volume_that_does_not_fit_is_said_so(tmp_path: Path) -> None:
    store = VolumeStore(tmp_path / "volumes")
    labels = np.arange(20**3, dtype=np.int32).reshape(20, 20, 20)
    with file_size_limit(1000), pytest.raises(Unavailable, match=r"volume: .*File too large"):
        store.save(LabelVolume(labels, np.eye(4)))
    assert list(store.root.iterdir()) == []


def test_an_error_of_the_writer_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with whole_file(tmp_path / "x", what="table") as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(Unavailable, match="table"):
        write_whole(tmp_path / "x", b"", what="table")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "x", b"", what="table")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    for name in ("notes", "empty"):
        with whole_folder(tmp_path / name, what="report") as draft:
            (draft / "page.html").write_text("page")
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert found == ["empty", "empty/page.html", "notes", "notes/mine.txt"]


def test_nothing_is_left_of_a_folder_that_was_not_finished(tmp_path: Path) -> None:
    with (
        file_size_limit(1000),
        pytest.raises(Unavailable, match=r"report: .*File too large"),
        whole_folder(tmp_path / "new", what="report") as draft,
    ):
        (draft / "page.html").write_bytes(b"x" * 2000)
    assert list(tmp_path.iterdir()) == []
