"""What every family builds: a chain of named blocks with taps and a linear classifier."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from composer.families.shapes import ShapesAlone

Shape = tuple[int, ...]
"""Channels, then the extent along every axis: height and width of a map, frames of a sequence.

The input of a text network is (tokens,), that of all others (channels, height, width).
"""

GRID = 2
"""Maps are averaged over at most GRID cells along each axis before they leave the network."""


def scaled(channels: int, width: float) -> int:
    """Channel count of a layer under a width multiplier, never below one.

    >>> scaled(8, 0.5), scaled(1, 0.25)
    (4, 1)
    """
    return max(1, round(channels * width))


def pooled_width(shape: Shape) -> int:
    """Length of the vector that :func:`pool` makes of a map of this shape.

    >>> pooled_width((32, 4, 4)), pooled_width((32, 1, 1)), pooled_width((32, 50))
    (128, 32, 64)
    """
    channels, *extents = shape
    return channels * math.prod(min(GRID, extent) for extent in extents)


def pool(maps: Tensor) -> Tensor:
    """Average maps (N, C, H, W), sequences (N, C, T) or vectors (N, C) over a small grid.

    A grid of 2 × 2 keeps the coarse position, which a plain global average forgets: in a
    spectrogram the row is the pitch. Classifier and fusion heads read the same vector, so a head
    on the last tap can do all that the network's own classifier does.
    """
    if maps.dim() == 4:
        cells = (min(GRID, maps.shape[-2]), min(GRID, maps.shape[-1]))
        return nn.functional.adaptive_avg_pool2d(maps, cells).flatten(1)
    if maps.dim() == 3:
        return nn.functional.adaptive_avg_pool1d(maps, min(GRID, maps.shape[-1])).flatten(1)
    return maps


def channels_last(x: Tensor) -> Tensor:
    """The same maps (N, C, H, W), the channels of a pixel side by side in memory.

    Convolution and pooling on a processor take a half to a third of the time then. Torch's own
    ``memory_format`` leaves maps of one channel as they are, and with them all that follows.
    """
    n, c, h, w = x.shape
    return x.permute(0, 2, 3, 1).flatten(1).view(n, h, w, c).permute(0, 3, 1, 2)


class PooledLinear(nn.Linear):
    """The classifier of most families: linear on the pooled last tap."""

    def forward(self, maps: Tensor) -> Tensor:
        """Logits (N, classes) of the last tap's maps."""
        return super().forward(pool(maps))


Head = Callable[[Shape, int], nn.Module]
"""Makes a classifier of the last tap's maps from their shape and the number of classes."""


def pooled_linear(shape: Shape, classes: int) -> nn.Module:
    """The usual :data:`Head`."""
    return PooledLinear(pooled_width(shape), classes)


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


@dataclass(frozen=True, slots=True)
class Build:
    """What a network was built from; with it an equal one can be built again.

    ``width`` multiplies the channels, ``options`` are the family's other sizes, as the number of
    layers. ``classes`` may be 0: a network without classifier, as some encoders are published.
    """

    family: str
    input_shape: Shape
    classes: int
    width: float = 1.0
    options: Mapping[str, int] = field(default_factory=dict)


class TapNetwork(nn.Module):
    """A chain of named blocks; the output of every block is a tap.

    ``taps`` maps each block's name, in order, to the shape of its output, channels first. They
    are found by sending a shape through the blocks on the meta device, so a network must be
    constructed there (see ``composer.meta``) and gets its weights afterwards.
    """

    classifier: nn.Module

    def __init__(
        self, build: Build, blocks: Mapping[str, nn.Module], head: Head = pooled_linear
    ) -> None:
        super().__init__()
        self.build = build
        self.blocks = nn.ModuleDict(dict(blocks))
        self.eval()  # batch norm in training mode refuses the single sample that has no numbers
        with ShapesAlone():
            maps = self.features(self.nothing())
        self.taps: dict[str, Shape] = {name: tuple(one.shape[1:]) for name, one in maps.items()}
        self.classifier = head(list(self.taps.values())[-1], self.classes)
        self.train()

    @property
    def family(self) -> str:
        """Name of its family."""
        return self.build.family

    @property
    def input_shape(self) -> Shape:
        """Shape of one sample."""
        return self.build.input_shape

    @property
    def classes(self) -> int:
        """Number of classes; 0: there is no classifier."""
        return self.build.classes

    @property
    def width(self) -> float:
        """Multiplier of the channels."""
        return self.build.width

    def nothing(self, samples: int = 1) -> Tensor:
        """Samples without numbers, on the meta device: token ids for text, else floats."""
        dtype = torch.int64 if len(self.input_shape) == 1 else torch.float32
        return torch.empty((samples, *self.input_shape), device="meta", dtype=dtype)

    def features(self, x: Tensor) -> dict[str, Tensor]:
        """Maps of every tap, in order, for samples x (N, *input_shape)."""
        maps = {}
        x = channels_last(x) if x.dim() == 4 else x
        for name, block in self.blocks.items():
            x = block(x)
            maps[name] = x
        return maps

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes)."""
        x = channels_last(x) if x.dim() == 4 else x
        for block in self.blocks.values():
            x = block(x)
        logits: Tensor = self.classifier(x)
        return logits

    def pooled(self, x: Tensor) -> dict[str, Tensor]:
        """Every tap as a vector per sample (N, pooled width), then "logits" (N, classes)."""
        maps = self.features(x)
        vectors = {name: pool(one) for name, one in maps.items()}
        if self.classes:
            vectors["logits"] = self.classifier(list(maps.values())[-1])
        return vectors

    def widths(self) -> dict[str, int]:
        """Length of each vector of :meth:`pooled`, known without any data."""
        lengths = {name: pooled_width(shape) for name, shape in self.taps.items()}
        return lengths | ({"logits": self.classes} if self.classes else {})

    def parameter_count(self) -> int:
        """Numbers that were or will be trained."""
        return sum(parameter.numel() for parameter in self.parameters())


@torch.no_grad()
def initialise(module: nn.Module, seed: int) -> None:
    """Draw all weights of ``module`` from ``seed``: He-uniform weights, biases zero.

    Normalisation starts as the identity. The draw uses its own generator, so torch's global
    random state is neither read nor moved.
    Source: He et al. 2015, with the gain of LeakyReLU(0.01).
    """
    generator = torch.Generator().manual_seed(seed)
    normed: set[nn.Parameter] = set()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.LayerNorm):
            part.reset_parameters()
            normed.update(part.parameters(recurse=False))
    for parameter in module.parameters():
        if parameter in normed:
            continue
        if parameter.dim() < 2:
            parameter.zero_()
            continue
        fan_in = parameter[0].numel()
        bound = math.sqrt(6 / ((1 + 0.01**2) * fan_in))
        parameter.copy_(torch.rand(parameter.shape, generator=generator) * 2 * bound - bound)
