"""mini-Xception: emotions in faces with separable convolutions and no dense layer."""

from __future__ import annotations

from torch import Tensor, nn

from composer.families.base import Shape, scaled
from composer.families.registry import register_family

SOURCE = "Arriaga, Valdenegro-Toro & Plöger 2019, Real-time CNNs for emotion and gender"
EPSILON = 1e-3


class SamePool(nn.Module):
    """Maximum over 3 × 3 with stride 2; sizes are halved and rounded up.

    An odd side is padded at both ends, an even one at its end alone, so that the windows of
    weights from TensorFlow ("same") lie where they lay in training.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, C, ⌈H / 2⌉, ⌈W / 2⌉)."""
        top, left = x.shape[-2] % 2, x.shape[-1] % 2
        padded = nn.functional.pad(x, (left, 1, top, 1), value=float("-inf"))
        return nn.functional.max_pool2d(padded, 3, 2)


class XceptionModule(nn.Module):
    """Two separable convolutions and a pooling beside a 1×1 convolution of stride 2."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.deep = nn.Sequential(
            *_separable(inputs, outputs), nn.ReLU(), *_separable(outputs, outputs), SamePool()
        )
        self.short = nn.Sequential(nn.Conv2d(inputs, outputs, 1, 2, bias=False), _norm(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, outputs, ⌈H / 2⌉, ⌈W / 2⌉)."""
        y: Tensor = self.deep(x)
        short: Tensor = self.short(x)
        return y + short


def average_of_maps(shape: Shape, classes: int) -> nn.Module:
    """The classifier: one 3×3 map for each class, averaged."""
    return nn.Sequential(
        nn.Conv2d(shape[0], classes, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )


@register_family("mini-xception", minimum=(8, 8), source=SOURCE, head=average_of_maps)
def mini_xception(shape: Shape, width: float) -> dict[str, nn.Module]:
    """Two 3×3 convolutions of 8 channels without padding, then modules of 16, 32, 64, 128."""
    first, *outputs = (scaled(n, width) for n in (8, 16, 32, 64, 128))
    stem = nn.Sequential(
        nn.Conv2d(shape[0], first, 3, bias=False),
        _norm(first),
        nn.ReLU(),
        nn.Conv2d(first, first, 3, bias=False),
        _norm(first),
        nn.ReLU(),
    )
    inputs = [first, *outputs]
    modules = {
        f"module{i + 1}": XceptionModule(a, b)
        for i, (a, b) in enumerate(zip(inputs, outputs, strict=False))
    }
    return {"stem": stem, **modules}


def _separable(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        _norm(outputs),
    ]


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=EPSILON)
