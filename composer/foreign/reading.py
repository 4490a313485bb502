"""Foreign files opened so that nothing in them can run: tensors come out, objects never."""

from __future__ import annotations

import lzma
import math
import pickle
import re
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from atlas.errors import InvalidInput
from composer.foreign.damage import PACKED, checked, first_line, understood

_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,  # names that are no text, headers of arrays that say nonsense
    RuntimeError,  # encrypted; one of its kinds: of a version to come, or patched data
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
_TOLD = (
    (r"GLOBAL ([^\s]{1,150})", r"a pickle that names \1"),
    (r"legacy \.tar format", "a tar archive, as PyTorch wrote before 0.2"),
    (r"Unsupported (operand|class)", "no pickle of tensors"),
)
"""What torch's unpickler finds, in the midst of its advice, and what that means."""


def read_torch(path: Path) -> dict[str, Tensor]:
    """The tensors of a ``.th`` or ``.pt`` file, by torch's unpickler that knows tensors alone.

    Where the state lies under "state_dict" beside other values, it is taken from there, and a
    prefix "module." (as DataParallel adds) is dropped.

    Raises:
        NotFound: no such file. InvalidInput: objects in it, or no state dict.
    """
    expected = "a state dict: tensors by name, and nothing else"
    _check_archive(checked(path), packed=False)
    with understood(path, expected, _PICKLE):
        found = _unpickled(path)
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if not isinstance(found, Mapping) or not all(isinstance(one, Tensor) for one in found.values()):
        raise InvalidInput(path.name, found=type(found).__name__, expected=expected)
    for name, tensor in found.items():
        if tensor.layout != torch.strided:
            layout = str(tensor.layout).removeprefix("torch.")
            raise InvalidInput(f"tensor {name}", found=layout, expected="a dense tensor")
    return {str(name).removeprefix("module."): tensor for name, tensor in found.items()}


def _unpickled(path: Path) -> object:
    """What lies in the file. Where it cannot be read torch advises to trust it; we say why not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError) as error:
        told = (match.expand(what) for why, what in _TOLD if (match := re.search(why, str(error))))
        raise pickle.UnpicklingError(next(told, first_line(error))) from error


def read_npz(path: Path) -> dict[str, Tensor]:
    """The arrays of an ``.npz`` file; those that would need pickle are refused.

    Raises:
        NotFound: no such file. InvalidInput: no npz file, or objects in it.
    """
    _check_archive(checked(path), packed=True)
    with (
        understood(path, "an .npz of numbers", DAMAGED_ARRAYS),
        np.load(path, allow_pickle=False) as archive,
    ):
        return {name: torch.from_numpy(archive[name]) for name in archive.files}


def _check_archive(path: Path, *, packed: bool) -> None:
    """Refuse a zip archive that unpacks to far more than it is, and one of programs.

    What torch saves is not ``packed`` at all; arrays may be, but numbers do not shrink much.
    """
    with understood(path, "a whole archive", DAMAGED_ARRAYS):
        if not zipfile.is_zipfile(path):
            if packed:
                raise InvalidInput(path.name, found="no zip archive", expected="an .npz of numbers")
            return
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if any(one.filename.endswith("/constants.pkl") for one in entries):
                found = "a TorchScript archive, which is a program"
                raise InvalidInput(path.name, found=found, expected="tensors and nothing else")
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
