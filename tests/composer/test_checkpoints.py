from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from atlas.errors import InvalidInput, NotFound, Unavailable
from composer.branches import load_branch, save_branch
from composer.checkpoints import CheckpointStore, StoredCheckpoint, encode
from composer.families.registry import find_family
from composer.inputs import InputSpec
from composer.mapped import mapped
from composer.meta import build_meta, materialise
from tests.limits import file_size_limit

LABELS = [str(digit) for digit in range(10)]


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "checkpoints")


def save_lenet3(store: CheckpointStore) -> StoredCheckpoint:
    network = find_family("lenet3").build((1, 16, 16), 10, seed=3)
    return save_branch(
        store, network, InputSpec("image", 16, 16), LABELS, dataset="made up", seed=3
    )


def test_what_was_saved_comes_back(store: CheckpointStore) -> None:
    state = {"a": torch.randn(3, 4), "b": torch.arange(5), "c": torch.zeros(())}
    saved = store.save(state, {"family": "none", "seed": "7"})
    loaded = store.load(saved.sha256)
    assert all(torch.equal(loaded[name], state[name]) for name in state)
    assert store.metadata(saved.sha256) == {"family": "none", "seed": "7"}
    assert saved.bytes == saved.path.stat().st_size
    assert store.list() == [saved.sha256]
    assert store.verify(saved.sha256)


def test_same_content_is_one_file(store: CheckpointStore) -> None:
    first, second = save_lenet3(store), save_lenet3(store)
    assert first == second
    assert store.list() == [first.sha256]


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_process_or_the_order(tmp_path: Path) -> None:
    metadata = {f"key{i}": str(i) for i in range(20)}
    tensors = {"x": torch.ones(2), "a": torch.zeros(3)}
    turned = dict(reversed(metadata.items()))
    here = encode(tensors, metadata)
    assert encode(dict(reversed(tensors.items())), turned) == here
    code = (
        "import sys, torch; from composer.checkpoints import encode;"
        "sys.stdout.buffer.write(encode({'x': torch.ones(2), 'a': torch.zeros(3)},"
        "{f'key{i}': str(i) for i in range(20)}))"
    )
    there = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert there.stdout == here


def test_header_is_sorted_and_aligned() -> None:
    content = encode({"w": torch.ones(3)}, {"b": "2", "a": "1"})
    length = int.from_bytes(content[:8], "little")
    assert length % 8 == 0
    assert list(json.loads(content[8 : 8 + length])["__metadata__"]) == ["a", "b"]


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit to set there")
def test_full_disk_leaves_nothing_behind(store: CheckpointStore) -> None:
    with (
        file_size_limit(4096),
        pytest.raises(Unavailable, match=r"checkpoint store: found .*File too large"),
    ):
        save_lenet3(store)
    assert list(store.root.iterdir()) == []
    assert store.verify(save_lenet3(store).sha256)


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="checkpoint store"):
        CheckpointStore(tmp_path / "file" / "checkpoints").save({"w": torch.ones(1)}, {})


def test_interrupt_while_writing_leaves_nothing_behind(
    store: CheckpointStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.save({"w": torch.ones(2)}, {})
    assert list(store.root.iterdir()) == []


def test_damage_is_seen(store: CheckpointStore) -> None:
    saved = save_lenet3(store)
    content = bytearray(saved.path.read_bytes())
    content[-1] ^= 1
    saved.path.write_bytes(content)
    assert not store.verify(saved.sha256)
    saved.path.write_bytes(content[:100])
    with pytest.raises(InvalidInput, match="in a file of 100, expected a whole file"):
        store.load(saved.sha256)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64])
def test_only_a_sha256_is_an_address(store: CheckpointStore, name: str) -> None:
    with pytest.raises(InvalidInput, match="64 hex digits"):
        store.path(name)


def test_unknown_checkpoint(store: CheckpointStore) -> None:
    with pytest.raises(NotFound, match="checkpoint: found 0000"):
        store.load("0" * 64)
    assert store.list() == []


