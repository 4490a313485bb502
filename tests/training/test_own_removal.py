"""Data sets of people's own taken away from the disk: the name, its files, cached features."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from atlas.errors import Conflict, InvalidInput, NotFound, Unavailable
from composer.checkpoints import encode
from tests.training.test_own import brought, npz
from training.datasets import find_dataset
from training.own import removal
from training.own.build import load
from training.own.kept import Own, described, names, read
from training.own.removal import remove, what_goes

MEMORY = Path("/proc/self/mem")
"""Whoever reads it from its beginning gets an error of input and output."""


def features(home: Path, name: str, dataset: str | None) -> Path:
    path = home / "features" / f"{name}.safetensors"
    path.parent.mkdir(exist_ok=True)
    about = {"taps": '["w"]'} | ({"dataset": dataset} if dataset else {})
    path.write_bytes(encode({"w": torch.ones(2)}, about))
    return path


def test_name_files_and_features_go_and_nothing_else(tmp_path: Path) -> None:
    own = brought(npz(tmp_path), tmp_path)
    brought(npz(tmp_path), tmp_path, "other")
    mine = features(tmp_path, "a", "mine")
    rest = [features(tmp_path, "b", "other"), features(tmp_path, "c", None)]
    damaged = tmp_path / "features" / "d.safetensors"
    damaged.write_bytes(b"half")
    going = what_goes("mine", tmp_path)
    assert (going.folder, going.features) == (own.folder, (mine,))
    size = sum(path.stat().st_size for path in own.folder.iterdir())
    assert going.bytes == size + going.label.stat().st_size
    assert names(tmp_path) == ["mine", "other"]
    assert remove("mine", tmp_path) == going
    assert names(tmp_path) == ["other"]
    assert sorted(mine.parent.iterdir()) == [*rest, damaged]
    assert len(find_dataset("other", tmp_path).load(tmp_path).y("train")) == 18
    with pytest.raises(NotFound, match=r"found mine, expected one that was brought in: other"):
        remove("mine", tmp_path)
    remove("other", tmp_path)
    assert [path.name for path in (tmp_path / "datasets/own").iterdir()] == [".lock"]
    assert brought(npz(tmp_path), tmp_path).fresh


@pytest.mark.parametrize(
    "label", ["{", '{"folder": ".."}', '{"folder": "/"}', '{"folder": 1}', '{"folder": "gone"}']
)
def test_a_damaged_name_goes_alone(tmp_path: Path, label: str) -> None:
    brought(npz(tmp_path), tmp_path)
    root = tmp_path / "datasets/own"
    (root / "odd.json").write_text(label)
    before = {path for path in root.iterdir() if path.name != "odd.json"}
    assert remove("odd", tmp_path).folder is None
    assert set(root.iterdir()) == before
    assert len(find_dataset("mine", tmp_path).load(tmp_path).y("train")) == 18


@pytest.mark.skipif(not MEMORY.exists(), reason="NOT CHECKED: no file that refuses to be read")
def test_a_name_that_cannot_be_read_is_not_a_damaged_one(tmp_path: Path) -> None:
    brought(npz(tmp_path), tmp_path)
    label = tmp_path / "datasets/own/mine.json"
    kept = label.rename(tmp_path / "kept")
    label.symlink_to(MEMORY)
    before = sorted(label.parent.rglob("*"))
    for ask in (what_goes, remove):
        with pytest.raises(Unavailable, match=r"while reading mine\.json"):
            ask("mine", tmp_path)
    with pytest.raises(Unavailable, match="expected files that may be read"):
        load("mine", tmp_path)
    brought(npz(tmp_path), tmp_path, "other")  # and nothing goes that it may lead to
    assert set(before) < set(label.parent.rglob("*"))
    kept.replace(label)
    assert len(load("mine", tmp_path).y("train")) == 18


def test_what_is_replaced_goes_and_nothing_else(tmp_path: Path) -> None:
    rest = brought(npz(tmp_path), tmp_path, "other").folder
    before = brought(npz(tmp_path), tmp_path)
    opened = load("mine", tmp_path)
    after = brought(npz(tmp_path, label=np.arange(30) % 2), tmp_path, replace=True)
    assert folders(tmp_path) == {rest, after.folder}
    assert len(opened.raw("image", "train")) == 18  # whoever has it open keeps it
    assert brought(npz(tmp_path), tmp_path, replace=True).folder == before.folder
    assert folders(tmp_path) == {rest, before.folder}


@pytest.mark.parametrize("step", ["_aside", "shutil"])
def test_a_crash_between_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    brought(npz(tmp_path), tmp_path)
    other = npz(tmp_path, label=np.arange(30) % 2)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(removal, step, crash if step == "_aside" else SimpleNamespace(rmtree=crash))
        with pytest.raises(KeyboardInterrupt):
            brought(other, tmp_path, replace=True)
    assert load("mine", tmp_path).labels == ("0", "1")
    assert len(folders(tmp_path)) == 2
    again = brought(other, tmp_path)
    assert (again.fresh, folders(tmp_path)) == (False, {again.folder})


def test_who_reads_what_is_being_replaced_reads_the_new(tmp_path: Path) -> None:
    first = brought(npz(tmp_path), tmp_path)
    seen = []

    def reader(own: Own) -> Own:
        seen.append(own.folder)
        if len(seen) == 1:
            brought(npz(tmp_path, label=np.arange(30) % 2), tmp_path, replace=True)
        return described("mine", own.folder)

    found = read("mine", tmp_path, reader)
    assert (seen, found.labels) == ([first.folder, found.folder], ("0", "1"))


def test_an_empty_file_is_a_damaged_one(tmp_path: Path) -> None:
    own = brought(npz(tmp_path), tmp_path)
    (own.folder / "train-label.npy").write_bytes(b"")
    with pytest.raises(Conflict, match="dataset: found mine: No data left"):
        load("mine", tmp_path)


def folders(home: Path) -> set[Path]:
    return {path for path in (home / "datasets/own").iterdir() if path.is_dir()}


def test_no_other_path_can_be_named(tmp_path: Path) -> None:
    for name in ("../x", "a/b", ".", "", "*"):
        with pytest.raises(InvalidInput, match="dataset"):
            remove(name, tmp_path)
