"""Label volumes in every storage people use, and files that lie."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.errors import InvalidInput
from ingest.atlases import volumes
from ingest.atlases.volumes import read_labels
from tests.ingest.atlases.files import AFFINE, blocks, save


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8", ">f4"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_storage_does_not_matter(tmp_path: Path, dtype: str, suffix: str) -> None:
    path = save(tmp_path / f"a{suffix}", blocks(dtype)[:, :, 38:50])
    found = read_labels(path)
    assert found.volume.counts == {1: 512, 2: 512, 3: 512, 4: 512}
    assert (found.volume.labels == blocks()[:, :, 38:50]).all()
    assert np.allclose(found.volume.affine, AFFINE)


def test_nifti_2_single_axes_nan_and_labels_that_are_no_labels(tmp_path: Path) -> None:
    data = np.full((5, 6, 7, 1, 1), np.nan, dtype="f4")
    data[0, 0, 0], data[1, 0, 0], data[2, 0, 0], data[3, 0, 0] = 2035, -1, 1.5, 0
    data[4, 0, 0] = 12.00001  # what a scale factor leaves of 12
    found = read_labels(save(tmp_path / "a.nii", data, version=2))
    assert found.volume.counts == {12: 1, 2035: 1}
    assert (found.n_decimal, found.n_negative, found.n_non_finite) == (1, 1, 205)
    assert found.header_space == "aligned"


@settings(max_examples=20, deadline=None)
@given(
    angle=st.floats(-0.6, 0.6),
    steps=st.tuples(*[st.sampled_from([-3.0, -1.0, 0.5, 2.0])] * 3),
    labels=st.lists(st.integers(0, 2**20), min_size=24, max_size=24),
)
def test_any_grid_and_any_ids_survive(
    tmp_path_factory: pytest.TempPathFactory,
    angle: float,
    steps: tuple[float, float, float],
    labels: list[int],
) -> None:
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0, 5], [s, c, 0, -7], [0, 0, 1, 11.5], [0, 0, 0, 1]])
    affine = turn @ np.diag([*steps, 1])
    data = np.array(labels, dtype="i4").reshape(2, 3, 4)
    found = read_labels(save(tmp_path_factory.mktemp("grid") / "a.nii", data, affine))
    assert (found.volume.labels == data).all()
    assert np.allclose(found.volume.affine, affine, atol=1e-5)


def test_the_strongest_of_several_maps(tmp_path: Path) -> None:
    maps = np.zeros((3, 3, 3, 2), dtype="f4")
    maps[0, 0, 0], maps[1, 0, 0], maps[2, 0, 0] = (60, 30), (20, 80), (10, 20)
    found = read_labels(save(tmp_path / "a.nii.gz", maps))
    assert found.n_maps == 2
    assert found.volume.labels[:, 0, 0].tolist() == [1, 2, 0]  # 20 % is below the threshold
    low = read_labels(tmp_path / "a.nii.gz", threshold=0.1)
    assert low.volume.labels[:, 0, 0].tolist() == [1, 2, 2]


def broken(path: Path, how: str) -> Path:
    """A file that is wrong in one way."""
    good = save(path / "good.nii", blocks()).read_bytes()
    files = {
        "truncated gzip": gzip.compress(good)[:-300],
        "truncated": good[:-5000],
        "more than the header says": good + bytes(91 * 109),
        "no NIfTI": b"P6 91 109 255" + bytes(1000),
        "shorter than a header": good[:200],
        "object dtype": good[:70] + struct.pack("<h", 9999) + good[72:],
        "complex": good[:70] + struct.pack("<hh", 32, 64) + good[74:],
        "empty axis": good[:42] + struct.pack("<h", 0) + good[44:],
        "offset beyond": good[:108] + struct.pack("<f", 3e9) + good[112:],
    }
    target = path / "bad.nii"
    target.write_bytes(files[how])
    return target


@pytest.mark.parametrize(
    "how",
    [
        "truncated gzip",
        "truncated",
        "more than the header says",
        "no NIfTI",
        "shorter than a header",
        "object dtype",
        "complex",
        "empty axis",
        "offset beyond",
    ],
)
def test_a_broken_file_is_one_clear_error(tmp_path: Path, how: str) -> None:
    with pytest.raises(InvalidInput, match=r"volume: found .+expected"):
        read_labels(broken(tmp_path, how))


def test_a_bomb_is_never_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = bytearray(save(tmp_path / "a.nii", blocks()).read_bytes()[:352])
    header[40:56] = struct.pack("<8h", 3, 2000, 2000, 2000, 1, 1, 1, 1)
    path = tmp_path / "bomb.nii.gz"
    path.write_bytes(gzip.compress(bytes(header) + bytes(1 << 22)))
    with pytest.raises(InvalidInput, match="2000 x 2000 x 2000"):
        read_labels(path)
    # A small header before endless data: one slice more than promised is read, no further.
    header[40:56] = struct.pack("<8h", 3, 4, 4, 4, 1, 1, 1, 1)
    path.write_bytes(gzip.compress(bytes(header) + bytes(1 << 26)))
    read: list[int] = []
    original = gzip.GzipFile.read

    def counted(self: gzip.GzipFile, size: int | None = -1) -> bytes:
        block = original(self, size)
        read.append(len(block))
        return block

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    with pytest.raises(InvalidInput, match="more data"):
        read_labels(path)
    assert sum(read) < 2000


def test_labels_beyond_32_bits_are_refused(tmp_path: Path) -> None:
    data = np.full((2, 2, 2), 3e9, dtype="f8")
    with pytest.raises(InvalidInput, match="label 3000000000"):
        read_labels(save(tmp_path / "a.nii", data))


def test_limits_count_every_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "MAX_VALUES", 100)
    with pytest.raises(InvalidInput, match="in all maps"):
        read_labels(save(tmp_path / "a.nii", np.zeros((4, 4, 4, 2), dtype="u1")))
