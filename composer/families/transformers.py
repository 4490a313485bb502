"""Small transformer encoders: one for text, one for spectrograms."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from composer.families.base import Shape, scaled
from composer.families.registry import Option, register_family

HEADS, PER_HEAD, DROPOUT = 4, 16, 0.1
LAYERS = Option(2, 1, 24)


class Encoder(nn.Module):
    """Self-attention and a feed-forward net, each normalised before and added to its input.

    Takes and gives channels first, (N, D, T) or (N, D, H, W); every position is a token.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.project = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        self.feed = nn.Sequential(
            nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels)
        )
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: Tensor) -> Tensor:
        """Maps of the same shape."""
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.dropout(self._attend(self.norm1(tokens)))
        tokens = tokens + self.dropout(self.feed(self.norm2(tokens)))
        maps: Tensor = tokens.transpose(1, 2).reshape(x.shape)
        return maps

    def _attend(self, tokens: Tensor) -> Tensor:
        samples, length, channels = tokens.shape
        parts = self.project(tokens).view(samples, length, 3, HEADS, channels // HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = nn.functional.scaled_dot_product_attention(query, key, value)
        mixed: Tensor = self.out(seen.transpose(1, 2).reshape(samples, length, channels))
        return mixed


class Words(nn.Module):
    """Token ids (N, T) to vectors (N, D, T) that know their position."""

    def __init__(self, vocabulary: int, length: int, channels: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, channels)
        self.position = nn.Parameter(torch.empty(channels, length))

    def forward(self, ids: Tensor) -> Tensor:
        """One vector for each token."""
        words: Tensor = self.embed(ids).transpose(1, 2)
        return words + self.position


class Patches(nn.Module):
    """A spectrogram (N, C, H, W) cut into squares, each a vector (N, D, h, w) with its position.

    Rows and columns that fill no whole square at the end are padded with zeros.
    """

    def __init__(self, shape: Shape, channels: int, side: int) -> None:
        super().__init__()
        inputs, height, width = shape
        self.spare = (0, -width % side, 0, -height % side)
        self.embed = nn.Conv2d(inputs, channels, side, side)
        grid = ((height + self.spare[3]) // side, (width + self.spare[1]) // side)
        self.position = nn.Parameter(torch.empty(channels, *grid))

    def forward(self, x: Tensor) -> Tensor:
        """One vector for each square."""
        vectors: Tensor = self.embed(nn.functional.pad(x, self.spare))
        return vectors + self.position


@register_family(
    "text-transformer",
    source="Vaswani et al. 2017 (encoder; normalised before: Xiong et al. 2020)",
    options={"layers": LAYERS, "vocabulary": Option(1000, 2, 1_000_000)},
    tokens=True,
)
def text_transformer(
    shape: Shape, width: float, layers: int, vocabulary: int
) -> dict[str, nn.Module]:
    """Embedding of ``vocabulary`` tokens, then ``layers`` encoders of 4 heads, 64 channels.

    Padding is a token like any other: the network learns what it means.
    """
    channels = HEADS * scaled(PER_HEAD, width)
    return {"embed": Words(vocabulary, shape[0], channels), **_encoders(layers, channels)}


@register_family(
    "spectrogram-transformer",
    minimum=(4, 4),
    source="Gong, Chung & Glass 2021, AST (small, patches without overlap)",
    options={"layers": LAYERS, "patch": Option(8, 1, 64)},
)
def spectrogram_transformer(
    shape: Shape, width: float, layers: int, patch: int
) -> dict[str, nn.Module]:
    """Squares of ``patch`` × ``patch``, then ``layers`` encoders of 4 heads, 64 channels."""
    channels = HEADS * scaled(PER_HEAD, width)
    return {"patches": Patches(shape, channels, patch), **_encoders(layers, channels)}


def _encoders(layers: int, channels: int) -> dict[str, nn.Module]:
    return {f"encoder{number + 1}": Encoder(channels) for number in range(layers)}
