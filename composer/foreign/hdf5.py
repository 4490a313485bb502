"""Keras's HDF5 files, read in a process of their own.

On damaged bytes the C library may crash, or never end; whoever asked gets an error instead. The
process needs neither torch nor anything of this project but the words of its errors.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput
from composer.foreign.apart import answered, apart
from composer.foreign.damage import PACKED, checked, understood

EXPECTED = "a Keras model with its structure and weights"
_HDF5 = (
    ValueError,
    TypeError,
    LookupError,
    MemoryError,
    RuntimeError,  # what h5py has no Python error for, as an unspecified one of the C library
)
"""What h5py raises, and JSON of a model's structure that is none."""

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class KerasFile:
    """Class and name of a Keras model's layers in their order, and the arrays of each by name."""

    layers: list[tuple[str, str]]
    weights: Mapping[str, Mapping[str, Array]]

    def named(self, kind: str) -> list[str]:
        """Names of the layers of one class, in order."""
        return [name for its, name in self.layers if its == kind]


def read_keras(path: Path) -> KerasFile:
    """Structure and weights of a Keras HDF5 file; layers with code in them are refused.

    Raises:
        NotFound: no such file. InvalidInput: not such a file, or a Lambda layer.
        Unavailable: the system cannot read it.
    """
    return _unpacked(apart(__spec__.name, checked(path), reader="HDF5", expected=EXPECTED))


def _unpacked(packed: bytes) -> KerasFile:
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        layers, names = json.loads(archive["described"].item())
        weights = {
            layer: {name: archive[place] for name, place in own.items()}
            for layer, own in names.items()
        }
    return KerasFile([(kind, name) for kind, name in layers], weights)


def _packed(keras: KerasFile) -> bytes:
    arrays: dict[str, Any] = {}
    names: dict[str, dict[str, str]] = {}
    for layer, own in keras.weights.items():
        names[layer] = {name: f"n{len(arrays) + at}" for at, name in enumerate(own)}
        arrays |= {names[layer][name]: array for name, array in own.items()}
    packed = io.BytesIO()
    np.savez(packed, described=np.array(json.dumps([keras.layers, names])), **arrays)
    return packed.getvalue()


def _read(path: Path) -> KerasFile:
    import h5py

    most = PACKED * path.stat().st_size
    with understood(path, EXPECTED, _HDF5), h5py.File(path, "r") as file:
        config = json.loads(file.attrs["model_config"])["config"]
        described = config["layers"] if isinstance(config, dict) else config
        layers = [(str(one["class_name"]), str(one["config"]["name"])) for one in described]
        groups = _own(file, "model_weights")
        weights = {name: _arrays(_own(groups, name), most) for name in groups}
    if any(kind == "Lambda" for kind, _ in layers):
        raise InvalidInput(path.name, found="a Lambda layer", expected="layers without code")
    return KerasFile(layers, weights)


def _own(group: Any, name: str) -> Any:  # noqa: ANN401 - h5py is not typed
    """A member that lies in the file itself: links may lead to other files, or round in circles.

    So may the numbers of a data set.
    """
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise InvalidInput(name, found="a link", expected="what lies in the file itself")
    found = group[name]
    if isinstance(found, h5py.Dataset) and (found.external or found.is_virtual):
        raise InvalidInput(name, found="numbers in other files", expected="one whole file")
    return found


def _arrays(group: Any, most: int, deep: int = 8) -> dict[str, Array]:  # noqa: ANN401 - as above
    """Every array below a group by the last part of its name; ``most`` bytes each."""
    import h5py

    found: dict[str, Array] = {}
    for name in group:
        item = _own(group, name)
        if isinstance(item, h5py.Dataset):
            if item.nbytes > most:
                expected = f"at most {most:,}, from a file of this size"
                raise InvalidInput(name, found=f"{item.nbytes:,} bytes", expected=expected)
            found[name.partition(":")[0]] = np.asarray(item)
        elif deep:
            found |= _arrays(item, most, deep - 1)
    return found


if __name__ == "__main__":
    sys.exit(answered(lambda path: _packed(_read(path))))
