"""Foreign files opened so that nothing in them can run: tensors come out, objects never."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from atlas.errors import InvalidInput, NotFound

MAX_BYTES = 2 * 1024**3
Array = npt.NDArray[Any]


def read_torch(path: Path) -> dict[str, Tensor]:
    """The tensors of a ``.th`` or ``.pt`` file, by torch's unpickler that knows tensors alone.

    Where the state lies under "state_dict" beside other values, it is taken from there, and a
    prefix "module." (as DataParallel adds) is dropped.

    Raises:
        NotFound: no such file. InvalidInput: objects in it, or no state dict.
    """
    expected = "a state dict: tensors by name, and nothing else"
    try:
        found = torch.load(_checked(path), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise InvalidInput(path.name, found=_line(error), expected=expected) from error
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if not isinstance(found, Mapping) or not all(isinstance(one, Tensor) for one in found.values()):
        raise InvalidInput(path.name, found=type(found).__name__, expected=expected)
    return {str(name).removeprefix("module."): tensor for name, tensor in found.items()}


def read_npz(path: Path) -> dict[str, Tensor]:
    """The arrays of an ``.npz`` file; those that would need pickle are refused.

    Raises:
        NotFound: no such file. InvalidInput: no npz file, or objects in it.
    """
    try:
        with np.load(_checked(path), allow_pickle=False) as archive:
            return {name: torch.from_numpy(archive[name]) for name in archive.files}
    except (ValueError, TypeError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        found = _line(error)
        raise InvalidInput(path.name, found=found, expected="an .npz of numbers") from error


@dataclass(frozen=True, slots=True)
class KerasFile:
    """Layers of a Keras model in their order, and the arrays of each by their short names."""

    layers: list[dict[str, Any]]
    weights: Mapping[str, Mapping[str, Array]]

    def named(self, kind: str) -> list[str]:
        """Names of the layers of one class, in order."""
        return [one["config"]["name"] for one in self.layers if one["class_name"] == kind]


def read_keras(path: Path) -> KerasFile:
    """Structure and weights of a Keras HDF5 file; layers with code in them are refused.

    Raises:
        NotFound: no such file. InvalidInput: not such a file, or a Lambda layer.
    """
    import h5py

    try:
        with h5py.File(_checked(path), "r") as file:
            config = json.loads(file.attrs["model_config"])["config"]
            layers = config["layers"] if isinstance(config, dict) else config
            weights = {name: _arrays(group) for name, group in file["model_weights"].items()}
            classes = {layer["class_name"] for layer in layers}
    except (OSError, KeyError, TypeError, ValueError) as error:
        expected = "a Keras model with its structure and weights"
        raise InvalidInput(path.name, found=_line(error), expected=expected) from error
    if "Lambda" in classes:
        raise InvalidInput(path.name, found="a Lambda layer", expected="layers without code")
    return KerasFile(layers, weights)


def _arrays(group: Any) -> dict[str, Array]:  # noqa: ANN401 - h5py is not typed
    import h5py

    found: dict[str, Array] = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name.rpartition("/")[2].partition(":")[0]] = np.asarray(item)

    group.visititems(visit)
    return found


def _checked(path: Path) -> Path:
    if not path.is_file():
        raise NotFound("file", found=path.name, expected="a file that can be read")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InvalidInput(path.name, found=f"{size:,} bytes", expected=f"at most {MAX_BYTES:,}")
    return path


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
