"""Published files that are not what they seem: refused with the reason, nothing run or kept."""

from __future__ import annotations

import collections
import io
import json
import os
import pathlib
import pickle
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from atlas.errors import NeuroweaveError, Unavailable
from composer.checkpoints import CheckpointStore
from composer.families.registry import find_family
from composer.foreign import apart, formats
from composer.foreign.base import Foreign
from composer.foreign.formats import read_foreign
from composer.foreign.reading import read_torch
from composer.onnx_backbone import MAX_NODES
from tests.composer.test_foreign import save_foreign
from tests.composer.test_foreign_onnx import FASTESTDET, needs_weights

BLOCK = "layer1.0.conv1.weight"


def resnet_state() -> dict[str, torch.Tensor]:
    """A sound ResNet-20, named as its makers name it."""
    state = find_family("resnet-cifar").build((3, 32, 32), 10).state_dict()
    names = {"blocks.stem.0": "conv1", "blocks.stem.1": "bn1", "classifier": "linear"}
    names |= {f"blocks.stage{i}": f"layer{i}" for i in (1, 2, 3)}
    return {
        next(name.replace(ours, theirs, 1) for ours, theirs in names.items() if ours in name): one
        for name, one in state.items()
    }


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def changed(**tensors: torch.Tensor) -> dict[str, Any]:
    return {"state_dict": resnet_state() | tensors}


