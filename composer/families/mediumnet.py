"""MediumNet: four 3×3 convolutions."""

from __future__ import annotations

from torch import nn

from composer.families.base import ConvBlock, Shape, scaled
from composer.families.registry import register_family

SOURCE = "Lü, Ye et al. 2022, Journal of Software 33(4), Table 6"


@register_family("mediumnet", minimum=(8, 8), source=SOURCE)
def mediumnet(shape: Shape, width: float) -> dict[str, nn.Module]:
    """3×3 → 8, 16, 32, 64 channels, each pooled."""
    a, b, c, d = (scaled(n, width) for n in (8, 16, 32, 64))
    return {
        "conv1": ConvBlock(shape[0], a, 3),
        "conv2": ConvBlock(a, b, 3),
        "conv3": ConvBlock(b, c, 3),
        "conv4": ConvBlock(c, d, 3),
    }
