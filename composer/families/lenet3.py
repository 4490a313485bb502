"""LeNet3: three convolutions."""

from __future__ import annotations

from torch import nn

from composer.families.base import ConvBlock, Shape, scaled
from composer.families.registry import register_family

SOURCE = "Lü, Ye et al. 2022, Journal of Software 33(4), Table 6; after LeCun et al. 1998"


@register_family("lenet3", minimum=(4, 4), source=SOURCE)
def lenet3(shape: Shape, width: float) -> dict[str, nn.Module]:
    """5×5 → 8, 3×3 → 16, 3×3 → 32 channels, each pooled."""
    a, b, c = (scaled(n, width) for n in (8, 16, 32))
    return {
        "conv1": ConvBlock(shape[0], a, 5),
        "conv2": ConvBlock(a, b, 3),
        "conv3": ConvBlock(b, c, 3),
    }
