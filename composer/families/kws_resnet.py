"""Residual network for keyword spotting: res8 and its like."""

from __future__ import annotations

from torch import Tensor, nn

from composer.families.base import Shape, scaled
from composer.families.registry import Option, register_family

SOURCE = "Tang & Lin 2018, Deep residual learning for small-footprint keyword spotting (res8)"
POOL = (4, 3)


class KeywordBlock(nn.Module):
    """Two convolutions beside a shortcut; what comes in is normalised for them alone.

    Normalisation has no parameters of its own and follows the activation, as in the paper.
    """

    def __init__(self, channels: int, *, first: bool) -> None:
        super().__init__()
        self.norm: nn.Module = nn.Identity() if first else _norm(channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.inner = _norm(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Maps of the same shape, not normalised."""
        y = self.inner(nn.functional.relu(self.conv1(self.norm(x))))
        return x + nn.functional.relu(self.conv2(y))


@register_family("kws-resnet", minimum=POOL, source=SOURCE, options={"blocks": Option(3, 1, 12)})
def kws_resnet(shape: Shape, width: float, blocks: int) -> dict[str, nn.Module]:
    """3×3 → 45 channels, averaged over 4 frames × 3 coefficients, then residual blocks.

    The input is (channels, frames, MFCC coefficients): 101 × 40 for one second. The narrow
    variant has 19 channels (width 19/45). The last tap is the global average.
    """
    channels = scaled(45, width)
    stem = nn.Sequential(
        nn.Conv2d(shape[0], channels, 3, padding=1, bias=False), nn.ReLU(), nn.AvgPool2d(POOL)
    )
    parts = {f"block{i + 1}": KeywordBlock(channels, first=i == 0) for i in range(blocks)}
    average = nn.Sequential(_norm(channels), nn.AdaptiveAvgPool2d(1))
    return {"stem": stem, **parts, "average": average}


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, affine=False)
