"""Label volumes as people keep them: any NIfTI, read slab by slab within bounded memory."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput
from atlas.label_volume import LabelVolume
from atlas.probabilities import ProbabilityVolume
from atlas.spaces import MNI, MNI_TEMPLATES, TALAIRACH
from ingest.atlases.scales import scale_of

MAX_VOXELS = 64 * 1024**2
"""Voxels of one volume; the MNI template at 0.5 mm has 58 million."""

MAX_VALUES = 16 * MAX_VOXELS
"""Voxels of all maps of a probabilistic atlas, of which one is in memory at a time."""

WHOLE = 1e-3
"""How far a stored label may be from a whole number (scale factors are single precision)."""

THRESHOLD = 0.25
"""Least probability, from 0 to 1, for a voxel to belong to a region of a 4-D atlas."""

_EXPECTED = "a NIfTI label volume (.nii or .nii.gz)"
_HEADER_BYTES = 540
_CODES = {1: "scanner", 2: "aligned", 3: "talairach", 4: "mni"}
_BROKEN = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label volume and what it can no longer tell of its file.

    ``n_decimal``, ``n_non_finite`` and ``n_negative`` count voxels that were read as background;
    ``header_space`` is as in :class:`atlas.checks.candidate.Candidate`. ``n_maps`` is 1, or the
    number of probability maps whose largest value made the labels (the k-th is label k).
    ``probabilities`` are the maps themselves, ``scale`` says how their values were read.
    ``named_space`` is the template that the file name or header names, or "".
    """

    volume: LabelVolume
    n_decimal: int = 0
    n_non_finite: int = 0
    n_negative: int = 0
    header_space: str = ""
    n_maps: int = 1
    named_space: str = ""
    probabilities: ProbabilityVolume | None = None
    scale: str = ""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the voxels lie in the (unpacked) file and how their numbers are written."""

    shape: tuple[int, int, int]
    n_maps: int
    dtype: np.dtype[Any]
    offset: int
    slope: float
    intercept: float
    affine: NDArray[np.float64]
    code: int

    @property
    def slab(self) -> int:
        """Bytes of one slice across the third axis."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize


def read_labels(path: Path, *, threshold: float = THRESHOLD, field: str = "volume") -> LabelFile:
    """Read a label volume, or the maps of a 4-D probabilistic atlas and the labels they make.

    NIfTI-1 and -2, packed or not; labels stored as whole or decimal numbers, with scale factors;
    NaN as background; axes of length one after the third are dropped. Never more is unpacked than
    the header promises plus one slice.

    Args:
        path: the file; whether it is packed is read from its bytes.
        threshold: least probability of 4-D maps (0 to 1, once :func:`scale_of` has scaled them).
        field: how a message names the file.

    Raises:
        InvalidInput: no NIfTI file, cut off, more or fewer data than its header says, too large,
            numbers that cannot be labels or probabilities, or no affine that can be inverted.
    """
    with _opened(path, field) as file:
        try:
            layout = _layout(file.read(_HEADER_BYTES), field)
            _skip(file, layout.offset - _HEADER_BYTES, field)
            made = _labels(file, layout, field) if layout.n_maps == 1 else None
            made = made or _probable(file, layout, threshold, field)
            if len(file.read(layout.slab)) >= layout.slab:
                raise _refused(field, "more data than its header says", "the header may be wrong")
        except _BROKEN as error:
            raise _refused(
                field, f"data that cannot be read ({error})", "is it cut off?"
            ) from error
    space = _CODES.get(layout.code, "")
    return replace(made, header_space=space, named_space=space_in_name(path.name) or _said(space))


def space_in_name(name: str) -> str:
    """The space that a file name mentions, or "".

    >>> space_in_name("Brodmann_space-MNI152NLin6_res-2x2x2.nii.gz"), space_in_name("labels.nii")
    ('MNI152NLin6Asym', '')
    """
    for space in (*MNI_TEMPLATES, TALAIRACH):
        if space.lower() in name.lower():
            return space
    match = re.search(r"MNI152NLin(6|2009c)", name, re.IGNORECASE)
    return f"MNI152NLin{match[1].lower()}Asym" if match else ""


def _said(code: str) -> str:
    return {"mni": MNI, "talairach": TALAIRACH}.get(code, "")


@contextmanager
def _opened(path: Path, field: str) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                with gzip.GzipFile(fileobj=raw) as file:
                    yield cast("BinaryIO", file)
            else:
                yield raw
    except OSError as error:
        raise _refused(field, f"{path.name!r}: {error.strerror or error}") from error


def _layout(block: bytes, field: str) -> _Layout:
    header = _header(block, field)
    try:
        dtype, shape = header.get_data_dtype(), tuple(int(n) for n in header.get_data_shape())
        offset = int(header.get_data_offset())
        slope, intercept = header.get_slope_inter()
        affine = np.asarray(header.get_best_affine(), dtype=np.float64)
        code = int(header["sform_code"]) or int(header["qform_code"])
    except Exception as error:  # nibabel raises many kinds for one broken header
        raise _refused(field, f"a broken header ({error})") from error
    text = " x ".join(map(str, shape))
    if len(shape) < 3 or any(n < 1 for n in shape):
        raise InvalidInput(field, found=f"{text} voxels", expected="three axes, none empty")
    if dtype.kind not in "iufb" or dtype.itemsize > 16:
        raise InvalidInput(field, found=f"values of type {dtype}", expected="numbers as labels")
    n_maps = prod(shape[3:])
    if prod(shape[:3]) > MAX_VOXELS or n_maps * prod(shape[:3]) > MAX_VALUES:
        limit = f"at most {MAX_VOXELS:,} voxels ({MAX_VALUES:,} in all maps)"
        raise InvalidInput(field, found=f"{text} voxels", expected=limit)
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-6:
        raise InvalidInput(
            f"{field}.affine",
            found="none that can be inverted",
            expected="a finite matrix from voxels to millimetres",
        )
    grid = (shape[0], shape[1], shape[2])
    scale = 1.0 if slope is None else float(slope), 0.0 if intercept is None else float(intercept)
    return _Layout(grid, n_maps, dtype, max(offset, 352), *scale, affine, code)


