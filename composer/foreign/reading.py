"""Foreign files opened so that nothing in them can run: tensors come out, objects never."""

from __future__ import annotations

import errno
import json
import lzma
import math
import pickle
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from atlas.errors import InvalidInput, NotFound, Unavailable

MAX_BYTES = 2 * 1024**3
PACKED = 20
"""Times that a file may grow when it is unpacked."""
_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,  # names that are no text, headers of arrays that say nonsense
    RuntimeError,  # encrypted; as NotImplementedError: a zip of a version to come, or patched
)
"""What zipfile raises on bytes that are no whole archive."""
DAMAGED_ARRAYS = (
    *_ARCHIVE,
    SyntaxError,  # a header is a Python literal
    tokenize.TokenError,
    TypeError,
    LookupError,
    MemoryError,
)
"""What NumPy raises on such an .npz, or on one with an array whose header lies."""
_PICKLE = (
    pickle.UnpicklingError,
    struct.error,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    AssertionError,
    MemoryError,
    RuntimeError,  # all that the C++ reader of torch's archives finds
)
"""What torch.load raises: its unpickler acts on damaged bytes as on any program with mistakes."""
_HDF5 = (
    ValueError,
    TypeError,
    LookupError,
    MemoryError,
    RuntimeError,  # what h5py has no Python error for, as an unspecified one of the C library
)
"""What h5py raises, and JSON of a model's structure that is none."""
Array = npt.NDArray[Any]
Damage = tuple[type[Exception], ...]


def read_torch(path: Path) -> dict[str, Tensor]:
    """The tensors of a ``.th`` or ``.pt`` file, by torch's unpickler that knows tensors alone.

    Where the state lies under "state_dict" beside other values, it is taken from there, and a
    prefix "module." (as DataParallel adds) is dropped.

    Raises:
        NotFound: no such file. InvalidInput: objects in it, or no state dict.
    """
    expected = "a state dict: tensors by name, and nothing else"
    _check_archive(_checked(path), packed=False)
    with _understood(path, expected, _PICKLE):
        found = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if not isinstance(found, Mapping) or not all(isinstance(one, Tensor) for one in found.values()):
        raise InvalidInput(path.name, found=type(found).__name__, expected=expected)
    for name, tensor in found.items():
        if tensor.layout != torch.strided:
            layout = str(tensor.layout).removeprefix("torch.")
            raise InvalidInput(f"tensor {name}", found=layout, expected="a dense tensor")
    return {str(name).removeprefix("module."): tensor for name, tensor in found.items()}


def read_npz(path: Path) -> dict[str, Tensor]:
    """The arrays of an ``.npz`` file; those that would need pickle are refused.

    Raises:
        NotFound: no such file. InvalidInput: no npz file, or objects in it.
    """
    _check_archive(_checked(path), packed=True)
    with (
        _understood(path, "an .npz of numbers", DAMAGED_ARRAYS),
        np.load(path, allow_pickle=False) as archive,
    ):
        return {name: torch.from_numpy(archive[name]) for name in archive.files}


@dataclass(frozen=True, slots=True)
class KerasFile:
    """Class and name of a Keras model's layers in their order, and the arrays of each by name."""

    layers: list[tuple[str, str]]
    weights: Mapping[str, Mapping[str, Array]]

    def named(self, kind: str) -> list[str]:
        """Names of the layers of one class, in order."""
        return [name for its, name in self.layers if its == kind]


def read_keras(path: Path) -> KerasFile:
    """Structure and weights of a Keras HDF5 file; layers with code in them are refused.

    Raises:
        NotFound: no such file. InvalidInput: not such a file, or a Lambda layer.
    """
    import h5py

    most = PACKED * _checked(path).stat().st_size
    expected = "a Keras model with its structure and weights"
    with _understood(path, expected, _HDF5), h5py.File(path, "r") as file:
        config = json.loads(file.attrs["model_config"])["config"]
        described = config["layers"] if isinstance(config, dict) else config
        layers = [(str(one["class_name"]), str(one["config"]["name"])) for one in described]
        groups = _own(file, "model_weights")
        weights = {name: _arrays(_own(groups, name), most) for name in groups}
    if any(kind == "Lambda" for kind, _ in layers):
        raise InvalidInput(path.name, found="a Lambda layer", expected="layers without code")
    return KerasFile(layers, weights)


@contextmanager
def _understood(path: Path, expected: str, damage: Damage) -> Iterator[None]:
    """Refuse a file whose bytes a library cannot understand.

    Raises:
        InvalidInput: so it is. Unavailable: the system cannot read it.
    """
    try:
        yield
    except OSError as error:
        # Libraries that mean the bytes give no number; a seek to nowhere is an invalid argument.
        if error.errno not in (None, errno.EINVAL):
            raise Unavailable(
                path.name,
                found=f"{error.strerror or error} while reading",
                expected="a file that can be read",
            ) from error
        raise InvalidInput(path.name, found=_line(error), expected=expected) from error
    except damage as error:
        raise InvalidInput(path.name, found=_line(error), expected=expected) from error


def _own(group: Any, name: str) -> Any:  # noqa: ANN401 - h5py is not typed
    """A member that lies in the file itself: links may lead to other files, or round in circles.

    So may the numbers of a data set.
    """
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise InvalidInput(name, found="a link", expected="what lies in the file itself")
    found = group[name]
    if isinstance(found, h5py.Dataset) and (found.external or found.is_virtual):
        raise InvalidInput(name, found="numbers in other files", expected="one whole file")
    return found


def _arrays(group: Any, most: int, deep: int = 8) -> dict[str, Array]:  # noqa: ANN401 - as above
    """Every array below a group by the last part of its name; ``most`` bytes each."""
    import h5py

    found: dict[str, Array] = {}
    for name in group:
        item = _own(group, name)
        if isinstance(item, h5py.Dataset):
            if item.nbytes > most:
                expected = f"at most {most:,}, from a file of this size"
                raise InvalidInput(name, found=f"{item.nbytes:,} bytes", expected=expected)
            found[name.partition(":")[0]] = np.asarray(item)
        elif deep:
            found |= _arrays(item, most, deep - 1)
    return found


def _check_archive(path: Path, *, packed: bool) -> None:
    """Refuse a zip archive that unpacks to far more than it is.

    What torch saves is not ``packed`` at all; arrays may be, but numbers do not shrink much.
    """
    with _understood(path, "a whole archive", DAMAGED_ARRAYS):
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            headers = {} if not packed else {one.filename: _claim(archive, one) for one in entries}
    most = path.stat().st_size * (PACKED if packed else 1)
    size = sum(max(one.file_size, headers.get(one.filename, 0)) for one in entries)
    if size > most:
        expected = f"at most {most:,}, from a file of this size"
        raise InvalidInput(path.name, found=f"{size:,} bytes unpacked", expected=expected)


def _claim(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Bytes that an array's header asks for; NumPy would reserve them at once."""
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0
        read = read if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    return math.prod(shape) * dtype.itemsize


def _checked(path: Path) -> Path:
    if not path.is_file():
        raise NotFound("file", found=path.name, expected="a file that can be read")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InvalidInput(path.name, found=f"{size:,} bytes", expected=f"at most {MAX_BYTES:,}")
    return path


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
