"""The header of a safetensors file, read strictly.

Every length is bounded, every name and type is from a list, and the tensors must cover the file
without a gap or an overlap, so that what the header says can be mapped as it stands.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from atlas.errors import InvalidInput

MAX_HEADER, MAX_TENSORS, MAX_NAME, MAX_RANK = 4 * 1024 * 1024, 20_000, 200, 8
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
BYTES["BOOL"] = 1
TORCH = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64"}
TORCH |= {"I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool"}

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_KNOWN = {
    b"PK\x03\x04": "a zip archive (as torch.save writes)",
    b"\x80": "a pickle",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"\x1f\x8b": "a gzip file",
    b"\x08": "protocol buffers, as in an ONNX file",
}
_EXPECTED = "a safetensors file"


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor as the header describes it; ``begin`` and ``end`` count from the data's start."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """What the first bytes of a safetensors file say; ``start`` is where the data begin."""

    tensors: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]
    start: int

    @property
    def parameters(self) -> int:
        """Numbers in all tensors."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors)


def read_header(path: Path) -> Header:
    """The header of a file, if all in it is as the format says.

    Raises:
        InvalidInput: says what is wrong and what is expected.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(16)
        for magic, what in _KNOWN.items():
            # A length may start with any byte; what follows it, a header, starts with a brace.
            if first.startswith(magic) and first[8:9] != b"{":
                raise odd(what)
        if len(first) < 8:
            raise odd(f"{size} bytes", "at least 8 bytes")
        length = int.from_bytes(first[:8], "little")
        if length > MAX_HEADER:
            raise odd(f"a header of {length:,} bytes", f"at most {MAX_HEADER:,}")
        if 8 + length > size:
            raise odd(f"a header of {length:,} bytes in a file of {size:,}", "a whole file")
        file.seek(8)
        header = _parsed(file.read(length))
    metadata = _metadata(header.pop("__metadata__", {}))
    if len(header) > MAX_TENSORS:
        raise odd(f"{len(header):,} tensors", f"at most {MAX_TENSORS:,}")
    tensors = sorted((_tensor(name, one) for name, one in header.items()), key=_place)
    _check_cover(tensors, size - 8 - length)
    return Header(tuple(tensors), metadata, 8 + length)


def header_of(path: Path) -> Header:
    """The header as it was read last, while the file has not changed since.

    Raises:
        InvalidInput: see :func:`read_header`. OSError: the file cannot be read.
    """
    status = path.stat()
    return _header(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=256)
def _header(path: Path, size: int, changed: int) -> Header:
    return read_header(path)


def _parsed(raw: bytes) -> dict[str, Any]:
    if not raw.startswith(b"{"):
        raise odd("a header that does not start with {")
    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise odd(f"a header that is no JSON: {str(error)[:100]}") from error
    if not isinstance(header, dict):
        raise odd("a header that is no JSON object")
    return header


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise InvalidInput("checkpoint", found=f"{twice[:100]!r} twice", expected="every key once")
    return found


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


def _metadata(found: object) -> Mapping[str, str]:
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise InvalidInput("checkpoint metadata", found=str(found)[:100], expected="texts by name")
    return found


def _tensor(name: str, found: object) -> TensorInfo:
    if len(name) > MAX_NAME or not _NAME.fullmatch(name) or ".." in name:
        expected = f"letters, digits, dots, at most {MAX_NAME} of them"
        raise InvalidInput("tensor name", found=repr(name[:MAX_NAME]), expected=expected)
    if not isinstance(found, dict) or set(found) != {"dtype", "shape", "data_offsets"}:
        raise tensor_odd(name, str(found), "dtype, shape and data_offsets")
    dtype, shape, offsets = found["dtype"], found["shape"], found["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BYTES:
        raise tensor_odd(name, f"type {dtype}", f"one of {', '.join(BYTES)}")
    if not _naturals(shape) or len(shape) > MAX_RANK:
        raise tensor_odd(name, f"shape {shape}", f"at most {MAX_RANK} whole numbers from 0")
    if not _naturals(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise tensor_odd(name, f"offsets {offsets}", "a begin and an end after it")
    claimed = math.prod(shape) * BYTES[dtype]
    if claimed != offsets[1] - offsets[0]:
        raise tensor_odd(
            name, f"{offsets[1] - offsets[0]} bytes", f"{claimed} for {shape} of {dtype}"
        )
    return TensorInfo(name, dtype, tuple(shape), offsets[0], offsets[1])


def _naturals(found: object) -> bool:
    return isinstance(found, list) and all(type(one) is int and 0 <= one < 2**53 for one in found)


def _place(tensor: TensorInfo) -> tuple[int, int, str]:
    return tensor.begin, tensor.end, tensor.name


def _check_cover(tensors: Sequence[TensorInfo], data: int) -> None:
    at = 0
    for tensor in tensors:
        if tensor.begin != at:
            word = "overlap" if tensor.begin < at else "leave a gap"
            raise tensor_odd(tensor.name, f"begin {tensor.begin}", f"{at}: tensors may not {word}")
        at = tensor.end
    if at != data:
        raise odd(f"{data:,} bytes of data", f"{at:,}, as the header says")


def odd(found: str, expected: str = _EXPECTED) -> InvalidInput:
    """The error of a file that is not what it should be."""
    return InvalidInput("checkpoint", found=found, expected=expected)


def tensor_odd(name: str, found: str, expected: str) -> InvalidInput:
    """The error of a tensor that is not what it should be."""
    return InvalidInput(f"tensor {name}", found=found[:200], expected=expected)
