"""Data sets of people's own taken away from the disk: the name, its files, cached features."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from atlas.errors import InvalidInput, NotFound
from composer.checkpoints import encode
from tests.training.test_own import brought, npz
from training.datasets import find_dataset
from training.own.kept import names
from training.own.removal import remove, what_goes


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


def test_no_other_path_can_be_named(tmp_path: Path) -> None:
    for name in ("../x", "a/b", ".", "", "*"):
        with pytest.raises(InvalidInput, match="dataset"):
            remove(name, tmp_path)
