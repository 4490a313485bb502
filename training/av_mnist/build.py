"""AV-MNIST built from its sources, kept in a folder named after all that it follows from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput, NotFound
from atlas.progress import Progress, silent
from atlas.whole_files import whole_folder, write_whole
from composer.inputs import InputSpec, fitted
from composer.principal import principal_components
from composer.stretched import StretchSpec, stretched
from training.av_mnist.pairing import Pairs, pairs, pools
from training.av_mnist.parameters import Parameters
from training.av_mnist.sources import Sources
from training.data import SPLITS, MultimodalData, Samples
from training.intact import intact

FORMAT = 1
"""Part of every folder's name: raise it when the same parameters should give other files."""

SIDE = 112
CHUNK = 512
DESCRIPTION = "built.json"


@dataclass(frozen=True, slots=True)
class Built:
    """A built data set: its folder, what it was built with, and the digest of its content."""

    folder: Path
    parameters: Parameters
    content: str
    sizes: dict[str, int]
    fresh: bool


def build(
    sources: Sources,
    parameters: Parameters,
    home: Path,
    *,
    name: str | None = "",
    progress: Progress | None = None,
) -> Built:
    """Build the data set, unless it lies in ``home`` already, and give it a name.

    Sources are divided first, so no picture, recording or clip is in two splits; then each split
    is paired by label. Principal components and normalisation come from the training split. The
    same sources and parameters give the same content, byte for byte, on one machine.

    Args:
        sources: what it is made of.
        parameters: how.
        home: folder of everything built; the files lie under ``datasets/av-mnist``.
        name: asked for as ``av-mnist-<name>``, or ``av-mnist`` without one; takes the place of
            what had the name before. None: it gets no name.
        progress: called with a message and the fraction done.

    Raises:
        InvalidInput: sizes or a split that the sources cannot give.
        Unavailable: the folder cannot be written; nothing half-written is left.
    """
    key = _key(sources, parameters)
    folder = _root(home) / key
    fresh = not folder.exists()
    if fresh:
        say = progress or silent
        with whole_folder(folder, what="data set") as partial:
            _write(sources, parameters, partial, say)
    if name is not None:
        write_whole(_label(home, name), json.dumps({"folder": key}).encode(), what="data set")
    return _built(folder, fresh=fresh)


def load(home: Path, name: str = "") -> MultimodalData:
    """The data set that was built under a name; its samples stay in their files until read.

    Raises:
        NotFound: none was built under it. Conflict: its files are damaged or gone.
    """
    built = require(home, name)
    with intact(_id(name), "build it again"):
        return opened(built, _id(name))


def require(home: Path, name: str = "") -> Built:
    """Find what was built under a name, without its samples.

    Raises:
        NotFound: none was built under it. Conflict: its files are damaged or gone.
    """
    label = _label(home, name)
    if not label.exists():
        option = f" --name {name}" if name else ""
        raise NotFound(
            "dataset", found=_id(name), expected="a data set that has been built",
            hint=f"neuroweave datasets build av-mnist --from FOLDER{option}",
        )  # fmt: skip
    with intact(_id(name), "build it again"):
        return _built(_root(home) / json.loads(label.read_text())["folder"], fresh=False)


def opened(built: Built, id: str) -> MultimodalData:
    """The samples of a data set that was built; they stay in their files until read."""
    found = _description(built.folder)
    splits = {
        name: Samples(
            {
                kind: np.load(built.folder / f"{name}-{kind}.npy", mmap_mode="r")
                for kind in ("image", "audio")
            },
            np.load(built.folder / f"{name}-label.npy"),
        )
        for name in SPLITS
    }
    return MultimodalData(
        id,
        tuple(found["labels"]),
        {name: InputSpec.from_dict(spec) for name, spec in found["inputs"].items()},
        splits,
        built.parameters.seed,
        content=built.content,
    )


def _id(name: str) -> str:
    return f"av-mnist-{name}" if name else "av-mnist"


def _root(home: Path) -> Path:
    return home / "datasets" / "av-mnist"


def _label(home: Path, name: str) -> Path:
    if name and not (name.isascii() and name.replace("-", "").isalnum() and len(name) <= 40):
        raise InvalidInput("name", found=repr(name), expected="letters, digits and '-', at most 40")
    return home / "datasets" / f"{_id(name)}.json"


