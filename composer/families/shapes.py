"""Shapes sent through a network without its arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

KEEPING: frozenset[Callable[..., Any]] = frozenset(
    (
        nn.functional.batch_norm,
        nn.functional.dropout,
        nn.functional.gelu,
        nn.functional.hardsigmoid,
        nn.functional.hardswish,
        nn.functional.layer_norm,
        nn.functional.leaky_relu,
        nn.functional.relu,
    )
)
"""Functions whose answer has the shape of what they are given first."""

RECURRENT: frozenset[Callable[..., Any]] = frozenset((torch.gru, torch.lstm))


class ShapesAlone(TorchFunctionMode):
    """While it lasts, normalisation and activation return what they get, recurrence its shape.

    On the meta device torch takes all these apart into their arithmetic, a recurrence frame by
    frame, and loads its compiler to do so: over a second for what is known at once.

    >>> with ShapesAlone(), torch.device("meta"):
    ...     nn.LSTM(3, 5, batch_first=True, bidirectional=True)(torch.empty(2, 7, 3))[0].shape
    torch.Size([2, 7, 10])
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        """The answer of ``func`` or, where that has a plain shape, a tensor of this shape."""
        if func in KEEPING:
            return args[0]
        if func in RECURRENT:
            return _states(args[0], args[1], both_ways=args[-2])
        return func(*args, **(kwargs or {}))


def _states(
    x: Tensor, start: Tensor | tuple[Tensor, ...], *, both_ways: bool
) -> tuple[Tensor, ...]:
    """Of every frame of x (N, T, F), then the last ones, as ``start`` is shaped."""
    last = start if isinstance(start, tuple) else (start,)
    width = last[0].shape[-1] * (2 if both_ways else 1)
    return x.new_empty((*x.shape[:-1], width)), *last
