"""Temporal convolutional network: dilated causal convolutions over frames."""

from __future__ import annotations

from torch import Tensor, nn

from composer.families.base import Shape, scaled
from composer.families.recurrent import Frames
from composer.families.registry import Option, register_family

SOURCE = "Bai, Kolter & Koltun 2018 (here with batch instead of weight normalisation)"
CHANNELS, KERNEL, DROPOUT = 64, 3, 0.1


class TemporalBlock(nn.Module):
    """Two causal convolutions of one dilation beside a shortcut: (N, F, T) → (N, outputs, T)."""

    def __init__(self, inputs: int, outputs: int, dilation: int) -> None:
        super().__init__()
        self.past = (KERNEL - 1) * dilation
        self.conv1 = nn.Conv1d(inputs, outputs, KERNEL, dilation=dilation, bias=False)
        self.bn1 = nn.BatchNorm1d(outputs)
        self.conv2 = nn.Conv1d(outputs, outputs, KERNEL, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm1d(outputs)
        self.dropout = nn.Dropout(DROPOUT)
        self.short = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Every frame sees itself and frames before it, none after."""
        y = x
        for conv, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2)):
            y = conv(nn.functional.pad(y, (self.past, 0)))
            y = self.dropout(nn.functional.relu(norm(y)))
        return nn.functional.relu(y + self.short(x))


@register_family("tcn", source=SOURCE, options={"layers": Option(4, 1, 10)})
def tcn(shape: Shape, width: float, layers: int) -> dict[str, nn.Module]:
    """``layers`` residual blocks of 64 channels whose dilation doubles: 1, 2, 4, 8 and so on."""
    channels = scaled(CHANNELS, width)
    first = TemporalBlock(shape[0] * shape[1], channels, 1)
    blocks: dict[str, nn.Module] = {"block1": nn.Sequential(Frames(), first)}
    for number in range(1, layers):
        blocks[f"block{number + 1}"] = TemporalBlock(channels, channels, 2**number)
    return blocks