def test_branch_comes_back_whole(store: CheckpointStore) -> None:
    saved = save_lenet3(store)
    branch = load_branch(store, saved.sha256, family="lenet3")
    made = find_family("lenet3").build((1, 16, 16), 10, seed=3).eval()
    x = torch.rand(4, 1, 16, 16)
    assert torch.allclose(branch.network(x), made(x), atol=1e-6)
    assert branch.input == InputSpec("image", 16, 16)
    assert branch.labels == tuple(LABELS)
    metadata = store.metadata(saved.sha256)
    assert metadata["family"] == "lenet3"
    assert metadata["dataset"] == "made up"
    assert json.loads(metadata["input_shape"]) == [1, 16, 16]


def test_another_family_than_wanted_is_refused(store: CheckpointStore) -> None:
    with pytest.raises(InvalidInput, match="found a lenet3, expected a lenet5"):
        load_branch(store, save_lenet3(store).sha256, family="lenet5")


def test_a_file_that_is_no_branch_is_refused(store: CheckpointStore) -> None:
    saved = store.save({"w": torch.ones(1)}, {"kind": "composition"})
    with pytest.raises(InvalidInput, match="found kind composition, expected kind branch"):
        load_branch(store, saved.sha256)


def test_weights_that_do_not_fit_their_metadata_are_refused(store: CheckpointStore) -> None:
    saved = save_lenet3(store)
    lying = store.metadata(saved.sha256) | {"width": "2.0"}
    with pytest.raises(InvalidInput, match="checkpoint tensor"):
        load_branch(store, store.save(store.load(saved.sha256), lying).sha256)


def test_recipe_and_labels_must_fit_the_network(store: CheckpointStore) -> None:
    network = find_family("lenet3").build((1, 16, 16), 10)
    with pytest.raises(InvalidInput, match="input"):
        save_branch(store, network, InputSpec("image", 8, 8), LABELS, dataset="d", seed=0)
    with pytest.raises(InvalidInput, match="labels"):
        save_branch(store, network, InputSpec("image", 16, 16), LABELS[:3], dataset="d", seed=0)


@pytest.mark.parametrize("family", ["lenet-bn", "gru", "resnet-cifar"])
def test_networks_of_one_build_do_not_touch_each_other(family: str) -> None:
    shape = (1, 28, 28)
    build = find_family(family).shape_only(shape, 10).build
    other = build_meta(build)
    trained = find_family(family).build(shape, 10, seed=1).eval()
    filled = materialise(build, trained.state_dict())
    assert not any(weight.is_meta for weight in filled.parameters())
    assert all(weight.is_meta and weight.requires_grad for weight in other.parameters())
    assert other.training
    sample = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0))
    assert torch.equal(filled(sample), trained(sample))


def test_numbers_at_an_odd_place_are_read(tmp_path: Path) -> None:
    header = {
        "__metadata__": {"kind": "test"},
        "bytes": {"dtype": "U8", "shape": [3], "data_offsets": [0, 3]},
        "floats": {"dtype": "F32", "shape": [2, 1], "data_offsets": [3, 11]},
        "nothing": {"dtype": "F32", "shape": [0, 4], "data_offsets": [11, 11]},
    }
    text = json.dumps(header).encode()
    numbers = torch.tensor([[1.5], [-2.0]])
    data = bytes([1, 2, 3]) + numbers.numpy().tobytes()
    path = tmp_path / "odd.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    metadata, found = mapped(path)
    assert metadata == {"kind": "test"}
    assert found["bytes"].tolist() == [1, 2, 3]
    assert torch.equal(found["floats"], numbers)
    assert found["nothing"].shape == (0, 4)


def test_what_is_written_to_a_mapped_tensor_does_not_reach_the_file(store: CheckpointStore) -> None:
    saved = store.save({"w": torch.ones(3)}, {})
    store.load(saved.sha256)["w"].zero_()
    assert store.load(saved.sha256)["w"].tolist() == [1, 1, 1]
    assert store.verify(saved.sha256)


def test_a_file_that_changed_is_read_anew(store: CheckpointStore) -> None:
    saved = store.save({"w": torch.ones(3)}, {"kind": "a"})
    assert store.metadata(saved.sha256) == {"kind": "a"}
    saved.path.write_bytes(saved.path.read_bytes()[:-4])
    with pytest.raises(InvalidInput, match="bytes of data"):
        store.load(saved.sha256)