class Runs:
    """Leaves a trace where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.trace}",)


def rezipped(path: Path, change: Callable[[str, bytes], bytes], packed: bool = False) -> Path:
    """A torch file whose parts were changed."""
    buffer = io.BytesIO()
    torch.save(changed(), buffer)
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer) as before, zipfile.ZipFile(path, "w", kind) as after:
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
    return path


def array_file(path: Path, header: dict[str, Any], data: bytes) -> Path:
    entry = io.BytesIO()
    np.lib.format.write_array_header_1_0(entry, header)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("convs.0.weight.npy", entry.getvalue() + data)
    return path


TORCH: dict[str, tuple[Callable[[Path], Path], str]] = {
    "os.system in a dictionary": (lambda p: saved(p, {"state_dict": Runs(p)}), "a state dict"),
    "os.system as a name": (lambda p: saved(p, {Runs(p): torch.ones(1)}), "a state dict"),
    "a whole module": (lambda p: saved(p, torch.nn.Linear(2, 2)), "a state dict"),
    "a plain pickle": (lambda p: _write(p, pickle.dumps({"a": Runs(p)})), "a state dict"),
    "tensors in lists": (lambda p: saved(p, [torch.ones(1)]), "found list"),
    "numbers for tensors": (lambda p: saved(p, {"state_dict": {"w": 1}}), "found dict"),
    "nothing": (lambda p: _write(p, b""), "a state dict"),
    "not a number": (
        lambda p: saved(p, changed(**{BLOCK: torch.full((16, 16, 3, 3), torch.nan)})),
        "NaN or infinite",
    ),
    "infinite": (
        lambda p: saved(p, changed(**{BLOCK: torch.full((16, 16, 3, 3), torch.inf)})),
        "NaN or infinite",
    ),
    "complex numbers": (
        lambda p: saved(p, changed(**{BLOCK: torch.zeros(16, 16, 3, 3, dtype=torch.complex64)})),
        "complex64",
    ),
    "booleans": (
        lambda p: saved(p, changed(**{BLOCK: torch.zeros(16, 16, 3, 3, dtype=torch.bool)})),
        "bool",
    ),
    "half of it": (
        lambda p: saved(p, changed(**{BLOCK: torch.zeros(16, 16, 3, 3).half()})),
        "float16",
    ),
    "sparse tensors": (
        lambda p: saved(p, changed(**{BLOCK: torch.zeros(16, 16, 3, 3).to_sparse()})),
        r"tensor layer1\..*: found sparse_coo, expected a dense tensor",
    ),
    "another shape": (lambda p: saved(p, changed(**{BLOCK: torch.zeros(2)})), r"\(2,\)"),
    "one too many": (lambda p: saved(p, changed(more=torch.zeros(2))), "tensor"),
    "a thousand blocks": (
        lambda p: saved(p, changed(**{f"layer1.{i}.w": torch.zeros(1) for i in range(1000)})),
        "options.blocks: found 1000",
    ),
    "a packed archive": (
        lambda p: rezipped(p, lambda n, b: bytes(50_000_000) if "/data/0" in n else b, True),
        "bytes unpacked",
    ),
    "cut short": (lambda p: _cut(p), "a state dict|archive"),
    "numbers of another length": (
        lambda p: rezipped(p, lambda n, b: b[:-8] if n.endswith("/data/0") else b),
        r"record size \(\d+ bytes\) does not match",
    ),
}

ARRAYS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a shape that lies": (
        lambda p: array_file(
            p, {"descr": "<f4", "fortran_order": False, "shape": (10**12,)}, bytes(8)
        ),
        "4,000,000,000,000 bytes unpacked",
    ),
    "a bomb": (
        lambda p: array_file(
            p, {"descr": "<f4", "fortran_order": False, "shape": (25_000_000,)}, bytes(10**8)
        ),
        "100,000,128 bytes unpacked",
    ),
    "objects": (
        lambda p: array_file(p, {"descr": "|O", "fortran_order": False, "shape": (1,)}, b"\x80."),
        "npz",
    ),
    "no array": (lambda p: _zip(p, b"text"), "archive"),
    "one array": (lambda p: _array(p), "found no zip archive, expected an .npz"),
}


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _cut(path: Path) -> Path:
    content = saved(path, changed()).read_bytes()
    return _write(path, content[: len(content) // 2])


def _array(path: Path) -> Path:
    with path.open("wb") as file:
        np.save(file, np.zeros(3, "f4"))
    return path


def _zip(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", content)
    return path


def refused(format: str, path: Path, reason: str) -> None:
    store = CheckpointStore(path.parent / "store")
    with pytest.raises(NeuroweaveError, match=reason) as error:
        save_foreign(store, read_foreign(format, path), path)
    assert error.value.status == 422
    assert len(str(error.value)) < 700
    assert store.list() == []


@pytest.mark.skipif(sys.platform != "linux", reason="a file of Linux that cannot be read")
def test_what_the_system_cannot_read_is_not_called_damaged() -> None:
    with pytest.raises(Unavailable, match="mem: found Input/output error while reading"):
        read_torch(Path("/proc/self/mem"))


def test_a_mistake_of_ours_is_not_laid_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(path: Path) -> Foreign:
        return path.no_such_thing  # type: ignore[attr-defined, no-any-return]

    monkeypatch.setattr(formats, "FORMATS", {"mistaken": mistaken})
    with pytest.raises(AttributeError, match="no_such_thing"):
        read_foreign("mistaken", tmp_path)


def test_a_sound_one_is_taken(tmp_path: Path) -> None:
    path = saved(tmp_path / "file", changed())
    assert read_foreign("cifar-resnet", rezipped(tmp_path / "again", lambda _, b: b))
    foreign = read_foreign("cifar-resnet", path)
    published = (foreign.value, foreign.licence, foreign.origin, foreign.by)
    assert published == (None, "", "", ""), "nobody has published this file"
    assert "not the published file" in foreign.remeasured


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda: {"x": pathlib.PurePosixPath("a")}, r"found a pickle that names pathlib\.Pure"),
        (lambda: {"x": collections.defaultdict(list)}, "that names collections.defaultdict"),
        (lambda: torch.nn.Linear(2, 2), r"that names torch\.nn\.modules\.linear\.Linear"),
    ],
)
def test_what_else_lies_in_a_pickle_is_named(
    tmp_path: Path, content: Callable[[], object], why: str
) -> None:
    refused("cifar-resnet", saved(tmp_path / "file", content()), why)


@pytest.mark.filterwarnings("error::UserWarning", "ignore:`torch.jit:FutureWarning")
def test_files_of_other_times_are_called_what_they_are(tmp_path: Path) -> None:
    script = torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2))  # type: ignore[no-untyped-call]
    torch.jit.save(script, tmp_path / "script")  # type: ignore[no-untyped-call]
    refused("cifar-resnet", tmp_path / "script", "a TorchScript archive")
    with tarfile.open(tmp_path / "tar", "w") as archive:
        for name in ("sys_info", "storages", "tensors", "pickle"):
            archive.addfile(tarfile.TarInfo(name))
    refused("cifar-resnet", tmp_path / "tar", "a tar archive, as PyTorch wrote before")
    refused("cifar-resnet", _write(tmp_path / "page", b"<html>404</html>"), "no pickle of tensors")


@pytest.mark.parametrize("what", TORCH)
def test_torch_files(what: str, tmp_path: Path) -> None:
    make, reason = TORCH[what]
    refused("cifar-resnet", make(tmp_path / "file"), reason)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file"]  # no trace


@pytest.mark.parametrize("what", ARRAYS)
def test_arrays(what: str, tmp_path: Path) -> None:
    make, reason = ARRAYS[what]
    refused("multibench-lenet", make(tmp_path / "file"), reason)


def dense(name: str) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name}}


def linked(file: h5py.File, other: Path) -> None:
    file["model_weights"] = h5py.ExternalLink(str(other), "/secret")


def linked_within(file: h5py.File, other: Path) -> None:
    file.create_group("model_weights/a")["kernel:0"] = h5py.ExternalLink(str(other), "/secret/a")


def round_in_circles(file: h5py.File, other: Path) -> None:
    group = file.create_group("model_weights/a")
    group["b"] = h5py.SoftLink("/model_weights")


def hard_circle(file: h5py.File, other: Path) -> None:
    group = file.create_group("model_weights/a")
    group["b"] = file["model_weights"]


def numbers_elsewhere(file: h5py.File, other: Path) -> None:
    group = file.create_group("model_weights/a")
    group.create_dataset("kernel:0", (4,), "u1", external=[(str(other), 0, 4)])


def numbers_of_others(file: h5py.File, other: Path) -> None:
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource(str(other), "secret/a", (2,))
    file.create_group("model_weights/a").create_virtual_dataset("kernel:0", layout)


def endless(file: h5py.File, other: Path) -> None:
    file.create_group("model_weights/a").create_dataset("kernel:0", (10**12,), "f4", chunks=(1024,))


KERAS: dict[str, tuple[Callable[[h5py.File, Path], None], str]] = {
    "weights in another file": (linked, "model_weights: found a link"),
    "an array in another file": (linked_within, "kernel:0: found a link"),
    "a link round in circles": (round_in_circles, "b: found a link"),
    "a group within itself": (hard_circle, "speech|class_name|file|Dense|InvalidInput|found"),
    "bytes of another file": (numbers_elsewhere, "numbers in other files"),
    "a view of another file": (numbers_of_others, "numbers in other files"),
    "four terabytes of nothing": (endless, "4,000,000,000,000 bytes"),
    "no weights": (lambda file, _: None, "model_weights|found"),
}


@pytest.mark.parametrize("what", KERAS)
def test_keras_files(what: str, tmp_path: Path) -> None:
    make, reason = KERAS[what]
    other, path = tmp_path / "other.h5", tmp_path / "file.h5"
    with h5py.File(other, "w") as file:
        file["secret/a"] = np.ones(2, "f4")
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"config": [dense("a")]})
        make(file, other)
    refused("speech-emotion", path, reason)


@pytest.mark.parametrize(
    "config",
    [
        "{",
        "[]",
        '{"config": 1}',
        '{"config": ["Dense"]}',
        '{"config": [{"class_name": "Dense"}]}',
        '{"config": [{"class_name": "Dense", "config": {"name": "gone"}}]}',
        "[" * 30_000,
    ],
)
def test_structures_that_are_none(config: str, tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = config
        file.create_dataset("model_weights/a/kernel:0", data=np.ones((2, 2), "f4"))
    refused(
        "speech-emotion",
        path,
        "expected a Keras model with its structure|layer gone: found no kernel",
    )


def part(number: int, content: bytes) -> bytes:
    length = bytearray()
    size = len(content)
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    head = number << 3 | 2
    start = bytes([head]) if head < 128 else bytes([head & 127 | 128, head >> 7])
    return start + bytes(length) + bytes([size]) + content


OUTSIDE = part(13, part(1, b"location") + part(2, b"/etc/passwd"))
NODE = part(1, part(2, b"y") + part(4, b"Relu"))


def within(times: int) -> bytes:
    graph = NODE
    for _ in range(times):
        graph = part(1, part(2, b"y") + part(4, b"If") + part(5, part(6, graph)))
    return part(7, graph)


def number(field: int, value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([field << 3, *digits, value])


def weights(kind: int, field: int, dtype: str) -> bytes:
    held = np.array([1, np.nan], dtype).tobytes()
    return part(7, NODE + part(5, number(2, kind) + part(8, b"w") + part(field, held)))


def picture(*sides: int, of: int = 1, version: int = 13) -> bytes:
    """A graph that doubles one input of this size."""
    shape = part(2, b"".join(part(1, number(1, side)) for side in sides))
    kind = part(2, part(1, number(1, of) + shape))
    twice = part(1, part(1, b"x") * 2 + part(2, b"y") + part(4, b"Add"))
    graph = twice + part(2, b"g") + part(11, part(1, b"x") + kind) + part(12, part(1, b"y") + kind)
    return number(1, 8) + part(8, part(1, b"") + number(2, version)) + part(7, graph)


def constant() -> bytes:
    """A graph that asks for nothing."""
    held = part(5, number(1, 2) + number(2, 1) + part(8, b"k") + part(9, bytes(8)))
    same = part(1, part(1, b"k") + part(2, b"y") + part(4, b"Identity"))
    kind = part(2, part(1, number(1, 1) + part(2, part(1, number(1, 2)))))
    graph = same + part(2, b"g") + held + part(12, part(1, b"y") + kind)
    return number(1, 8) + part(8, part(1, b"") + number(2, 13)) + part(7, graph)


def sized_by_name() -> bytes:
    """A convolution over maps whose sides the file leaves open: none of one pixel has a middle."""
    sides = part(1, number(1, 1)) * 2 + part(1, part(2, b"h")) + part(1, part(2, b"w"))
    kind = part(2, part(1, number(1, 1) + part(2, sides)))
    dims = number(1, 1) * 2 + number(1, 3) * 2
    held = part(5, dims + number(2, 1) + part(8, b"k") + part(9, bytes(36)))
    graph = part(1, part(1, b"x") + part(1, b"k") + part(2, b"y") + part(4, b"Conv")) + held
    graph += part(2, b"g") + part(11, part(1, b"x") + kind) + part(12, part(1, b"y") + kind)
    return number(1, 8) + part(8, part(1, b"") + number(2, 13)) + part(7, graph)


def filled_with_zeros(count: int) -> bytes:
    """A convolution, and beside it as many zeros."""
    shape = part(2, part(1, number(1, 1)) * 2 + part(1, number(1, 2)) * 2)
    kind = part(2, part(1, number(1, 1) + shape))
    held = number(1, 1) * 4 + number(2, 1) + part(8, b"k") + part(9, bytes(4))
    size = number(1, 1) + number(2, 7) + part(8, b"n") + part(9, count.to_bytes(8, "little"))
    nodes = [("Conv", "x k", "c"), ("ConstantOfShape", "n", "z"), ("ReduceSum", "z", "s")]
    graph = b"".join(
        part(1, b"".join(part(1, one.encode()) for one in ins.split()) + made)
        for kind_of, ins, out in [*nodes, ("Add", "c s", "y")]
        for made in [part(2, out.encode()) + part(4, kind_of.encode())]
    )
    graph += part(5, held) + part(5, size) + part(2, b"g")
    graph += part(11, part(1, b"x") + kind) + part(12, part(1, b"y") + kind)
    return number(1, 8) + part(8, part(1, b"") + number(2, 13)) + part(7, graph)


ONNX: dict[str, tuple[bytes, str]] = {
    "a loop": (part(7, part(1, part(2, b"y") + part(4, b"Loop"))), "found a loop"),
    "a loop in a branch": (
        part(7, part(1, part(4, b"If") + part(5, part(6, part(1, part(4, b"Loop")))))),
        "found a loop",
    ),
    "not a number": (weights(1, 4, "<f4"), "tensor w: found NaN"),
    "not a number, short": (weights(10, 9, "<f2"), "tensor w: found NaN"),
    "not a number, long": (weights(11, 10, "<f8"), "tensor w: found NaN"),
    "not a number, raw and long": (weights(11, 9, "<f8"), "tensor w: found NaN"),
    "a picture beyond memory": (picture(1, 1, 10**6, 10**6), "inputs.x: found .1, 1, 1000000"),
    "weights elsewhere": (part(7, NODE + part(5, OUTSIDE)), "weights in other files"),
    "a constant elsewhere": (
        part(7, part(1, part(2, b"y") + part(4, b"Constant") + part(5, part(5, OUTSIDE)))),
        "weights in other files",
    ),
    "a branch's weights elsewhere": (
        part(7, NODE + part(1, part(4, b"If") + part(5, part(6, part(5, OUTSIDE))))),
        "weights in other files",
    ),
    "sparse weights elsewhere": (
        part(7, NODE + part(15, part(1, OUTSIDE))),
        "weights in other files",
    ),
    "a million operations": (part(7, NODE * 1_000_000), f"at most {MAX_NODES:,}"),
    "graphs in graphs": (within(100), "graphs in graphs"),
    "functions of its own": (part(7, NODE) + part(25, b""), "functions of its own"),
    "no operations": (part(7, b""), "no graph"),
    "a name that is no text": (part(7, part(1, part(2, b"\xff") + part(4, b"\xfe"))), "onnx"),
    "no input": (constant(), "onnx: found no input, expected one input"),
    "doubles": (picture(1, 3, of=11), r"inputs\.x: found tensor\(double\), expected one of"),
    "open sides": (sized_by_name(), r"expected one that it can run on \(.*'h', 'w'\)"),
    "a version to come": (picture(1, 3, version=99), "found FAIL : .*Opset 99"),
    "an unknown operation": (part(7, part(1, part(2, b"y") + part(4, b"Evil"))), "can run"),
}


@pytest.mark.parametrize("what", ONNX)
def test_onnx_files(what: str, tmp_path: Path) -> None:
    content, reason = ONNX[what]
    refused("onnx", _write(tmp_path / "file.onnx", content), reason)


def test_onnx_that_never_ends_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "LIMIT_S", 0.001)
    path = _write(tmp_path / "long.onnx", picture(1, 3, 4, 4))
    refused("onnx", path, r"long\.onnx: found bytes that onnxruntime reads for more than")


@pytest.mark.skipif(sys.platform != "linux", reason="who counts the memory of a process")
def test_onnx_that_asks_for_all_memory_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "large.onnx", filled_with_zeros(10**10))
    refused("onnx", path, "found .*1, 1, 2, 2.*expected one that it can run on .*memory")


@needs_weights
def test_an_onnx_file_whose_weights_are_no_numbers(tmp_path: Path) -> None:
    content = bytearray(FASTESTDET.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = b"\xff" * 4000  # not a number, wherever one begins
    refused("onnx", _write(tmp_path / "file.onnx", bytes(content)), "tensor .* NaN or infinite")


@needs_weights
def test_an_onnx_file_cut_anywhere(tmp_path: Path) -> None:
    content = FASTESTDET.read_bytes()
    for at in range(0, len(content), len(content) // 12):
        refused(
            "onnx", _write(tmp_path / "file.onnx", content[:at]), "an empty file|a broken message"
        )
