"""The data sets that a build can be asked for, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atlas.errors import NotFound

if TYPE_CHECKING:
    from training.data import MultimodalData


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """What is known of a data set before it is loaded."""

    id: str
    name: str
    modalities: tuple[str, ...]
    licence: str
    citation: str
    load: Callable[[], MultimodalData]


def _digits_dtmf() -> MultimodalData:
    from training.demo_data import digits_dtmf

    return digits_dtmf()


DATASETS = {
    "digits-dtmf": DatasetEntry(
        id="digits-dtmf",
        name="Handwritten digits with the telephone tones of the same digit",
        modalities=("image", "audio"),
        licence="pictures CC BY 4.0 (UCI, by way of scikit-learn, BSD-3-Clause); tones made here",
        citation="Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI; "
        "ITU-T Recommendation Q.23",
        load=_digits_dtmf,
    )
}


def find_dataset(name: str) -> DatasetEntry:
    """The entry of a data set.

    Raises:
        NotFound: listing the ones there are.

    >>> find_dataset("digits-dtmf").modalities
    ('image', 'audio')
    """
    if name not in DATASETS:
        raise NotFound("dataset", found=repr(name), expected=f"one of {', '.join(DATASETS)}")
    return DATASETS[name]
