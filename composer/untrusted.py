"""Weights that somebody sends: judged by their header before any number is touched.

The header is read here, strictly, and not by the library that will map the file afterwards: every
length is bounded, every name and type is from a list, and the tensors must cover the file without
a gap or an overlap. Then the tensors must be those of the family that the metadata name, and no
number may be NaN or infinite. Pickles, archives and everything else that is not safetensors are
refused by their first bytes.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from atlas.errors import InvalidInput, NotFound
from composer.branches import build_of, check_branch
from composer.checkpoints import CheckpointStore, StoredCheckpoint
from composer.meta import build_meta, wanted_tensors

MAX_HEADER, MAX_TENSORS, MAX_NAME, MAX_RANK = 4 * 1024 * 1024, 20_000, 200, 8
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
BYTES["BOOL"] = 1
TORCH = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64"}
TORCH |= {"I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool"}
FINITE: Mapping[str, tuple[str, int]] = {
    "F64": ("<u8", 0x7FF0_0000_0000_0000),
    "F32": ("<u4", 0x7F80_0000),
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
}
"""Type of a float's bits and its exponent: where all its bits are set, it is no finite number."""

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


@dataclass(frozen=True, slots=True)
class Taken:
    """A checkpoint that was sent, where it is kept and what its header says."""

    stored: StoredCheckpoint
    header: Header


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
                raise _odd(what)
        if len(first) < 8:
            raise _odd(f"{size} bytes", "at least 8 bytes")
        length = int.from_bytes(first[:8], "little")
        if length > MAX_HEADER:
            raise _odd(f"a header of {length:,} bytes", f"at most {MAX_HEADER:,}")
        if 8 + length > size:
            raise _odd(f"a header of {length:,} bytes in a file of {size:,}", "a whole file")
        file.seek(8)
        header = _parsed(file.read(length))
    metadata = _metadata(header.pop("__metadata__", {}))
    if len(header) > MAX_TENSORS:
        raise _odd(f"{len(header):,} tensors", f"at most {MAX_TENSORS:,}")
    tensors = sorted((_tensor(name, one) for name, one in header.items()), key=_place)
    _check_cover(tensors, size - 8 - length)
    return Header(tuple(tensors), metadata, 8 + length)


def check_weights(path: Path, *, family: str | None = None) -> Header:
    """Judge a checkpoint that somebody sends; it may be stored when this returns.

    Args:
        path: the file.
        family: refuse weights of any other family than this, where one is wanted.

    Raises:
        InvalidInput: not safetensors, damaged, of an unknown family, not the tensors of the network
            that its metadata describe, or with numbers that are NaN or infinite.
    """
    header = read_header(path)
    kind = header.metadata.get("kind", "no kind")
    if kind not in ("branch", "network"):
        raise InvalidInput("checkpoint metadata", found=kind, expected="kind branch or network")
    build = build_of(header.metadata)
    if family is not None and build.family != family:
        raise InvalidInput("checkpoint", found=f"a {build.family}", expected=f"a {family}")
    try:
        network = build_meta(build)
    except NotFound as error:  # of the file's content, not of an address that was asked for
        raise InvalidInput(
            error.field, found=build.family[:100], expected=error.expected
        ) from error
    if kind == "branch":
        check_branch(network, header.metadata)
    found = {one.name: f"{one.shape} of {TORCH[one.dtype]}" for one in header.tensors}
    wanted_tensors(network, found)
    check_finite(path, header)
    _check_opens(path)
    return header


def take(checkpoints: CheckpointStore, path: Path, *, family: str | None = None) -> Taken:
    """Store a checkpoint that somebody sends, byte for byte, once :func:`check_weights` is content.

    Raises:
        InvalidInput: as there; nothing is stored.
        Unavailable: the disk is full; nothing is left behind.
    """
    header = check_weights(path, family=family)
    return Taken(checkpoints.adopt(path), header)


def _parsed(raw: bytes) -> dict[str, Any]:
    if not raw.startswith(b"{"):
        raise _odd("a header that does not start with {")
    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise _odd(f"a header that is no JSON: {str(error)[:100]}") from error
    if not isinstance(header, dict):
        raise _odd("a header that is no JSON object")
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
        raise _tensor_odd(name, str(found), "dtype, shape and data_offsets")
    dtype, shape, offsets = found["dtype"], found["shape"], found["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BYTES:
        raise _tensor_odd(name, f"type {dtype}", f"one of {', '.join(BYTES)}")
    if not _naturals(shape) or len(shape) > MAX_RANK:
        raise _tensor_odd(name, f"shape {shape}", f"at most {MAX_RANK} whole numbers from 0")
    if not _naturals(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise _tensor_odd(name, f"offsets {offsets}", "a begin and an end after it")
    claimed = math.prod(shape) * BYTES[dtype]
    if claimed != offsets[1] - offsets[0]:
        raise _tensor_odd(
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
            raise _tensor_odd(tensor.name, f"begin {tensor.begin}", f"{at}: tensors may not {word}")
        at = tensor.end
    if at != data:
        raise _odd(f"{data:,} bytes of data", f"{at:,}, as the header says")


def check_finite(path: Path, header: Header) -> None:
    """Refuse a file whose header is sound, and in whose data some number is NaN or infinite.

    Raises:
        InvalidInput: names the tensor.
    """
    for tensor in header.tensors:
        if tensor.dtype not in FINITE or tensor.begin == tensor.end:
            continue
        bits, exponent = FINITE[tensor.dtype]
        start = header.start + tensor.begin
        # Mapped, so that a large file costs no memory; unaligned data are copied by NumPy.
        raw = np.memmap(path, np.uint8, "r", start, (tensor.end - tensor.begin,))
        numbers = raw.view(bits)
        for piece in np.array_split(numbers, max(1, len(numbers) // 2**20)):
            if ((piece & exponent) == exponent).any():
                raise _tensor_odd(tensor.name, "NaN or infinite numbers", "finite numbers")


def _check_opens(path: Path) -> None:
    """Read it as it will be read afterwards: what that library refuses cannot be used.

    Variances that a network divides by the root of are looked at on the way.
    """
    try:
        with safe_open(path, framework="np") as file:
            for name in file.keys():  # noqa: SIM118 - not a mapping
                if name.endswith("running_var") and (file.get_tensor(name) < 0).any():
                    raise _tensor_odd(name, "negative variances", "numbers from 0")
    except SafetensorError as error:
        raise _odd(str(error)[:200]) from error


def _odd(found: str, expected: str = _EXPECTED) -> InvalidInput:
    return InvalidInput("checkpoint", found=found, expected=expected)


def _tensor_odd(name: str, found: str, expected: str) -> InvalidInput:
    return InvalidInput(f"tensor {name}", found=found[:200], expected=expected)
