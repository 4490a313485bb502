"""The whole store checked and swept: damage is found, what is needed or young stays."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
import torch

from atlas.errors import InvalidInput
from atlas.whole_files import PARTIAL
from composer import upkeep
from composer.checkpoints import CheckpointStore, StoredCheckpoint, encode
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
    with upload.open("rb") as file, files.drafted(file) as draft:
        draft.keep()
    assert collect(garbage) == 0
    assert loose(files, {}) == []
    assert files.list() == sorted([old.sha256, sent.sha256])


def test_what_is_not_kept_leaves_nothing_and_takes_nothing_from_others(
    files: CheckpointStore,
) -> None:
    """Two send the same at once; the record of the one is refused, that of the other is not."""
    content = encode({"w": torch.ones(3)}, {})
    with pytest.raises(InvalidInput), files.drafted(BytesIO(content)):
        raise InvalidInput("dataset")
    assert list(files.root.iterdir()) == []
    for first, second in ((True, False), (False, True)):
        with files.drafted(BytesIO(content)) as ours, files.drafted(BytesIO(content)) as theirs:
            for draft, wanted in ((ours, first), (theirs, second)):
                if wanted:
                    assert draft.keep() == draft.keep()
        assert files.list() == [ours.sha256]
        assert files.verify(ours.sha256)
        assert files.strays() == []
        files.path(ours.sha256).unlink()


def test_a_file_is_not_swept_while_it_is_stored_again(
    files: CheckpointStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent right between the sweep's look at its age and its removal."""
    old = saved(files, 1.0)
    os.utime(old.path, (0, 0))
    garbage = loose(files, {})
    judged = upkeep._old
    again = Thread(target=saved, args=(files, 1.0))

    def sent_meanwhile(path: Path, grace_s: float) -> bool:
        found = judged(path, grace_s)
        again.start()
        again.join(0.3)
        return found

    monkeypatch.setattr(upkeep, "_old", sent_meanwhile)
    assert collect(garbage) == old.bytes
    again.join()
    assert files.verify(old.sha256)


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
