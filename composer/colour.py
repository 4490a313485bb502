"""Colour pictures as a network reads them: three channels, each with its own mean and deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from atlas.errors import InvalidInput

Array = npt.NDArray[np.float32]
Three = tuple[float, float, float]

LUMA: Three = (0.299, 0.587, 0.114)
"""Share of red, green and blue in the brightness (ITU-R BT.601)."""


@dataclass(frozen=True, slots=True)
class ColourSpec:
    """What is taken from each channel and what it is divided by, where black is 0 and white 1.

    Both, like the network's input, are in the ``order`` of the channels.
    """

    mean: Three = (0.0, 0.0, 0.0)
    std: Three = (1.0, 1.0, 1.0)
    order: Literal["rgb", "bgr"] = "rgb"


def channels(pictures: Array, colour: ColourSpec | None) -> Array:
    """Pictures (N, h, w) or, red first, (N, h, w, 3) as (N, C, h, w); C is 1 without ``colour``.

    A grey picture has the same value in all three channels; a coloured one is as bright as
    :data:`LUMA` says.

    Raises:
        InvalidInput: another number of channels than three.

    >>> red = np.array([[[[1, 0, 0]]]], dtype=np.float32)
    >>> channels(red, ColourSpec(order="bgr")).ravel().tolist()
    [0.0, 0.0, 1.0]
    >>> channels(red, None).shape, channels(red[..., 0], ColourSpec()).shape
    ((1, 1, 1, 1), (1, 3, 1, 1))
    """
    if pictures.ndim == 4 and pictures.shape[-1] != 3:
        raise InvalidInput(
            "image",
            found=f"{pictures.shape[-1]} channels",
            expected="(N, h, w) or (N, h, w, 3), red first",
        )
    if colour is None:
        grey = pictures @ np.asarray(LUMA, np.float32) if pictures.ndim == 4 else pictures
        return grey[:, None]
    if pictures.ndim == 3:
        return np.repeat(pictures[:, None], 3, axis=1)
    turned = np.moveaxis(pictures, -1, 1)
    return np.ascontiguousarray(turned if colour.order == "rgb" else turned[:, ::-1])