def _key(sources: Sources, parameters: Parameters) -> str:
    text = f"{FORMAT} {sources.digest} {parameters.to_json()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write(sources: Sources, parameters: Parameters, folder: Path, say: Progress) -> None:
    available = pools(sources, parameters.split)
    wanted = {
        name: pairs(
            sources,
            available[name],
            np.random.default_rng([parameters.seed, number]),
            getattr(parameters, name),
            field=name,
        )
        for number, name in enumerate(SPLITS)
    }
    total, done = sum(map(len, wanted.values())), 0
    content, labels = hashlib.sha256(), np.unique(sources.digits)
    sums = np.zeros(3)
    for name, chosen in wanted.items():
        pictures = sources.pictures[chosen.pictures]
        classes = np.searchsorted(labels, sources.digits[chosen.pictures])
        np.save(folder / f"{name}-image.npy", pictures)
        np.save(folder / f"{name}-label.npy", classes)
        origin = np.stack([chosen.pictures, chosen.voices, chosen.noises], axis=1)
        np.save(folder / f"{name}-origin.npy", origin)
        for array in (pictures, classes):
            content.update(array.tobytes())
        maps = np.lib.format.open_memmap(
            folder / f"{name}-audio.npy",
            mode="w+",
            dtype=np.float16 if parameters.spectrogram == "log" else np.float32,
            shape=(len(chosen), SIDE, SIDE),
        )
        for start in range(0, len(chosen), CHUNK):
            rows = slice(start, start + CHUNK)
            maps[rows] = _spectrograms(sources, chosen, rows, parameters)
            content.update(maps[rows].tobytes())
            if name == "train":
                part = maps[rows].astype(np.float64)
                sums += part.size, part.sum(), (part**2).sum()
            done += len(maps[rows])
            say(f"{name}: {min(start + CHUNK, len(chosen))} of {len(chosen)}", done / total)
        maps.flush()
    specs = _specs(np.load(folder / "train-image.npy"), parameters, sums)
    found = {
        "parameters": parameters.to_dict(),
        "content": content.hexdigest(),
        "sizes": {name: len(chosen) for name, chosen in wanted.items()},
        "labels": [str(label) for label in labels],
        "inputs": {name: spec.to_dict() for name, spec in specs.items()},
    }
    (folder / DESCRIPTION).write_text(json.dumps(found))


def _spectrograms(
    sources: Sources, chosen: Pairs, rows: slice, parameters: Parameters
) -> npt.NDArray[np.float32]:
    mixed = []
    columns = (chosen.voices[rows], chosen.noises[rows], chosen.starts[rows])
    for voice, noise, start in zip(*columns, strict=True):
        spoken, clip = sources.voices[voice], sources.noises[noise]
        spare = max(0, len(clip) - len(spoken))
        first = int(start * (spare + 1))
        heard = np.resize(clip[first : first + len(spoken)], len(spoken))
        mixed.append(spoken + np.float32(parameters.noise_power) * heard)
    return stretched(mixed, _sound(parameters), SIDE, SIDE)


def _sound(parameters: Parameters) -> StretchSpec:
    return StretchSpec(log=parameters.spectrogram == "log")


def _specs(
    pictures: npt.NDArray[np.uint8], parameters: Parameters, sums: npt.NDArray[np.float64]
) -> dict[str, InputSpec]:
    """Recipes of both modalities, from training samples."""
    count = parameters.components
    projection = None if count is None else principal_components(pictures / 255, count)
    _, height, width = pictures.shape
    image = InputSpec("image", height, width, white=255.0, projection=projection)
    size, total, squares = sums
    mean = float(total / size)
    std = float(np.sqrt(max(squares / size - mean**2, 0))) or 1.0
    audio = InputSpec("audio", SIDE, SIDE, mean, std, sound=_sound(parameters))
    return {"image": fitted(image, pictures), "audio": audio}


def _built(folder: Path, *, fresh: bool) -> Built:
    found = _description(folder)
    return Built(folder, Parameters(**found["parameters"]), found["content"], found["sizes"], fresh)


def _description(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text())
    return found
