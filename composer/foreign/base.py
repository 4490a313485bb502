"""A published checkpoint, converted, and what every conversion needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from atlas.errors import InvalidInput
from composer.families.base import Build, TapNetwork
from composer.families.registry import find_family
from composer.inputs import InputSpec
from composer.meta import build_meta, materialise
from composer.onnx_network import OnnxNetwork


@dataclass(frozen=True, slots=True)
class Foreign:
    """A converted network, frozen, with what is published about it.

    ``inputs`` says in words and numbers how a raw sample is prepared; ``spec`` is the recipe for
    it where ours can do that, else ``unprepared`` says why not. ``metric`` and ``value`` are as
    published; None: nothing is. ``remeasured`` tells why the value is not measured again here.
    """

    network: TapNetwork
    area: str
    function: str
    dataset: str
    optimizer: str
    platform: str
    licence: str
    origin: str
    by: str
    inputs: Mapping[str, Any]
    labels: tuple[str, ...] = ()
    metric: str = "test accuracy"
    value: float | None = None
    remeasured: str = "its test data are not at hand"
    spec: InputSpec | None = None
    unprepared: str = ""

    @property
    def parameters(self) -> int:
        """Numbers that were trained."""
        return self.network.parameter_count()

    @property
    def structure(self) -> str:
        """What the network is made of, in words."""
        if isinstance(self.network, OnnxNetwork):
            return f"{self.network.operations} ONNX operations, run by onnxruntime"
        return (find_family(self.network.family).chain.__doc__ or "").split("\n", 1)[0]

    @property
    def described(self) -> dict[str, Any]:
        """The input as the model's record has it: words, and the recipe or why there is none."""
        recipe: object = self.spec.to_dict() if self.spec else f"none: {self.unprepared}"
        return {**self.inputs, "recipe": recipe}


def filled(build: Build, tensors: Mapping[str, Tensor]) -> TapNetwork:
    """The network with these tensors; counters that a format leaves out are zero."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise InvalidInput(f"tensor {name}", found="NaN or infinite", expected="finite numbers")
    network = build_meta(build)
    counters = [name for name in network.state_dict() if name.endswith("num_batches_tracked")]
    known = {name: torch.tensor(0) for name in counters} | dict(tensors)
    # Older versions of torch counted batches in floats.
    whole = {name: known[name].to(torch.int64) for name in counters}
    return materialise(build, known | whole)


def renamed(tensors: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """The tensors with the starts of their names exchanged; without one that is listed: as is."""
    found = {}
    for name, tensor in tensors.items():
        prefix = next((one for one in names if name.startswith(one)), "")
        found[names.get(prefix, "") + name.removeprefix(prefix)] = tensor
    return found
