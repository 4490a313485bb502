"""What is let in as a map, and what is left behind."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from api.limits import TooLarge
from api.uploads import check_header, keep, received
from atlas.errors import InvalidInput
from atlas.volumes import load_volume

LIMIT = 1024 * 1024


def nifti(shape: tuple[int, ...] = (4, 5, 6), dtype: str = "float32", version: int = 1) -> bytes:
    kind = nib.Nifti1Image if version == 1 else nib.Nifti2Image
    return kind(np.ones(shape, dtype), np.eye(4)).to_bytes()


def claiming(*shape: int) -> bytes:
    """A file whose header promises much more than it holds."""
    raw = bytearray(nifti())
    raw[40:56] = np.array([len(shape), *shape, *[1] * (7 - len(shape))], "<i2").tobytes()
    return bytes(raw)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".NII.GZ"])
def test_a_map_arrives_unchanged_and_goes(version: int, suffix: str) -> None:
    content = nifti(version=version)
    sent = gzip.compress(content) if suffix.lower().endswith("gz") else content
    with received(io.BytesIO(sent), "my map" + suffix, LIMIT) as path:
        assert path.read_bytes() == sent
        assert nib.load(path).shape == (4, 5, 6)
    assert not path.parent.exists()


def test_a_single_volume_with_four_axes_is_a_map() -> None:
    with received(io.BytesIO(nifti((4, 5, 6, 1))), "m.nii", LIMIT) as path:
        assert path.exists()


def test_the_file_goes_when_the_block_fails() -> None:
    with pytest.raises(RuntimeError), received(io.BytesIO(nifti()), "m.nii", LIMIT) as path:
        raise RuntimeError
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("map.img", nifti(), "'.img'"),
        (None, nifti(), "no file name"),
        ("map.nii", b"", "no NIfTI header"),
        ("map.nii", b"x,y,z\n1,2,3\n" * 100, "no NIfTI header"),
        ("map.nii", nifti()[:300], "no NIfTI header"),
        ("map.nii", gzip.compress(nifti(), mtime=0), "a gzip file"),
        ("map.nii.gz", nifti(), "a file that is not gzip"),
        ("map.nii.gz", b"\x1f\x8b" + b"\0" * 50, "broken gzip data"),
        ("map.nii", nifti((4, 5, 6, 7)), "a 4-D image (4 × 5 × 6 × 7)"),
        ("map.nii", nifti((4, 5)), "a 2-D image (4 × 5)"),
        ("map.nii", nifti(dtype="complex64"), "voxels that are not real numbers"),
        ("map.nii", claiming(0, 5, 6), "an image without voxels"),
    ],
)
def test_what_is_no_map_is_refused(name: str | None, content: bytes, found: str) -> None:
    with pytest.raises(InvalidInput) as error, received(io.BytesIO(content), name, LIMIT):
        raise AssertionError
    assert error.value.field == "map"
    assert error.value.found == found


@pytest.mark.parametrize("offset", [1e30, -1e9, -8.0, float("nan"), float("inf"), 1e9, 400.0])
def test_voxels_that_are_not_in_the_file_are_refused(tmp_path: Path, offset: float) -> None:
    raw = bytearray(nifti())
    raw[108:112] = np.float32(offset).tobytes()
    for suffix, content in ((".nii", bytes(raw)), (".nii.gz", gzip.compress(raw))):
        if (suffix, offset) != (".nii.gz", 400.0):  # seen when it is unpacked
            with pytest.raises(InvalidInput, match="a whole NIfTI image"):
                check_header(io.BytesIO(content), suffix, LIMIT)
        path = tmp_path / f"m{suffix}"
        path.write_bytes(content)
        with pytest.raises(InvalidInput, match="cannot be read"):
            load_volume(path)


def test_a_header_that_promises_more_than_there_is() -> None:
    with pytest.raises(InvalidInput, match="a whole NIfTI image"):
        check_header(io.BytesIO(claiming(50, 50, 50)), ".nii", LIMIT)


def test_a_bomb_is_refused_by_its_header_without_unpacking() -> None:
    bomb = gzip.compress(claiming(30_000, 30_000, 30_000) + b"\0" * 50_000_000)
    assert len(bomb) < LIMIT
    with pytest.raises(TooLarge, match="1,048,576"):
        check_header(io.BytesIO(bomb), ".nii.gz", LIMIT)


def test_headers_of_noise_never_crash() -> None:
    random = np.random.default_rng(0)
    for _ in range(300):
        raw = bytearray(nifti())
        raw[:344] = random.bytes(344)
        with pytest.raises((InvalidInput, TooLarge)):
            check_header(io.BytesIO(bytes(raw)), ".nii", LIMIT)


def test_kept_maps_are_named_by_content(tmp_path: Path) -> None:
    kept = []
    for _ in range(2):
        with received(io.BytesIO(nifti()), "m.nii", LIMIT) as path:
            kept.append(keep(path, tmp_path / "uploads"))
    assert kept[0] == kept[1]
    assert kept[0].read_bytes() == nifti()
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [kept[0].name]
