"""SparseNet: a narrow neck, then depthwise convolutions that never mix channels."""

from __future__ import annotations

from torch import nn

from composer.families.base import ConvBlock, Shape, scaled
from composer.families.registry import register_family

SOURCE = "Lü, Ye et al. 2022, Journal of Software 33(4), Table 6"


@register_family("sparsenet", minimum=(16, 16), source=SOURCE)
def sparsenet(shape: Shape, width: float) -> dict[str, nn.Module]:
    """3×3 → 12, 1×1 → 1, depthwise 5×5 → 8, then depthwise 3×3 → 16, 32, 64, 128 channels.

    The sizes of Table 6 leave the first two layers unpooled. A depthwise layer makes a whole
    multiple of its input channels, so the neck sets the grain: with a width of 2 it has two
    channels and every later layer twice its channels.
    """
    first, neck = scaled(12, width), scaled(1, width)
    deep = neck * max(1, round(scaled(8, width) / neck))
    return {
        "conv1": ConvBlock(shape[0], first, 3, pooled=False),
        "conv2": ConvBlock(first, neck, 1, pooled=False),
        "conv3": ConvBlock(neck, deep, 5, groups=neck),
        "conv4": ConvBlock(deep, deep * 2, 3, groups=deep),
        "conv5": ConvBlock(deep * 2, deep * 4, 3, groups=deep * 2),
        "conv6": ConvBlock(deep * 4, deep * 8, 3, groups=deep * 4),
        "conv7": ConvBlock(deep * 8, deep * 16, 3, groups=deep * 8),
    }
