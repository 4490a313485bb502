"""Published files whose bytes were changed anywhere: read, or refused as every error is."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from atlas.errors import NeuroweaveError
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
