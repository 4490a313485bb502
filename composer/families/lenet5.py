"""LeNet5: five convolutions."""

from __future__ import annotations

from torch import nn

from composer.families.base import ConvBlock, Shape, scaled
from composer.families.registry import register_family

SOURCE = "Lü, Ye et al. 2022, Journal of Software 33(4), Table 6; after LeCun et al. 1998"


@register_family("lenet5", minimum=(16, 16), source=SOURCE)
def lenet5(shape: Shape, width: float) -> dict[str, nn.Module]:
    """5×5 → 8, then 3×3 → 16, 32, 64, 128 channels, each pooled."""
    a, b, c, d, e = (scaled(n, width) for n in (8, 16, 32, 64, 128))
    return {
        "conv1": ConvBlock(shape[0], a, 5),
        "conv2": ConvBlock(a, b, 3),
        "conv3": ConvBlock(b, c, 3),
        "conv4": ConvBlock(c, d, 3),
        "conv5": ConvBlock(d, e, 3),
    }
