"""Files that somebody sends: what is sound is stored, what is not is refused with the reason."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.errors import InvalidInput, NeuroweaveError
from composer.branches import described
from composer.checkpoints import CheckpointStore, StoredCheckpoint, encode
from composer.families.registry import find_family
from composer.header import Header as Described
from composer.header import TensorInfo
from composer.inputs import InputSpec, SoundSpec
from composer.untrusted import check_finite, check_weights, taken

NETWORK = find_family("lenet3").build((1, 8, 8), 2, 0.2)
STATE = dict(NETWORK.state_dict())
METADATA = {
    "kind": "branch",
    **described(NETWORK.build),
    "input": InputSpec("image", 8, 8).to_json(),
    "labels": '["a", "b"]',
}
SOUND = encode(STATE, METADATA)

Header = dict[str, Any]


def split(content: bytes) -> tuple[Header, bytes]:
    end = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:end]), content[end:]


def joined(header: Header | bytes, data: bytes) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + data


def changed(change: Callable[[Header], object]) -> bytes:
    header, data = split(SOUND)
    change(header)
    return joined(header, data)


def first(header: Header) -> Header:
    return header["blocks.conv1.0.bias"]  # type: ignore[no-any-return]


def metadata(**items: str) -> bytes:
    return encode(STATE, METADATA | items)


def renamed(name: str) -> bytes:
    def change(header: Header) -> None:
        header[name] = header.pop("blocks.conv1.0.bias")

    return changed(change)


def torch_archive() -> bytes:
    buffer = io.BytesIO()
    torch.save(STATE, buffer)
    return buffer.getvalue()


def zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.pkl", bytes(10**6))
    return buffer.getvalue()


def twice() -> bytes:
    raw = json.dumps(split(SOUND)[0])
    return joined(raw.replace("{", '{"__metadata__": {}, ', 1).encode(), split(SOUND)[1])


def poisoned(value: float) -> bytes:
    state = {name: tensor.clone() for name, tensor in STATE.items()}
    state["blocks.conv2.0.weight"].view(-1)[-1] = value
    return encode(state, METADATA)


def overlapping(header: Header) -> None:
    tensors = [one for name, one in header.items() if name != "__metadata__"]
    second = sorted(tensors, key=lambda one: list(one["data_offsets"]))[1]
    second["data_offsets"] = [offset - 4 for offset in second["data_offsets"]]


ANOTHER = find_family("lenet5").build((1, 16, 16), 2, 0.2).state_dict()
DEEP = b'{"a":' * 100_000

HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "0 bytes"),
    "a few bytes": (b"\x01\x00\x00", "3 bytes"),
    "truncated data": (SOUND[:-7], "bytes of data"),
    "truncated header": (SOUND[:60], "a header of"),
    "bytes after the end": (SOUND + b"\0" * 9, "bytes of data"),
    "huge header length": ((2**63 - 1).to_bytes(8, "little") + SOUND[8:], "a header of 9,223"),
    "header bomb": (joined(b"{" + b" " * (5 * 2**20) + b"}", b""), "at most 4,194,304"),
    "header of nested objects": (joined(DEEP, b""), "no JSON"),
    "header is a list": (joined(b"[]", b""), "does not start with"),
    "header is no text": (joined(b"{\xff\xfe}", b""), "no JSON"),
    "a key twice": (twice(), "'__metadata__' twice"),
    "NaN in the header": (joined(b'{"a": NaN}', b""), "no JSON"),
    "pickle renamed": (pickle.dumps({"w": [1.0] * 100}), "a pickle"),
    "torch archive renamed": (torch_archive(), "a zip archive"),
    "zip bomb": (zip_bomb(), "a zip archive"),
    "numpy array renamed": (np.lib.format.magic(1, 0) + bytes(120), "a NumPy array"),
    "text": (b"just some text, long enough to hold a length", "a header of"),
    "path in a tensor name": (renamed("../../etc/passwd"), "tensor name"),
    "null byte in a tensor name": (renamed("w\0"), "tensor name"),
    "endless tensor name": (renamed("w" * 300), "tensor name"),
    "unknown type": (changed(lambda h: first(h).update(dtype="F31")), "type F31"),
    "wrong type": (encode({n: t.half() for n, t in STATE.items()}, METADATA), "of float16"),
    "shape lies": (changed(lambda h: first(h).update(shape=[1000, 1000])), "for .1000, 1000."),
    "shape overflows": (changed(lambda h: first(h).update(shape=[2**60, 16])), "shape"),
    "negative shape": (changed(lambda h: first(h).update(shape=[-1, -2])), "shape"),
    "offsets out of the file": (
        changed(lambda h: first(h).update(data_offsets=[10**9, 10**9 + 8])),
        "tensors may not leave a gap",
    ),
    "overlapping offsets": (changed(overlapping), "tensors may not overlap"),
    "offsets turned round": (changed(lambda h: first(h).update(data_offsets=[8, 0])), "offsets"),
    "tensor left out": (encode(dict(list(STATE.items())[1:]), METADATA), "found nothing"),
    "tensor too many": (encode(STATE | {"extra": torch.ones(1)}, METADATA), "no such tensor"),
    "NaN weights": (poisoned(float("nan")), "NaN or infinite"),
    "infinite weights": (poisoned(float("-inf")), "NaN or infinite"),
    "another family's weights": (encode(ANOTHER, METADATA), "for lenet3"),
    "unknown family": (metadata(family="os.system"), "family: found os.system"),
    "family that is a path": (metadata(family="../lenet3"), "family: found"),
    "width that is no number": (metadata(width="nan"), "width: found nan"),
    "width that fills the memory": (metadata(width="1e9"), "width"),
    "input beyond all bounds": (metadata(input_shape="[1, 9999999999, 1]"), "input_shape"),
    "input that is no list": (metadata(input_shape='{"a": 1}'), "input_shape"),
    "options that are none": (metadata(options='{"layers": 1000000}'), "options"),
    "no metadata": (encode(STATE, {}), "no kind"),
    "metadata that are no texts": (changed(lambda h: h.update(__metadata__={"a": 1})), "texts"),
    "another kind": (metadata(kind="composition"), "found composition"),
    "recipe that is none": (metadata(input="[]"), "input and labels"),
    "recipe for another size": (metadata(input=InputSpec("image", 9, 9).to_json()), "input: found"),
    "labels for another network": (metadata(labels='["a", "b", "c"]'), "labels: found 3"),
}


def plain(**types: str) -> bytes:
    """A header of tensors without data."""
    made = {n: {"dtype": t, "shape": [0], "data_offsets": [0, 0]} for n, t in types.items()}
    return joined(made, b"")


def swapped(header: Header) -> None:
    names = sorted(name for name in header if name.endswith("weight"))
    header[names[0]], header[names[1]] = header[names[1]], header[names[0]]


def emptied(header: Header) -> None:
    first(header).update(shape=[0], data_offsets=[0, 0])


def nested(times: int) -> bytes:
    return joined(b'{"a":' + b"[" * times + b"]" * times + b"}", b"")


NOTHING = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
BOMB = json.dumps({f"w{i}": NOTHING for i in range(30_000)})

HOSTILE |= {
    "complex numbers": (plain(a="C64"), "type C64"),
    "numbers of 8 bits": (plain(a="F8_E4M3"), "type F8_E4M3"),
    "numbers of 4 bits": (plain(a="F4"), "type F4"),
    "a type that is a list": (changed(lambda h: first(h).update(dtype=["F32"])), "type"),
    "booleans for weights": (
        encode({n: t.bool() for n, t in STATE.items()}, METADATA),
        "of bool, expected .* of float32",
    ),
    "control characters in a name": (renamed("w\x1b[2J"), r"tensor name: found 'w\\x1b"),
    "name that turns the line": (renamed("w\u202etxt.exe"), "tensor name"),
    "name that is empty": (renamed(""), "tensor name"),
    "name of another alphabet": (renamed("blосks"), "tensor name"),
    "lone surrogate in a name": (
        joined(b'{"\\ud800": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}', b""),
        "tensor name",
    ),
    "a tensor twice": (
        joined(b'{"a": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}, "a": 1}', b""),
        "'a' twice",
    ),
    "a field of a tensor twice": (
        joined(b'{"a": {"dtype": "F32", "dtype": "F16", "shape": [], "data_offsets": []}}', b""),
        "'dtype' twice",
    ),
    "header in UTF-16": (joined(json.dumps(split(SOUND)[0]).encode("utf-16"), b""), "header"),
    "header in Latin-1": (joined('{"ä": 1}'.encode("latin-1"), b""), "no JSON"),
    "header with a byte-order mark": (joined(b"\xef\xbb\xbf{}", b""), "does not start with"),
    "text after the header's object": (joined(b"{} {}", b""), "no JSON"),
    "metadata of 10 MB": (metadata(note="x" * 10_000_000), "at most 4,194,304"),
    "a key twice among 400,000": (
        joined(b"{" + b"".join(b'"%d":1,' % i for i in range(350_000)) + b'"349999":1}', b""),
        "'349999' twice",
    ),
    "30,000 tensors of nothing": (joined(BOMB.encode(), b""), "30,000 tensors"),
    "tensor without numbers": (changed(emptied), "leave a gap|bytes of data"),
    "tensors exchanged": (changed(swapped), r"checkpoint tensor blocks\.conv1"),
    "shape of booleans": (changed(lambda h: first(h).update(shape=[True, True])), "shape"),
    "shape of floats": (changed(lambda h: first(h).update(shape=[2.0])), "shape"),
    "shape of a hundred dimensions": (
        changed(lambda h: first(h).update(shape=[1] * 100)),
        "at most 8",
    ),
    "offsets as text": (changed(lambda h: first(h).update(data_offsets=["0", "8"])), "offsets"),
    "number of a million digits": (
        joined(b'{"a": {"shape": [' + b"9" * 1_000_000 + b"]}}", b""),
        "header that is no JSON",
    ),
    "lists in lists": (nested(200_000), "no JSON"),
    "zero-size everything": (joined({"__metadata__": METADATA}, b""), "found nothing"),
    "weights of an ONNX network": (metadata(family="onnx"), "family: found onnx"),
    "classes beyond memory": (metadata(classes="1000000000"), "classes"),
    "classes that are a list": (metadata(classes="[2]"), "found ValueError"),
    "an ONNX file renamed": (b"\x08\x07\x12\x04onnx" + bytes(200), "as in an ONNX file"),
    "gzip renamed": (b"\x1f\x8b\x08\x00" + bytes(100), "a gzip file"),
    "HDF5 renamed": (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
}


def recipe(**items: Any) -> bytes:  # noqa: ANN401 - whatever somebody writes into it
    spec = InputSpec("image", 8, 8).to_dict() | items
    return metadata(input=json.dumps(spec))


def escaped(**items: str) -> bytes:
    """Metadata as JSON escapes them; the library itself would not write all of these."""
    header, data = split(SOUND)
    return joined(json.dumps(header | {"__metadata__": METADATA | items}).encode(), data)


def negative_variance() -> bytes:
    network = find_family("lenet-bn").build((1, 16, 16), 2, 0.2)
    network.state_dict()["blocks.conv1.1.running_var"].fill_(-1)
    spec = InputSpec("image", 16, 16).to_json()
    return encode(network.state_dict(), METADATA | described(network.build) | {"input": spec})


WORD = {"rate": 8000, "samples": 8000, "window": 200, "hop": 80}
SOUND_RECIPE = asdict(SoundSpec()) | WORD
MEL = WORD | {"bands": 40, "low": 20.0, "high": 4000.0, "coefficients": 8}

HOSTILE |= {
    "options of nested lists": (metadata(options="[" * 100_000), "options"),
    "labels of nested lists": (metadata(labels="[" * 100_000), "input and labels"),
    "recipe of nested objects": (metadata(input='{"a":' * 100_000), "input and labels"),
    "half of a pair in the metadata": (escaped(note="\ud800"), "invalid JSON"),
    "half of a pair in a label": (metadata(labels='["\\ud800", "b"]'), "labels: found"),
    "the same label twice": (metadata(labels='["a", "a"]'), "names that differ"),
    "labels without a name": (metadata(labels='["a", ""]'), "none empty"),
    "a begin of minus zero": (
        joined(json.dumps(split(SOUND)[0]).replace("[0, ", "[-0, ").encode(), split(SOUND)[1]),
        "invalid",
    ),
    "negative variances": (negative_variance(), "running_var: found negative variances"),
    "recipe with a mean that is none": (recipe(mean=float("nan")), "input.mean: found nan"),
    "recipe that divides by nothing": (recipe(std=0.0), "input.std: found 0.0"),
    "recipe without white": (recipe(white=0), "input.white: found 0"),
    "recipe in a text": (recipe(mean="much"), "input: found"),
    "recipe for tastes": (recipe(modality="taste"), "input.modality: found taste"),
    "projection that does not fit": (
        recipe(projection={"height": 8, "width": 8, "mean": [0.0], "components": [[1.0, 2.0]]}),
        "input: found",
    ),
    "projection beyond memory": (
        recipe(projection={"height": 10**6, "width": 10**6, "mean": [0.0], "components": [[1.0]]}),
        "input.projection",
    ),
    "sound beyond memory": (
        recipe(modality="audio", sound=SOUND_RECIPE | {"samples": 10**12}),
        "input.sound.samples: found 1000000000000",
    ),
    "sound without steps": (
        recipe(modality="audio", sound=SOUND_RECIPE | {"hop": 0}),
        "input.sound.hop: found 0",
    ),
    "sound brought from another rate": (
        recipe(modality="audio", sound=MEL | {"rate": 1, "given": 10**7}),
        "input.sound",
    ),
    "a band that ends before it begins": (
        recipe(modality="audio", sound=SOUND_RECIPE | {"low": 3000.0, "high": 1000.0}),
        "input: found",
    ),
    "colours by another name": (
        recipe(colour={"mean": [0, 0], "std": [1, 1], "order": "rgb"}),
        "input and labels",
    ),
}


def keep(store: CheckpointStore, path: Path) -> StoredCheckpoint:
    with taken(store, path) as sent:
        return sent.draft.keep()


def test_a_header_cut_anywhere_is_refused_at_once(tmp_path: Path) -> None:
    end = 8 + int.from_bytes(SOUND[:8], "little")
    store, path = CheckpointStore(tmp_path / "store"), tmp_path / "cut"
    for at in [*range(0, end, 64), end - 1, end]:
        path.write_bytes(SOUND[:at])
        with pytest.raises(InvalidInput):
            keep(store, path)
        # The same cut where the length has been made to fit.
        path.write_bytes(max(0, at - 8).to_bytes(8, "little") + SOUND[8:at])
        with pytest.raises(InvalidInput):
            keep(store, path)
    assert store.list() == []


@pytest.mark.parametrize("dtype", ["F64", "F32", "F16", "BF16"])
@pytest.mark.parametrize("place", [0, -1])
def test_numbers_that_are_none_are_found_in_every_type(dtype: str, place: int) -> None:
    kind = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}[dtype]
    for bad in (np.nan, np.inf, -np.inf):
        numbers = np.ones(5, kind)
        numbers[place] = np.array(bad, "<f4").view("<u4") >> 16 if dtype == "BF16" else bad
        info = TensorInfo("w", dtype, (5,), 0, numbers.nbytes)
        with NamedTemporaryFile() as file:
            file.write(numbers.tobytes())
            file.flush()
            with pytest.raises(InvalidInput, match="tensor w: found NaN or infinite"):
                check_finite(Path(file.name), Described((info,), {}, 0))


def test_at_least_twenty_are_tried() -> None:
    assert len(HOSTILE) >= 20


def test_a_sound_file_is_described(tmp_path: Path) -> None:
    path = tmp_path / "sound"
    path.write_bytes(SOUND)
    header = check_weights(path, family="lenet3")
    assert header.parameters == NETWORK.parameter_count()
    assert header.metadata == METADATA
    with pytest.raises(InvalidInput, match="found a lenet3, expected a lenet5"):
        check_weights(path, family="lenet5")


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_not_sound_is_refused_with_its_reason(what: str, tmp_path: Path) -> None:
    content, reason = HOSTILE[what]
    path = tmp_path / "upload.safetensors"
    path.write_bytes(content)
    store = CheckpointStore(tmp_path / "store")
    with pytest.raises(NeuroweaveError, match=reason) as refused:
        keep(store, path)
    assert refused.value.status == 422
    assert len(str(refused.value)) < 600
    assert store.list() == []


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 8 + 200), value=st.integers(0, 255))
def test_any_changed_byte_of_the_header_is_refused_or_harmless(
    at: int, value: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(SOUND)
    content[at] = value
    path = tmp_path_factory.mktemp("flip") / "file"
    path.write_bytes(content)
    with suppress(InvalidInput):
        assert check_weights(path).parameters == NETWORK.parameter_count()


def test_what_is_taken_is_stored_under_its_hash_once(tmp_path: Path) -> None:
    path = tmp_path / "sound"
    path.write_bytes(SOUND)
    store = CheckpointStore(tmp_path / "store")
    kept = keep(store, path)
    assert keep(store, path) == kept
    assert store.list() == [kept.sha256]
    assert store.verify(kept.sha256)
    assert kept.path.read_bytes() == SOUND
