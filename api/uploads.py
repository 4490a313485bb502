"""Maps that people send: checked by their header before anything else reads them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from math import prod
from os import SEEK_END
from pathlib import Path
from shutil import copyfile, copyfileobj
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from starlette.datastructures import UploadFile

from api.limits import TooLarge
from atlas.errors import InvalidInput, Unavailable

SUFFIXES = (".nii", ".nii.gz")
GZIP_MAGIC = b"\x1f\x8b"
NIFTI1_BYTES, NIFTI2_BYTES = 348, 540
MAX_OFFSET = 16 * 1024**2
"""Where voxels begin in a compressed file, at most: extensions of the header come before them."""


@contextmanager
def received(
    file: BinaryIO, name: str | None, max_map_bytes: int, *, several: bool = False
) -> Iterator[Path]:
    """Keep an uploaded map in a temporary file while the block runs.

    Args:
        file: the upload, open for reading in binary mode.
        name: the file name that the sender gave; letters and digits of it are kept.
        max_map_bytes: bound on the decompressed voxels that the header claims.
        several: whether it may hold more than one map, along a fourth axis.

    Raises:
        InvalidInput: not a three-dimensional single-file NIfTI image.
        TooLarge: the header claims more than ``max_map_bytes``.
    """
    suffix = _suffix(name)
    check_header(file, suffix, max_map_bytes, several=several)
    with TemporaryDirectory(prefix="neuroweave-") as folder:
        stem = re.sub(r"[^\w-]", "_", Path(name or "map").name[: -len(suffix)])[:100]
        path = Path(folder) / f"{stem or 'map'}{suffix}"
        with path.open("wb") as target:
            copyfileobj(file, target)
        yield path


@contextmanager
def received_table(file: UploadFile, max_bytes: int) -> Iterator[Path]:
    """Keep an uploaded table in a temporary file while the block runs.

    Raises:
        TooLarge: it has more than ``max_bytes``.
    """
    if (file.size or 0) > max_bytes:
        raise TooLarge(max_bytes, what="table")
    name = re.sub(r"[^\w.-]", "_", Path(file.filename or "table").name).lstrip(".")[-100:]
    with TemporaryDirectory(prefix="neuroweave-") as folder:
        path = Path(folder) / (name or "table")
        with path.open("wb") as target:
            copyfileobj(file.file, target)
        yield path


def keep(path: Path, folder: Path) -> Path:
    """Move a received file to where jobs find it, under the SHA-256 of its content.

    The same file sent twice is one file.

    Raises:
        Unavailable: the disk is full or the folder cannot be written; nothing is left behind.
    """
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    target = folder / f"{digest}{_ending(path.name)}"
    if target.exists():
        return target
    partial = folder / f".{digest}.{path.parent.name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copyfile(path, partial)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Unavailable("disk", found=str(error), expected="room for the file") from error
    return target


def check_header(file: BinaryIO, suffix: str, max_map_bytes: int, *, several: bool = False) -> None:
    """Refuse a map by its first bytes alone, so that no bomb is ever unpacked.

    Leaves ``file`` at its beginning.

    Raises:
        InvalidInput: no NIfTI header, not three-dimensional, no numbers in it, or voxels that are
            not in the file.
        TooLarge: it claims more than ``max_map_bytes`` of voxels.
    """
    size = file.seek(0, SEEK_END)
    file.seek(0)
    block = _first_bytes(file.read(64 * 1024), suffix)
    file.seek(0)
    shape, kind, bytes_each, offset = _described(block)
    _check_shape(shape, kind, several)
    claimed = bytes_each * prod(shape)
    if claimed > max_map_bytes:
        raise TooLarge(max_map_bytes, what="map, as its header describes it,")
    # How much a compressed file holds is seen when it is unpacked.
    held = size - offset if suffix == ".nii" else MAX_OFFSET - offset + claimed
    if not (offset >= 0 and claimed <= held):  # an offset that is no number fits nowhere
        found = f"voxels {offset:g} bytes from its beginning, in a file of {size} bytes"
        raise InvalidInput("map", found=found, expected="a whole NIfTI image")


def _described(block: bytes) -> tuple[tuple[int, ...], str, int, float]:
    """Return shape, NumPy kind, bytes per voxel and where voxels begin, as a header gives them."""
    # Heavy, and needed by maps only; its classes are not annotated.
    import nibabel

    nib: Any = nibabel
    try:
        if block[344:348] == b"n+1\0":
            header = nib.Nifti1Header(block[:NIFTI1_BYTES], check=False)
        elif block[4:8] == b"n+2\0":
            header = nib.Nifti2Header(block[:NIFTI2_BYTES], check=False)
        else:
            raise InvalidInput("map", found="no NIfTI header", expected="a single-file NIfTI image")
        dtype = header.get_data_dtype()
        shape = tuple(int(size) for size in header.get_data_shape())
    except (nib.spatialimages.HeaderDataError, nib.wrapstruct.WrapStructError, KeyError) as error:
        found = "a broken NIfTI header"
        raise InvalidInput("map", found=found, expected="a NIfTI image") from error
    return shape, dtype.kind, dtype.itemsize, float(header["vox_offset"])


def _check_shape(shape: tuple[int, ...], kind: str, several: bool) -> None:
    expected = "an image of at least three axes" if several else "one 3-D statistical map"
    longer = [size for size in shape[3:] if size != 1]
    if len(shape) < 3 or (longer and not several):
        text = " × ".join(map(str, shape))
        raise InvalidInput("map", found=f"a {len(shape)}-D image ({text})", expected=expected)
    if any(size < 1 for size in shape):
        raise InvalidInput("map", found="an image without voxels", expected=expected)
    if kind not in "iuf":
        raise InvalidInput("map", found="voxels that are not real numbers", expected=expected)


def _suffix(name: str | None) -> str:
    found = re.search(r"\.nii(\.gz)?$", (name or "").lower())
    if found is None:
        shown = repr(Path(name).suffix) if name else "no file name"
        raise InvalidInput("map", found=shown, expected="a file ending in .nii or .nii.gz")
    return found.group(0)


def _ending(name: str) -> str:
    """The ending of a received file, whose name is safe: that of images has two parts."""
    return "".join(Path(name).suffixes[-2:]) if name.endswith(".nii.gz") else Path(name).suffix


def _first_bytes(raw: bytes, suffix: str) -> bytes:
    compressed = raw.startswith(GZIP_MAGIC)
    if compressed != (suffix == ".nii.gz"):
        found = "a gzip file" if compressed else "a file that is not gzip"
        raise InvalidInput("map", found=found, expected=f"what {suffix} promises")
    if not compressed:
        return raw[:NIFTI2_BYTES]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(raw, NIFTI2_BYTES)
    except zlib.error as error:
        raise InvalidInput("map", found="broken gzip data", expected="a .nii.gz file") from error
