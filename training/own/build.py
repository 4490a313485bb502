"""A data set from people's own files: checked, divided, kept under a name."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import Conflict, InvalidInput
from atlas.whole_files import whole_folder, write_whole
from composer.colour import ColourSpec
from composer.inputs import InputSpec, SoundSpec, fitted
from training.data import SPLITS, MultimodalData, Samples, Split
from training.own.kept import DESCRIPTION, About, Own, described, find, held, label_of, read
from training.own.reading import Given
from training.own.removal import sweep
from training.own.splitting import divided

Array = npt.NDArray[Any]
FORMAT = 1
SIDE, SPECTRUM, WINDOW_S, LEAST = 32, 32, 0.032, 32


def add(
    given: Given,
    name: str,
    home: Path,
    *,
    about: About,
    seed: int = 0,
    side: int = SIDE,
    replace: bool = False,
) -> Own:
    """Divide samples, check them and keep them under a name.

    Networks that are trained on them from scratch read pictures of at most ``side`` × ``side``, in
    colour where they are, and spectrograms of 32 × 32 over the whole band; published networks
    read what they were made for, from the samples as they are.

    Args:
        given: the samples.
        name: to ask for them by.
        home: data directory; the files lie under ``datasets/own``.
        about: title, licence and citation.
        seed: of the splits, where none is given.
        side: of pictures.
        replace: take the name from another content, whose files go then.

    Raises:
        InvalidInput: nothing can be trained on them, or a name that cannot be used; says why.
        Conflict: the name is another data set's. Unavailable: the disk is full, or former files
            cannot be deleted.
    """
    from training.datasets import built_in

    label = label_of(home, name)
    if built_in(name):
        raise Conflict("dataset", found=f"{name}, which comes along", expected="a new name")
    data = _data(given, name, seed, side)
    content = data.digest
    text = json.dumps([FORMAT, content, about.title, about.licence, about.citation])
    folder = label.parent / hashlib.sha256(text.encode()).hexdigest()[:16]
    with held(home):
        if label.exists() and not replace and (before := find(name, home)).folder != folder:
            found = f"{name}, content {before.content[:16]}"
            raise Conflict("dataset", found=found, expected="a new name", hint="or replace it")
        if fresh := not folder.exists():
            with whole_folder(folder, what="data set") as draft:
                _write(draft, data, content, about)
        write_whole(label, json.dumps({"folder": folder.name}).encode(), what="data set")
        sweep(label.parent)
    return described(name, folder, fresh=fresh)


def load(name: str, home: Path) -> MultimodalData:
    """The data set of a name; its samples stay in their files until read.

    Raises:
        NotFound, Conflict, Unavailable: as :func:`training.own.kept.find`.
    """
    return read(name, home, _opened)


def _opened(own: Own) -> MultimodalData:
    kept = json.loads((own.folder / DESCRIPTION).read_text())
    splits = {
        split: Samples(
            {
                kind: np.load(own.folder / f"{split}-{kind}.npy", mmap_mode="r")
                for kind in own.modalities
            },
            np.load(own.folder / f"{split}-label.npy"),
        )
        for split in SPLITS
    }
    inputs = {kind: InputSpec.from_dict(spec) for kind, spec in kept["inputs"].items()}
    return MultimodalData(own.id, own.labels, inputs, splits, kept["seed"], content=own.content)


def _data(given: Given, name: str, seed: int, side: int) -> MultimodalData:
    """Samples in their splits, checked; recipes fitted on the training split."""
    labels = tuple(sorted(set(given.label), key=_natural))
    place = {label: number for number, label in enumerate(labels)}
    classes = np.array([place[label] for label in given.label], np.int64)
    if len(labels) < 2:
        raise InvalidInput("label", found="one class", expected="samples of two or more")
    rows = divided(classes, given.split, given.group, seed=seed)
    splits: dict[Split, Samples] = {
        split: Samples({kind: raw[rows[split]] for kind, raw in given.raw.items()}, classes[one])
        for split, one in rows.items()
    }
    plain = {kind: InputSpec(kind, 1, 1) for kind in given.raw}  # type: ignore[arg-type]
    MultimodalData(name, labels, plain, splits, seed)  # what is wrong is told before all else
    specs = {
        kind: _picture_spec(raw, side) if kind == "image" else _sound_spec(raw, given.rate)
        for kind, raw in given.raw.items()
    }
    inputs = {kind: fitted(spec, splits["train"].raw[kind]) for kind, spec in specs.items()}
    return MultimodalData(name, labels, inputs, splits, seed)


def _picture_spec(raw: Array, side: int) -> InputSpec:
    low, high = float(raw.min()), float(raw.max())
    if low < 0 or high > 255:
        expected = "0 to 1, or 0 to 255"
        raise InvalidInput("image", found=f"values from {low:g} to {high:g}", expected=expected)
    white = 255.0 if raw.dtype == np.uint8 or high > 1 else 1.0
    height, width = (min(side, extent) for extent in raw.shape[1:3])
    colour = ColourSpec() if raw.ndim == 4 else None
    return InputSpec("image", height, width, white=white, colour=colour)


def _sound_spec(raw: Array, rate: int) -> InputSpec:
    length = raw.shape[1]
    if length < LEAST:
        found = f"sounds of {length} values"
        raise InvalidInput("audio", found=found, expected=f"{LEAST} values or more")
    window = 2 ** round(np.log2(max(LEAST, min(rate * WINDOW_S, length))))
    step = rate / window
    sound = SoundSpec(rate, length, window, window // 2, low=step, high=rate / 2)
    return InputSpec("audio", SPECTRUM, SPECTRUM, sound=sound)


def _natural(label: str) -> tuple[int, int, str]:
    """Numbers by their size, before words."""
    return (0, int(label), label) if label.isdecimal() else (1, 0, label)


def _write(folder: Path, data: MultimodalData, content: str, about: About) -> None:
    for split, samples in data.splits.items():
        np.save(folder / f"{split}-label.npy", samples.y)
        for kind, raw in samples.raw.items():
            np.save(folder / f"{split}-{kind}.npy", raw)
    kept = {
        "title": about.title,
        "licence": about.licence,
        "citation": about.citation,
        "labels": list(data.labels),
        "sizes": {split: len(samples.y) for split, samples in data.splits.items()},
        "repeated": {kind: _repeated(data, kind) for kind in data.modalities},
        "inputs": {kind: spec.to_dict() for kind, spec in data.inputs.items()},
        "seed": data.seed,
        "content": content,
    }
    (folder / DESCRIPTION).write_text(json.dumps(kept))


def _repeated(data: MultimodalData, kind: str) -> int:
    """How many samples of validation and test an earlier split holds as well."""
    seen: Counter[bytes] = Counter()
    again = 0
    for split in SPLITS:
        found = [hashlib.sha256(one.tobytes()).digest() for one in data.splits[split].raw[kind]]
        again += sum(one in seen for one in found)
        seen.update(found)
    return again