def _header(block: bytes, field: str) -> Any:  # noqa: ANN401 - nibabel's headers are not annotated
    import nibabel

    nib: Any = nibabel
    if block[344:348] == b"n+1\0":
        return nib.Nifti1Header(block[:348], check=False)
    if block[4:8] == b"n+2\0":
        return nib.Nifti2Header(block[:540], check=False)
    raise InvalidInput(field, found="no NIfTI header", expected=_EXPECTED)


def _skip(file: BinaryIO, n: int, field: str) -> None:
    """Pass over extensions, or step back into a NIfTI-1 file whose voxels start sooner."""
    if n > MAX_VOXELS:
        raise _refused(field, f"voxels that start at byte {n:,}", "the header may be wrong")
    file.seek(n + _HEADER_BYTES)


def _slabs(file: BinaryIO, layout: _Layout, field: str) -> Iterator[tuple[int, NDArray[Any]]]:
    """Each slice of the third axis of the next map, with the header's scale factors applied."""
    for z in range(layout.shape[2]):
        block = file.read(layout.slab)
        if len(block) < layout.slab:
            raise _refused(field, "fewer data than its header says", "is it cut off?")
        slab = np.frombuffer(block, layout.dtype).reshape(layout.shape[:2], order="F")
        if (layout.slope, layout.intercept) != (1.0, 0.0):
            slab = slab * layout.slope + layout.intercept
        yield z, slab


def _labels(file: BinaryIO, layout: _Layout, field: str) -> LabelFile:
    labels = np.zeros(layout.shape, dtype=np.int32, order="F")
    decimal = non_finite = negative = 0
    for z, slab in _slabs(file, layout, field):
        finite = np.isfinite(slab)
        values = np.where(finite, slab, 0) if slab.dtype.kind == "f" else slab
        whole = np.rint(values) if slab.dtype.kind == "f" else values
        if float(whole.max()) > np.iinfo(np.int32).max:
            raise InvalidInput(field, found=f"label {whole.max():.0f}", expected="less than 2^31")
        broken = np.abs(values - whole) > WHOLE if slab.dtype.kind == "f" else ~finite
        below = ~broken & (whole < 0)
        non_finite += int((~finite).sum())
        decimal += int(broken.sum())
        negative += int(below.sum())
        labels[:, :, z] = np.where(broken | below, 0, whole).astype(np.int32)
    return LabelFile(LabelVolume(labels, layout.affine), decimal, non_finite, negative)


def _probable(file: BinaryIO, layout: _Layout, threshold: float, field: str) -> LabelFile:
    """All maps as probabilities; they are read twice, for their range and for their values."""
    lows, highs, non_finite = _ranges(file, layout, field)
    scale, divisors = scale_of(lows, highs, field)
    _skip(file, layout.offset - _HEADER_BYTES, field)
    maps = (
        (number, np.clip(_map(file, layout, field) / np.float32(divisor), 0, 1))
        for number, divisor in enumerate(divisors, 1)
    )
    found = ProbabilityVolume.of_maps(maps, layout.affine, layout.shape, threshold)
    return LabelFile(
        found.argmax(),
        n_non_finite=non_finite,
        n_maps=layout.n_maps,
        probabilities=found,
        scale=scale,
    )


def _ranges(file: BinaryIO, layout: _Layout, field: str) -> tuple[list[float], list[float], int]:
    """Least and largest finite value of each map, and the number of values that are not finite."""
    lows, highs, non_finite, above = [], [], 0, 0
    for _ in range(layout.n_maps):
        low = high = 0.0
        for _z, slab in _slabs(file, layout, field):
            finite = slab[np.isfinite(slab)]
            non_finite += slab.size - finite.size
            above += int((finite > 0).sum())
            low = min(low, float(finite.min(initial=0)))
            high = max(high, float(finite.max(initial=0)))
        if above > MAX_VOXELS:
            expected = f"at most {MAX_VOXELS:,}"
            raise InvalidInput(field, found=f"{above:,} values above 0", expected=expected)
        lows.append(low)
        highs.append(high)
    return lows, highs, non_finite


def _map(file: BinaryIO, layout: _Layout, field: str) -> NDArray[np.float32]:
    """The next map; what is not finite is 0."""
    data = np.zeros(layout.shape, dtype=np.float32)
    for z, slab in _slabs(file, layout, field):
        data[:, :, z] = np.where(np.isfinite(slab), slab, 0)
    return data


def _refused(field: str, found: str, hint: str = "") -> InvalidInput:
    return InvalidInput(field, found=found, expected=_EXPECTED, hint=hint)
