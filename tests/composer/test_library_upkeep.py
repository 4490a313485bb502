"""The whole store checked and swept: damage is found, what is needed or young stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from atlas.whole_files import PARTIAL
from composer.checkpoints import CheckpointStore, StoredCheckpoint
from composer.upkeep import check, collect, loose


@pytest.fixture
def files(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path)


def saved(files: CheckpointStore, value: float) -> StoredCheckpoint:
    return files.save({"w": torch.full((3,), value)}, {})


def test_every_kind_of_damage_is_found(files: CheckpointStore) -> None:
    whole, changed, short, longer = (saved(files, value) for value in (1.0, 2.0, 3.0, 4.0))
    content = bytearray(changed.path.read_bytes())
    content[-1] ^= 1
    changed.path.write_bytes(content)
    short.path.write_bytes(short.path.read_bytes()[:20])
    kept = {whole.sha256: whole.bytes, longer.sha256: longer.bytes + 1, "f" * 64: 10, "e" * 64: 0}
    seen: list[float] = []
    faults = check(files, kept, lambda _, share: seen.append(share))
    assert {fault.sha256: fault.problem for fault in faults} == {
        changed.sha256: "its content is not that of its name",
        short.sha256: "its content is not that of its name",
        longer.sha256: f"{longer.bytes} bytes, recorded are {longer.bytes + 1}",
        "f" * 64: "recorded, but there is no file",
    }
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_only_old_files_that_nothing_needs_are_swept(files: CheckpointStore) -> None:
    needed, old, young = (saved(files, value) for value in (1.0, 2.0, 3.0))
    for one in (needed, old):
        os.utime(one.path, (0, 0))
    garbage = loose(files, {needed.sha256: needed.bytes})
    assert [one.name for one in garbage] == [old.sha256]
    assert collect(garbage) == old.bytes
    assert files.list() == sorted([needed.sha256, young.sha256])
    assert loose(files, {needed.sha256: needed.bytes}) == []


def test_what_is_stored_again_is_not_swept(files: CheckpointStore, tmp_path: Path) -> None:
    """It was loose when the sweep began; its record is written after its file is found there."""
    old, sent = saved(files, 1.0), saved(files, 2.0)
    upload = tmp_path / "upload"
    upload.write_bytes(sent.path.read_bytes())
    for one in (old, sent):
        os.utime(one.path, (0, 0))
    garbage = loose(files, {})
    assert len(garbage) == 2
    saved(files, 1.0)
    files.adopt(upload)
    assert collect(garbage) == 0
    assert loose(files, {}) == []
    assert files.list() == sorted([old.sha256, sent.sha256])


def test_other_files_in_the_folder_are_named_and_drafts_are_swept(files: CheckpointStore) -> None:
    whole = saved(files, 1.0)
    mine, folder = files.root / "mine.safetensors", files.root / f"{'a' * 64}.safetensors"
    draft, young = files.root / f"{PARTIAL}1", files.root / f"{PARTIAL}2"
    for path in (mine, draft, young):
        path.write_bytes(b"half")
    folder.mkdir()
    for path in (mine, draft):
        os.utime(path, (0, 0))
    faults = check(files, {whole.sha256: whole.bytes}, lambda *_: None)
    assert {fault.sha256 for fault in faults} == {mine.name, folder.name}
    assert collect(loose(files, {whole.sha256: whole.bytes})) == 4
    assert (mine.exists(), draft.exists(), young.exists()) == (True, False, True)
