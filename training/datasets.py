"""The data sets that a build can be asked for, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from atlas.errors import NotFound

if TYPE_CHECKING:
    from composer.supply import Supply
    from graph.store import Store
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
    return _made_digits_dtmf()


@cache
def _made_digits_dtmf() -> MultimodalData:
    from training.demo_data import digits_dtmf

    return digits_dtmf()


def _av_mnist(home: Path, name: str = "") -> MultimodalData:
    from training.av_mnist.build import load

    return load(home, name)


def _own(home: Path, name: str) -> MultimodalData:
    from training.own.build import load

    return load(name, home)


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


def built_in(name: str) -> bool:
    """Whether a name is taken by a data set that comes along or is built from its sources.

    >>> built_in("av-mnist-noisy"), built_in("zoo")
    (True, False)
    """
    return name in DATASETS or any(name.startswith(f"{base}-") for base in VARIANTS)


def find_dataset(name: str, home: Path) -> DatasetEntry:
    """The entry of a data set, of a variant built under a name, or of people's own.

    Raises:
        NotFound: listing the ones there are. Conflict: the files of their own are damaged.

    >>> find_dataset("digits-dtmf", Path()).modalities
    ('image', 'audio')
    >>> find_dataset("av-mnist-noisy", Path()).id
    'av-mnist-noisy'
    """
    if name in DATASETS:
        return DATASETS[name]
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
    from training.own.kept import find, names

    own = names(home)
    if name not in own:
        known = ", ".join([*DATASETS, *own])
        raise NotFound("dataset", found=repr(name), expected=f"one of {known}")
    found = find(name, home)
    return DatasetEntry(
        id=name,
        name=found.about.title or name,
        modalities=found.modalities,
        licence=found.about.licence,
        citation=found.about.citation,
        load=partial(_own, name=name),
    )


def supply_of(store: Store, home: Path, dataset: str | None) -> Supply | None:
    """What a plan chooses its candidates by; None where there is no data set to be fed from.

    Raises:
        NotFound: no such data set, or it has to be built first. Conflict: its files are damaged.
        InvalidInput: nothing can be trained on it.
    """
    if dataset is None:
        return None
    from composer.supply import Supply

    return Supply(store, home, find_dataset(dataset, home).load(home).offered)
