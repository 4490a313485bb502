"""What every family builds: a chain of named blocks with taps and a linear classifier."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

Shape = tuple[int, int, int]
"""Channels, height and width of a feature map."""

GRID = 2
"""Feature maps are averaged over at most GRID × GRID cells before they leave the network."""


def scaled(channels: int, width: float) -> int:
    """Channel count of a layer under a width multiplier, never below one.

    >>> scaled(8, 0.5), scaled(1, 0.25)
    (4, 1)
    """
    return max(1, round(channels * width))


def pooled_width(shape: Shape) -> int:
    """Length of the vector that :func:`pool` makes of a map of this shape.

    >>> pooled_width((32, 4, 4)), pooled_width((32, 1, 1))
    (128, 32)
    """
    channels, height, width = shape
    return channels * min(GRID, height) * min(GRID, width)


def pool(maps: Tensor) -> Tensor:
    """Average feature maps (N, C, H, W) over a small grid: (N, C·gh·gw).

    A grid of 2 × 2 keeps the coarse position, which a plain global average forgets: in a
    spectrogram the row is the pitch. Classifier and fusion heads read the same vector, so a head
    on the last tap can do all that the network's own classifier does.
    """
    cells = (min(GRID, maps.shape[-2]), min(GRID, maps.shape[-1]))
    return nn.functional.adaptive_avg_pool2d(maps, cells).flatten(1)


class ConvBlock(nn.Sequential):
    """Convolution with 'same' padding, then (as in the paper) 2 × 2 max pooling, then LeakyReLU.

    Pooling rounds up, so no row or column is ever dropped. ``groups`` > 1 makes the convolution
    depthwise; ``pooled=False`` leaves the size as it is.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, groups: int = 1, pooled: bool = True
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups)
        ]
        if pooled:
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        super().__init__(*layers, nn.LeakyReLU(inplace=True))


class TapNetwork(nn.Module):
    """A chain of named blocks; the output of every block is a tap.

    ``taps`` maps each block's name, in order, to the (channels, height, width) of its output.
    They are found by sending a shape through the blocks on the meta device, so a network must be
    constructed there (see ``composer.meta``) and gets its weights afterwards.
    """

    def __init__(
        self,
        family: str,
        blocks: Mapping[str, nn.Module],
        input_shape: Shape,
        classes: int,
        width: float,
    ) -> None:
        super().__init__()
        self.family, self.input_shape = family, input_shape
        self.classes, self.width = classes, width
        self.blocks = nn.ModuleDict(dict(blocks))
        maps = self.features(torch.empty((1, *input_shape), device="meta"))
        self.taps: dict[str, Shape] = {}
        for name, tensor in maps.items():
            _, channels, height, columns = tensor.shape
            self.taps[name] = (channels, height, columns)
        self.classifier = nn.Linear(pooled_width(self.taps[name]), classes, device="meta")

    def features(self, x: Tensor) -> dict[str, Tensor]:
        """Feature maps of every tap, in order, for pictures x (N, C, H, W)."""
        maps = {}
        for name, block in self.blocks.items():
            x = block(x)
            maps[name] = x
        return maps

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes)."""
        for block in self.blocks.values():
            x = block(x)
        logits: Tensor = self.classifier(pool(x))
        return logits

    def pooled(self, x: Tensor) -> dict[str, Tensor]:
        """Every tap as a vector per sample (N, pooled width), then "logits" (N, classes)."""
        vectors = {name: pool(maps) for name, maps in self.features(x).items()}
        return vectors | {"logits": self.classifier(list(vectors.values())[-1])}

    def widths(self) -> dict[str, int]:
        """Length of each vector of :meth:`pooled`, known without any data."""
        return {name: pooled_width(shape) for name, shape in self.taps.items()} | {
            "logits": self.classes
        }

    def parameter_count(self) -> int:
        """Number of trainable numbers."""
        return sum(parameter.numel() for parameter in self.parameters())


@torch.no_grad()
def initialise(module: nn.Module, seed: int) -> None:
    """Draw all weights of ``module`` from ``seed``: He-uniform weights, biases zero.

    The draw uses its own generator, so torch's global random state is neither read nor moved.
    Source: He et al. 2015, with the gain of LeakyReLU(0.01).
    """
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        if parameter.dim() < 2:
            parameter.zero_()
            continue
        fan_in = parameter[0].numel()
        bound = math.sqrt(6 / ((1 + 0.01**2) * fan_in))
        parameter.copy_(torch.rand(parameter.shape, generator=generator) * 2 * bound - bound)
