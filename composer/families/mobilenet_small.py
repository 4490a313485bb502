"""MobileNetV3-Small: inverted residuals, squeeze and excitation, hard swish."""

from __future__ import annotations

from torch import Tensor, nn

from composer.families.base import Shape, scaled
from composer.families.registry import register_family

SOURCE = "Howard et al. 2019, Searching for MobileNetV3, Table 2"

Row = tuple[int, int, int, bool, bool, int]

STAGES: dict[str, tuple[Row, ...]] = {
    "stage1": ((3, 16, 16, True, False, 2),),
    "stage2": ((3, 72, 24, False, False, 2), (3, 88, 24, False, False, 1)),
    "stage3": (
        (5, 96, 40, True, True, 2),
        (5, 240, 40, True, True, 1),
        (5, 240, 40, True, True, 1),
        (5, 120, 48, True, True, 1),
        (5, 144, 48, True, True, 1),
    ),
    "stage4": (
        (5, 288, 96, True, True, 2),
        (5, 576, 96, True, True, 1),
        (5, 576, 96, True, True, 1),
    ),
}
"""Kernel, expanded and output channels, squeeze, hard swish, stride of every bottleneck."""


class SqueezeExcite(nn.Module):
    """Channels weighted by what the whole map holds."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // 4)
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, inner, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(inner, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps of the same shape."""
        weights: Tensor = self.weigh(x)
        return x * weights


class Bottleneck(nn.Module):
    """1×1 expansion, depthwise convolution, 1×1 projection; a shortcut where the shape stays."""

    def __init__(
        self,
        inputs: int,
        expanded: int,
        outputs: int,
        kernel: int,
        stride: int,
        *,
        se: bool,
        hs: bool,
    ) -> None:
        super().__init__()
        layers = [*_conv(inputs, expanded, 1, hs=hs)] if expanded != inputs else []
        layers += _conv(expanded, expanded, kernel, stride, groups=expanded, hs=hs)
        if se:
            layers.append(SqueezeExcite(expanded))
        layers += [nn.Conv2d(expanded, outputs, 1, bias=False), nn.BatchNorm2d(outputs)]
        self.layers = nn.Sequential(*layers)
        self.short = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, outputs, ⌈H / stride⌉, ⌈W / stride⌉)."""
        y: Tensor = self.layers(x)
        return x + y if self.short else y


@register_family("mobilenet-small", minimum=(16, 16), source=SOURCE)
def mobilenet_small(shape: Shape, width: float) -> dict[str, nn.Module]:
    """3×3 → 16, bottlenecks of 16, 24, 40, 48, 96 channels, 1×1 → 576; halved five times.

    The paper's 1024-wide layer before its classifier is left out.
    """
    before = scaled(16, width)
    blocks: dict[str, nn.Module] = {
        "stem": nn.Sequential(*_conv(shape[0], before, 3, 2, hs=True)),
    }
    for name, rows in STAGES.items():
        parts = []
        for kernel, expanded, outputs, se, hs, stride in rows:
            after = scaled(outputs, width)
            wide = scaled(expanded, width)
            parts.append(Bottleneck(before, wide, after, kernel, stride, se=se, hs=hs))
            before = after
        blocks[name] = nn.Sequential(*parts)
    blocks["last"] = nn.Sequential(*_conv(before, scaled(576, width), 1, hs=True))
    return blocks


def _conv(
    inputs: int, outputs: int, kernel: int, stride: int = 1, *, groups: int = 1, hs: bool
) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.Hardswish() if hs else nn.ReLU(inplace=True),
    ]
