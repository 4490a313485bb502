"""Where networks are trained: on the CPU, or on the GPU that is asked for."""

from __future__ import annotations

import os

import torch

from atlas.errors import InvalidInput

VARIABLE = "NEUROWEAVE_DEVICE"


def training_device() -> torch.device:
    """The device that ``NEUROWEAVE_DEVICE`` names, else the CPU.

    A GPU is not taken unasked: the same seed gives other last digits there. What is stored,
    weights and features, always comes back to the CPU.

    Raises:
        InvalidInput: no such device on this machine.

    >>> training_device()
    device(type='cpu')
    """
    there = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    asked = os.environ.get(VARIABLE) or "cpu"
    if asked not in there:
        raise InvalidInput(VARIABLE, found=asked, expected=f"one of {', '.join(there)}")
    return torch.device(asked)
