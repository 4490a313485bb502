"""LeNet with batch normalisation: the encoders of MultiBench and MFAS on AV-MNIST."""

from __future__ import annotations

from torch import nn

from composer.families.base import Shape, scaled
from composer.families.registry import Option, register_family

SOURCE = "Pérez-Rúa et al. 2019, MFAS; Liang et al. 2021, MultiBench"
CHANNELS = 3


@register_family("lenet-bn", minimum=(16, 16), source=SOURCE, options={"layers": Option(4, 1, 8)})
def lenet_bn(shape: Shape, width: float, layers: int) -> dict[str, nn.Module]:
    """5×5 → 3 channels, then 3×3 with twice the channels each; normalised, rectified, pooled.

    Four layers for pictures of 28 × 28, six for spectrograms of 112 × 112. Pooling rounds down;
    a layer that finds a single row or column left does not pool.
    """
    blocks: dict[str, nn.Module] = {}
    before, side = shape[0], min(shape[1:])
    for i in range(layers):
        after = scaled(CHANNELS * 2**i, width)
        kernel = 5 if i == 0 else 3
        parts: list[nn.Module] = [
            nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
        ]
        if side > 1:
            parts.append(nn.MaxPool2d(2))
        blocks[f"conv{i + 1}"] = nn.Sequential(*parts)
        before, side = after, max(1, side // 2)
    return blocks
