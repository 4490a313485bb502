"""ResNet for small pictures: three stages of residual blocks, shortcuts without parameters."""

from __future__ import annotations

from torch import Tensor, nn

from composer.families.base import Shape, scaled
from composer.families.registry import Option, register_family

SOURCE = "He et al. 2016, Deep residual learning, section 4.2 (shortcuts of option A)"


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions beside a shortcut.

    Where the size changes, the shortcut takes every ``stride``-th pixel and adds channels of
    zeros, half of them before the others and half after.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride = stride
        self.before = (outputs - inputs) // 2
        self.after = outputs - inputs - self.before

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, outputs, ⌈H / stride⌉, ⌈W / stride⌉)."""
        y = nn.functional.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        short = x[:, :, :: self.stride, :: self.stride]
        short = nn.functional.pad(short, (0, 0, 0, 0, self.before, self.after))
        return nn.functional.relu(y + short)


@register_family(
    "resnet-cifar", minimum=(4, 4), source=SOURCE, options={"blocks": Option(3, 1, 18)}
)
def resnet_cifar(shape: Shape, width: float, blocks: int) -> dict[str, nn.Module]:
    """3×3 → 16 channels, then three stages of ``blocks`` residual blocks: 16, 32, 64 channels.

    The depth is 6 · blocks + 2: 3, 5, 7, 9 blocks are ResNet-20, -32, -44, -56. The last tap is
    the global average.
    """
    a, b, c = (scaled(n, width) for n in (16, 32, 64))
    stem = nn.Sequential(
        nn.Conv2d(shape[0], a, 3, padding=1, bias=False), nn.BatchNorm2d(a), nn.ReLU(inplace=True)
    )
    return {
        "stem": stem,
        "stage1": _stage(a, a, blocks, 1),
        "stage2": _stage(a, b, blocks, 2),
        "stage3": _stage(b, c, blocks, 2),
        "average": nn.AdaptiveAvgPool2d(1),
    }


def _stage(inputs: int, outputs: int, blocks: int, stride: int) -> nn.Sequential:
    first = ResidualBlock(inputs, outputs, stride)
    return nn.Sequential(first, *(ResidualBlock(outputs, outputs, 1) for _ in range(blocks - 1)))
