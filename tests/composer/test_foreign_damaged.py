"""Published files whose bytes were changed anywhere: read, or refused as every error is."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from atlas.errors import InvalidInput, NeuroweaveError
from composer.foreign import apart, hdf5
from composer.foreign.reading import read_npz, read_torch


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("kind", ["torch", "torch, as before 1.6", "npz", "packed npz"])
def test_changed_bytes_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    whole = io.BytesIO()
    arrays = {"w": np.arange(30.0), "b": np.ones((3, 2))}
    if kind.startswith("torch"):
        tensors = {name: torch.from_numpy(one) for name, one in arrays.items()}
        torch.save(tensors, whole, _use_new_zipfile_serialization=kind == "torch")
    else:
        (np.savez_compressed if kind.startswith("packed") else np.savez)(whole, **arrays)
    read = read_torch if kind.startswith("torch") else read_npz
    draw, path, refused = random.Random(1), tmp_path / "weights", 0
    for _ in range(300):
        content = bytearray(whole.getvalue())
        for _ in range(draw.choice((1, 1, 2, 4, 16))):
            content[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(content[: draw.choice((len(content), draw.randrange(len(content))))])
        try:
            assert read(path)
        except NeuroweaveError:
            refused += 1
    assert refused > 100


def keras_file(path: Path) -> Path:
    layer = {"class_name": "Dense", "config": {"name": "d"}}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"config": [layer]})
        group = file.create_group("model_weights/d/inside")
        group["kernel:0"], group["bias:0"] = np.arange(6.0).reshape(2, 3), np.ones(3)
    return path


def test_a_whole_keras_file_comes_as_it_is(tmp_path: Path) -> None:
    found = hdf5.read_keras(keras_file(tmp_path / "whole file.h5"))
    assert found.layers == [("Dense", "d")]
    assert set(found.weights) == {"d"}
    np.testing.assert_array_equal(found.weights["d"]["kernel"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(found.weights["d"]["bias"], [1, 1, 1])


def test_hdf5_that_never_ends_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = keras_file(tmp_path / "loop.h5")
    monkeypatch.setattr(apart, "LIMIT_S", 0.001)
    with pytest.raises(InvalidInput, match=r"loop\.h5: found bytes that HDF5 reads for more than"):
        hdf5.read_keras(path)


def test_hdf5_that_crashes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which bytes do that changes with every version of the library, so the crash is our own."""
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(hdf5.sys, "executable", str(crashing))
    with pytest.raises(InvalidInput, match=r"crash\.h5: found bytes on which HDF5 ends with sig"):
        hdf5.read_keras(keras_file(tmp_path / "crash.h5"))


def test_what_lies_beside_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = keras_file(tmp_path / "beside.h5")
    (tmp_path / "json.py").write_text("raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)
    assert hdf5.read_keras(path).layers == [("Dense", "d")]
