"""Statistical maps: read one NIfTI volume and say clearly what is wrong with it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from atlas.errors import InvalidInput

MAX_VOXELS = 512**3
"""A header that promises more voxels than this is refused before anything is read."""

_EXPECTED = "a NIfTI volume (.nii or .nii.gz)"


class Image(Protocol):
    """What is needed of a nibabel image."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along each axis."""
        ...

    @property
    def affine(self) -> NDArray[np.float64] | None:
        """(4, 4) voxels to millimetres."""
        ...

    @property
    def dataobj(self) -> Any:  # noqa: ANN401 - an array or nibabel's lazy stand-in for one
        """The values, or a proxy that reads them."""
        ...

    def get_data_dtype(self) -> np.dtype[Any]:
        """Type of the values on disk."""
        ...


@dataclass(frozen=True, slots=True)
class Volume:
    """One 3-D map: ``data`` is real-valued, ``affine`` (4, 4) goes from voxels to mm."""

    data: NDArray[Any]
    affine: NDArray[np.float64]


def load_volume(
    image: Image | Path | str, field: str = "map", *, volume: int | None = None
) -> Volume:
    """Read a map from a path or take it from a nibabel image.

    Axes of length one after the third are dropped. Infinite values become NaN, which no threshold
    passes. ``volume`` picks one of a series, counted from 0; of more than four axes the fourth
    counts fastest, as in the file.

    Raises:
        InvalidInput: missing or unreadable file, more than one volume and none picked, a volume
            that is not there, not three axes, too large, values that are not real numbers, or an
            affine that cannot be inverted.
    """
    if isinstance(image, (str, Path)):
        image = _open(Path(image), field)
    shape, series = _shape(tuple(int(n) for n in image.shape), field)
    place = _place(series, volume, field)
    affine = _affine(image.affine, field)
    if image.get_data_dtype().kind not in "iufb":
        raise InvalidInput(
            field, found=f"values of type {image.get_data_dtype()}", expected="real numbers"
        )
    try:
        picked = image.dataobj[(slice(None),) * 3 + place] if place else image.dataobj
        data = np.asanyarray(picked).reshape(shape)
    except (OSError, EOFError, ValueError, OverflowError, zlib.error) as error:
        raise InvalidInput(
            field,
            found=f"data that cannot be read ({error})",
            expected=_EXPECTED,
            hint="the file may be cut off",
        ) from error
    if data.dtype.kind == "f" and np.isinf(data).any():
        data = np.where(np.isinf(data), np.nan, data)
    return Volume(data, affine)


def _open(path: Path, field: str) -> Image:
    import nibabel
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    if not path.is_file():
        raise InvalidInput(field, found=f"no file {path.name!r}", expected=_EXPECTED)
    try:
        return cast("Image", nibabel.load(path))
    except (
        *(ImageFileError, HeaderDataError, OSError, EOFError),
        *(ValueError, KeyError, OverflowError, zlib.error),
    ) as error:
        raise InvalidInput(
            field, found=f"{path.name!r}, which cannot be read ({error})", expected=_EXPECTED
        ) from error


def _place(series: tuple[int, ...], volume: int | None, field: str) -> tuple[int, ...]:
    """Indices of the volume along the axes after the third; nothing where there is one volume."""
    count = int(np.prod(series))
    if volume is None and count > 1:
        raise InvalidInput(
            field,
            found=f"{count} volumes",
            expected="a single 3-D volume",
            hint=f"choose one as volume, 0 to {count - 1}",
        )
    if volume is not None and not 0 <= volume < count:
        raise InvalidInput(
            "volume",
            found=volume,
            expected=f"0 to {count - 1}, for there are {count}" if count > 1 else "0, the only one",
        )
    if count == 1:
        return ()
    return tuple(int(i) for i in np.unravel_index(volume or 0, series, order="F"))


def _shape(shape: tuple[int, ...], field: str) -> tuple[tuple[int, int, int], tuple[int, ...]]:
    """The three axes of space, and those of a series."""
    text = " x ".join(map(str, shape))
    if len(shape) < 3 or 0 in shape:
        raise InvalidInput(field, found=f"{text} voxels", expected="three axes, none empty")
    if int(np.prod(shape[:3], dtype=np.int64)) > MAX_VOXELS:
        raise InvalidInput(field, found=f"{text} voxels", expected=f"at most {MAX_VOXELS:,}")
    return (shape[0], shape[1], shape[2]), shape[3:]


def _affine(affine: NDArray[np.float64] | None, field: str) -> NDArray[np.float64]:
    matrix = None if affine is None else np.asarray(affine, dtype=np.float64)
    if (
        matrix is None
        or matrix.shape != (4, 4)
        or not np.isfinite(matrix).all()
        or abs(np.linalg.det(matrix[:3, :3])) < 1e-6
    ):
        raise InvalidInput(
            f"{field}.affine",
            found="none that can be inverted",
            expected="a finite matrix from voxels to millimetres",
        )
    return matrix
