"""GRU and LSTM over the frames of a spectrogram."""

from __future__ import annotations

from torch import Tensor, nn

from composer.families.base import Shape, scaled
from composer.families.registry import Option, register_family

HIDDEN = 64
LAYERS = {"layers": Option(2, 1, 8)}
CELLS: dict[str, type[nn.GRU] | type[nn.LSTM]] = {"gru": nn.GRU, "lstm": nn.LSTM}


class Frames(nn.Module):
    """A spectrogram (N, C, bands, frames) as a sequence (N, C · bands, frames)."""

    def forward(self, x: Tensor) -> Tensor:
        """Every column becomes one vector."""
        return x.flatten(1, 2)


class Recurrent(nn.Module):
    """One recurrent layer read in both directions: (N, F, T) → (N, 2 · hidden, T)."""

    def __init__(self, cell: str, inputs: int, hidden: int) -> None:
        super().__init__()
        self.cell = CELLS[cell](inputs, hidden, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        """States of every frame, channels first."""
        states: Tensor = self.cell(x.transpose(1, 2))[0]
        return states.transpose(1, 2)


@register_family(
    "gru", source="Cho et al. 2014; both directions: Schuster & Paliwal 1997", options=LAYERS
)
def gru(shape: Shape, width: float, layers: int) -> dict[str, nn.Module]:
    """``layers`` bidirectional GRU layers of 64 units over the frames (columns) of the input."""
    return _chain("gru", shape, width, layers)


@register_family(
    "lstm",
    source="Hochreiter & Schmidhuber 1997; both directions: Schuster & Paliwal 1997",
    options=LAYERS,
)
def lstm(shape: Shape, width: float, layers: int) -> dict[str, nn.Module]:
    """``layers`` bidirectional LSTM layers of 64 units over the frames (columns) of the input."""
    return _chain("lstm", shape, width, layers)


def _chain(cell: str, shape: Shape, width: float, layers: int) -> dict[str, nn.Module]:
    hidden = scaled(HIDDEN, width)
    blocks: dict[str, nn.Module] = {
        "layer1": nn.Sequential(Frames(), Recurrent(cell, shape[0] * shape[1], hidden))
    }
    for number in range(2, layers + 1):
        blocks[f"layer{number}"] = Recurrent(cell, 2 * hidden, hidden)
    return blocks
