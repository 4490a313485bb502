"""What AV-MNIST is made of: pictures of digits, recordings of spoken digits, clips of noise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput, NotFound
from training.av_mnist.layouts import RATE, read_esc, read_fsdd, read_mnist

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Sounds:
    """Sounds at 8 kHz, end to end: sound i is ``samples[offsets[i]:offsets[i + 1]]``."""

    samples: npt.NDArray[np.int16]
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, number: int) -> npt.NDArray[np.int16]:
        return self.samples[self.offsets[number] : self.offsets[number + 1]]


@dataclass(frozen=True)
class Sources:
    """The three sources, unmixed.

    Attributes:
        pictures: uint8 (N, 28, 28), first MNIST's training digits, then its test digits.
        digits: label of each picture.
        training: number of training digits.
        voices: recordings of spoken digits.
        spoken: label of each recording.
        speakers: who speaks in each.
        takes: which of the speaker's recordings of that digit it is.
        noises: clips of everyday sounds.
        folds: fold of each clip; clips cut from one original lie in one fold.
    """

    pictures: npt.NDArray[np.uint8]
    digits: Array
    training: int
    voices: Sounds
    spoken: Array
    speakers: Array
    takes: Array
    noises: Sounds
    folds: Array

    @cached_property
    def digest(self) -> str:
        """Sha256 of all of it."""
        total = hashlib.sha256()
        for field in fields(self):
            value = getattr(self, field.name)
            arrays = [value.samples, value.offsets] if isinstance(value, Sounds) else [value]
            for array in map(np.asarray, arrays):
                total.update(f"{field.name}{array.shape}{array.dtype}".encode())
                total.update(np.ascontiguousarray(array).data)
        return total.hexdigest()


def read_sources(folder: Path) -> Sources:
    """Read a folder with the three sources, each as one ``.npz`` file or as it is published.

    - MNIST: ``mnist*.npz`` with x_train, y_train, x_test, y_test; or the four idx files.
    - Free Spoken Digit Dataset: ``fsdd*.npz`` with samples, offsets, label, speaker, take, rate;
      or ``recordings/*.wav``.
    - ESC-10 or ESC-50: ``esc*.npz`` with samples, offsets, fold, rate; or ``audio/*.wav``.

    Raises:
        NotFound: a file is missing. InvalidInput: not what it should hold, or not at 8 kHz.
    """
    mnist = _arrays(folder, "mnist", ("x_train", "y_train", "x_test", "y_test"), read_mnist)
    spoken = ("samples", "offsets", "label", "speaker", "take", "rate")
    voices = _arrays(folder, "fsdd", spoken, read_fsdd)
    noises = _arrays(folder, "esc", ("samples", "offsets", "fold", "rate"), read_esc)
    found = Sources(
        pictures=np.concatenate([mnist["x_train"], mnist["x_test"]]),
        digits=np.concatenate([mnist["y_train"], mnist["y_test"]]).astype(np.int64),
        training=len(mnist["x_train"]),
        voices=_sounds("fsdd", voices),
        spoken=voices["label"].astype(np.int64),
        speakers=voices["speaker"],
        takes=voices["take"].astype(np.int64),
        noises=_sounds("esc", noises),
        folds=noises["fold"].astype(np.int64),
    )
    _check(found)
    return found


def _arrays(
    folder: Path,
    start: str,
    names: tuple[str, ...],
    published: Callable[[Path], Mapping[str, Array] | None],
) -> Mapping[str, Array]:
    paths = sorted(folder.glob(f"{start}*.npz"))
    if not paths:
        found = published(folder)
        if found is not None:
            return found
        raise NotFound(
            "sources",
            found=f"no {start}*.npz in {folder}, nor files as they are published",
            expected="mnist, fsdd and esc",
        )
    try:
        with np.load(paths[0], allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except (KeyError, ValueError, OSError) as error:
        raise InvalidInput(paths[0].name, found=str(error), expected=", ".join(names)) from error


def _sounds(name: str, arrays: Mapping[str, Array]) -> Sounds:
    if int(arrays["rate"]) != RATE:
        raise InvalidInput(f"{name}.rate", found=int(arrays["rate"]), expected=f"{RATE} Hz")
    offsets = arrays["offsets"].astype(np.int64)
    whole = len(offsets) > 1 and offsets[0] == 0 and offsets[-1] == len(arrays["samples"])
    if not whole or (np.diff(offsets) <= 0).any():
        raise InvalidInput(
            f"{name}.offsets", found="gaps or empty sounds", expected="sounds that lie end to end"
        )
    return Sounds(arrays["samples"], offsets)


def _check(found: Sources) -> None:
    lengths = {
        "mnist": (len(found.pictures), len(found.digits)),
        "fsdd": (len(found.voices), len(found.spoken), len(found.speakers), len(found.takes)),
        "esc": (len(found.noises), len(found.folds)),
    }
    for name, counts in lengths.items():
        if len(set(counts)) > 1:
            raise InvalidInput(name, found=f"lengths {counts}", expected="equal lengths")
    if found.pictures.ndim != 3 or found.pictures.dtype != np.uint8:
        raise InvalidInput("mnist", found=found.pictures.shape, expected="uint8 (N, 28, 28)")
    seen, heard = set(found.digits.tolist()), set(found.spoken.tolist())
    if seen != heard or len(seen) < 2:
        raise InvalidInput(
            "labels",
            found=f"pictures of {sorted(seen)}, recordings of {sorted(heard)}",
            expected="the same two or more digits in both",
        )
