"""The data sets that a build can be asked for, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from atlas.errors import NotFound

if TYPE_CHECKING:
    from training.data import MultimodalData


def _comes_along(home: Path) -> None:
    """There is nothing to be built."""


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """What is known of a data set before it is loaded.

    ``load`` takes the folder of all data; so does ``require``, which raises what ``load`` would
    where somebody has to build the data set first.
    """

    id: str
    name: str
    modalities: tuple[str, ...]
    licence: str
    citation: str
    load: Callable[[Path], MultimodalData]
    require: Callable[[Path], object] = _comes_along


def _digits_dtmf(home: Path) -> MultimodalData:
    from training.demo_data import digits_dtmf

    return digits_dtmf()


def _av_mnist(home: Path, name: str = "") -> MultimodalData:
    from training.av_mnist.build import load

    return load(home, name)


def _require_av_mnist(home: Path, name: str = "") -> object:
    from training.av_mnist.build import require

    return require(home, name)


DATASETS = {
    "digits-dtmf": DatasetEntry(
        id="digits-dtmf",
        name="Handwritten digits with the telephone tones of the same digit",
        modalities=("image", "audio"),
        licence="pictures CC BY 4.0 (UCI, by way of scikit-learn, BSD-3-Clause); tones made here",
        citation="Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI; "
        "ITU-T Recommendation Q.23",
        load=_digits_dtmf,
    ),
    "av-mnist": DatasetEntry(
        id="av-mnist",
        name="AV-MNIST: handwritten digits with the same digits spoken in everyday noise",
        modalities=("image", "audio"),
        licence="pictures CC BY-SA 3.0 (MNIST); voices CC BY-SA 4.0 (FSDD); "
        "noises CC BY 3.0 (ESC-10)",
        citation="LeCun et al. 1998, Gradient-based learning applied to document recognition; "
        "Jackson et al. 2018, Free-Spoken-Digit-Dataset v1.0.8; Piczak 2015, ESC; "
        "paired as in Pérez-Rúa et al. 2019, MFAS",
        load=_av_mnist,
        require=_require_av_mnist,
    ),
}

VARIANTS = ("av-mnist",)
"""Data sets that people build themselves, also under names of their own: ``av-mnist-<name>``."""


def find_dataset(name: str) -> DatasetEntry:
    """The entry of a data set, or of a variant that somebody built under a name.

    Raises:
        NotFound: listing the ones there are.

    >>> find_dataset("digits-dtmf").modalities
    ('image', 'audio')
    >>> find_dataset("av-mnist-noisy").id
    'av-mnist-noisy'
    """
    for base in VARIANTS:
        if name.startswith(f"{base}-"):
            entry, variant = DATASETS[base], name.removeprefix(f"{base}-")
            title = f"{entry.name} ({variant})"
            return replace(
                entry,
                id=name,
                name=title,
                load=partial(_av_mnist, name=variant),
                require=partial(_require_av_mnist, name=variant),
            )
    if name not in DATASETS:
        raise NotFound("dataset", found=repr(name), expected=f"one of {', '.join(DATASETS)}")
    return DATASETS[name]
