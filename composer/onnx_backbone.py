"""ONNX networks as fixed backbones: run by onnxruntime, with intermediate results as taps.

A backbone never learns. Any tensor between two nodes can be a tap; which there are is read from
the file itself. The format is protocol buffers, in which a message that follows another is merged
into it: a tap is made by appending a few bytes that name one more output of the graph.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput, NotFound

Array = npt.NDArray[Any]

GRAPH, NODE, INITIALIZER, INPUT, OUTPUT = 7, 1, 5, 11, 12
NODE_OUTPUT, NODE_KIND, VALUE_NAME, EXTERNAL_DATA = 2, 4, 1, 13
DIMS, SPARSE, ATTRIBUTE, FUNCTION = 1, 15, 5, 25
DATA_TYPE, TENSOR_NAME, RAW = 2, 8, 9
FLOATS: Mapping[int, tuple[str, int]] = {1: ("<f4", 4), 10: ("<f2", RAW), 11: ("<f8", 10)}
"""Types of floats, and the field that holds them where they are not in ``RAW``."""

MAX_NODES, MAX_DEEP, MAX_CELLS = 20_000, 8, 50_000_000
LENGTH_DELIMITED = 2
MAX_BYTES = 512 * 1024**2


@dataclass(frozen=True, slots=True)
class Node:
    """One operation of the graph and the first tensor that it makes."""

    kind: str
    output: str


class OnnxBackbone:
    """A fixed network with named taps.

    Args:
        path: an ``.onnx`` file that holds all its weights itself, or its content.
        taps: names of tensors in the graph; by default the last convolution at every resolution.
        sample: inputs to find the shapes of the taps with; needed where the file leaves lengths
            open and the network cannot run on a length of one.
        threads: that one run may use.

    Raises:
        NotFound: no such file. InvalidInput: no ONNX network, weights in other files, a tensor
            that the graph lacks.
    """

    def __init__(
        self,
        path: Path | bytes,
        taps: Sequence[str] | None = None,
        *,
        sample: Mapping[str, Array] | None = None,
        threads: int = 1,
    ) -> None:
        content, name = (path, "onnx") if isinstance(path, bytes) else (read_onnx(path), path.name)
        self.nodes = nodes(content)
        self.parameters = parameters(content)
        self._threads = threads
        made = {node.output for node in self.nodes}
        if unknown := [tap for tap in taps or () if tap not in made]:
            expected = "a tensor that a node of the graph makes"
            raise InvalidInput("taps", found=unknown[0], expected=expected)
        plain = self._session(content, name)
        self.inputs = {one.name: (tuple(one.shape), one.type) for one in plain.get_inputs()}
        self.outputs = [one.name for one in plain.get_outputs()]
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._sample = sample or self.zeros()
        shapes = self._shapes(content, name, list(taps) if taps else self._convolutions())
        self.taps: dict[str, tuple[int, ...]] = (
            {tap: shapes[tap] for tap in taps} if taps else _last_of_each_size(shapes)
        )
        self._tapped = self._session(with_outputs(content, self._extra(self.taps)), name)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The network's own outputs by name."""
        return self._run(self.outputs, inputs)

    def features(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """What every tap holds, (N, channels, …) each."""
        return self._run(list(self.taps), inputs)

    @property
    def takes(self) -> str:
        """Its inputs in words; a length that is left open is a name."""
        told = (f"{name}: {shape} {kind}" for name, (shape, kind) in self.inputs.items())
        return "; ".join(told) or "no input"

    def zeros(self) -> dict[str, Array]:
        """One sample of zeros; a length that the file leaves open is 1."""
        kinds = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(uint8)": np.uint8}
        made = {}
        for name, (shape, kind) in self.inputs.items():
            if kind not in kinds:
                expected = f"one of {', '.join(kinds)}"
                raise InvalidInput(f"inputs.{name}", found=kind, expected=expected)
            sides = [one if isinstance(one, int) else 1 for one in shape]
            if math.prod(sides) > MAX_CELLS:
                expected = f"at most {MAX_CELLS:,} numbers"
                raise InvalidInput(f"inputs.{name}", found=tuple(shape), expected=expected)
            made[name] = np.zeros(sides, kinds[kind])
        return made

    def _run(self, names: list[str], inputs: Mapping[str, Array]) -> dict[str, Array]:
        if set(inputs) != set(self.inputs):
            raise InvalidInput("inputs", found=sorted(inputs), expected=str(sorted(self.inputs)))
        for name, array in inputs.items():
            shape, _ = self.inputs[name]
            fits = len(shape) == array.ndim and all(
                not isinstance(one, int) or one == got
                for one, got in zip(shape, array.shape, strict=True)
            )
            if not fits:
                raise InvalidInput(f"inputs.{name}", found=array.shape, expected=str(shape))
        return dict(zip(names, self._tapped.run(names, dict(inputs)), strict=True))

    def _convolutions(self) -> list[str]:
        return [node.output for node in self.nodes if node.kind == "Conv"]

    def _extra(self, names: Sequence[str] | Mapping[str, Any]) -> list[str]:
        return [name for name in names if name not in self.outputs]

    def _shapes(self, content: bytes, name: str, names: list[str]) -> dict[str, tuple[int, ...]]:
        session = self._session(with_outputs(content, self._extra(names)), name)
        try:
            found = session.run(names, dict(self._sample)) if names else []
        except Exception as error:  # as in _session
            what = {key: array.shape for key, array in self._sample.items()}
            says = f"{_reason(error)}; it takes {self.takes}"
            expected = "one that it can run on"
            raise InvalidInput("sample", found=what, expected=expected, hint=says) from error
        return {tap: tuple(one.shape[1:]) for tap, one in zip(names, found, strict=True)}

    def _session(self, content: bytes, name: str) -> Any:  # noqa: ANN401 - onnxruntime is not typed
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 4  # what it refuses is said by us
        try:
            return onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors share no class of their own
            expected = "a network that can run"
            raise InvalidInput(name, found=_reason(error), expected=expected) from error


def _reason(error: Exception) -> str:
    """What onnxruntime says, without the place in its source that it begins with."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : (\w+ : )(/\S+:\d+ .*\) )?", r"\1", line)[:400]


def nodes(model: bytes) -> list[Node]:
    """The operations of a serialised ONNX model, in the order of the graph.

    Raises:
        InvalidInput: no such model, or one whose weights lie in other files.
    """
    found = []
    if _fields(model, FUNCTION):
        raise InvalidInput("onnx", found="functions of its own", expected="operations of ONNX")
    for graph in _fields(model, GRAPH):
        _check_inside(graph)
        for node in _fields(graph, NODE):
            outputs, kinds = _fields(node, NODE_OUTPUT), _fields(node, NODE_KIND)
            if outputs and kinds:
                kind, output = (one[0].decode("utf-8", "replace") for one in (kinds, outputs))
                found.append(Node(kind, output))
    if not found:
        raise InvalidInput("onnx", found="no graph", expected="an ONNX model")
    return found


def _check_inside(graph: bytes, deep: int = MAX_DEEP) -> None:
    """Refuse weights in other files, in any tensor of a graph and of those within its nodes."""
    if not deep:
        raise InvalidInput("onnx", found="graphs in graphs", expected=f"at most {MAX_DEEP} deep")
    operations = _operations(graph)
    tensors = _fields(graph, INITIALIZER)
    for sparse in _fields(graph, SPARSE):
        tensors += [part for number in (1, 2) for part in _fields(sparse, number)]
    for node in operations:
        if b"Loop" in _fields(node, NODE_KIND):
            raise InvalidInput("onnx", found="a loop", expected="operations that surely end")
        for attribute in _fields(node, ATTRIBUTE):
            tensors += _fields(attribute, 5) + _fields(attribute, 10)
            for within in _fields(attribute, 6) + _fields(attribute, 11):
                _check_inside(within, deep - 1)
    for tensor in tensors:
        if _fields(tensor, EXTERNAL_DATA):
            raise InvalidInput("onnx", found="weights in other files", expected="one whole file")
        _check_finite(tensor)


def _operations(graph: bytes) -> list[bytes]:
    found = []
    for number, one in _walk(graph):
        if number == NODE and isinstance(one, bytes):
            found.append(one)
            if len(found) > MAX_NODES:
                expected = f"at most {MAX_NODES:,}"
                raise InvalidInput("onnx", found="more operations", expected=expected)
    return found


def _check_finite(tensor: bytes) -> None:
    """Refuse floats that are no numbers."""
    kind = next((one for number, one in _walk(tensor) if number == DATA_TYPE), 0)
    if not isinstance(kind, int) or kind not in FLOATS:
        return
    dtype, field = FLOATS[kind]
    for number in {field, RAW}:
        for held in _fields(tensor, number):
            if len(held) % np.dtype(dtype).itemsize:
                raise _broken()
            if np.isfinite(np.frombuffer(held, dtype)).all():
                continue
            name = next(iter(_fields(tensor, TENSOR_NAME)), b"").decode("utf-8", "replace")
            expected = "finite numbers"
            raise InvalidInput(f"tensor {name[:100]}", found="NaN or infinite", expected=expected)


def parameters(model: bytes) -> int:
    """Numbers in the tensors that the graph comes with."""
    return sum(
        math.prod(_dims(tensor))
        for graph in _fields(model, GRAPH)
        for tensor in _fields(graph, INITIALIZER)
    )


def with_outputs(model: bytes, names: Sequence[str]) -> bytes:
    """The model with these tensors among its outputs."""
    values = [_field(VALUE_NAME, name.encode()) for name in names]
    graph = b"".join(_field(OUTPUT, value) for value in values)
    return model + _field(GRAPH, graph) if names else model


def _last_of_each_size(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Where a size comes back (in an upsampling neck), its last tensor counts.

    Maps of a single cell are left out: they weigh channels and show nothing.
    """
    maps = {name: shape for name, shape in shapes.items() if len(shape) == 3}
    last = {shape[1:]: name for name, shape in maps.items() if shape[1:] != (1, 1)}
    return {name: shapes[name] for name in shapes if name in last.values()}


def read_onnx(path: Path) -> bytes:
    """The content of a file that is not too large.

    Raises:
        NotFound: no such file. InvalidInput: empty, or larger than :data:`MAX_BYTES`.
    """
    if not path.is_file():
        raise NotFound("file", found=path.name, expected="a file that can be read")
    if not (size := path.stat().st_size):
        raise InvalidInput(path.name, found="an empty file", expected="an ONNX model")
    if size > MAX_BYTES:
        raise InvalidInput(path.name, found=f"{size:,} bytes", expected=f"at most {MAX_BYTES:,}")
    return path.read_bytes()


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all bytes but the last have the highest bit.

    >>> _varint(300).hex()
    'ac02'
    """
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def _fields(message: bytes, wanted: int) -> list[bytes]:
    """Contents of one length-delimited field of a message, in order."""
    return [one for number, one in _walk(message) if number == wanted and isinstance(one, bytes)]


def _dims(tensor: bytes) -> list[int]:
    """The extents of a tensor, packed or one by one."""
    found = []
    for number, one in _walk(tensor):
        if number != DIMS:
            continue
        if isinstance(one, int):
            found.append(one)
            continue
        at = 0
        while at < len(one):
            extent, at = _number(one, at)
            found.append(extent)
    return found


def _walk(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    at = 0
    while at < len(message):
        tag, at = _number(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == LENGTH_DELIMITED:
            length, at = _number(message, at)
            if at + length > len(message):
                raise _broken()
            yield number, message[at : at + length]
            at += length
        elif kind == 0:
            value, at = _number(message, at)
            yield number, value
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise _broken()


def _number(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise _broken()


def _broken() -> InvalidInput:
    return InvalidInput("onnx", found="a broken message", expected="an ONNX model")
