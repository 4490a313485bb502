"""A fixed ONNX network as a branch: its taps come from onnxruntime, its classifier from us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from atlas.errors import InvalidInput
from composer.families.base import Build, PooledLinear, TapNetwork, pooled_width
from composer.onnx_backbone import Array, OnnxBackbone

FAMILY, CONTENT = "onnx", "onnx"
"""Name of the family, and of the tensor of bytes that holds the file."""


class OnnxNetwork(TapNetwork):
    """What :class:`OnnxBackbone` runs, in the place of a network of a family.

    The file itself is a tensor of the state, so that one checkpoint holds all there is. The body
    never learns; the classifier, where there are ``classes``, reads the last tap.

    Raises:
        InvalidInput: no such network, or one with several inputs.
    """

    def __init__(self, content: Tensor, classes: int, taps: Sequence[str] | None = None) -> None:
        nn.Module.__init__(self)
        self.register_buffer(CONTENT, content)
        self._backbone = OnnxBackbone(content.numpy().tobytes(), taps)
        self._input, self._open, shape = self._only_input()
        self.build = Build(FAMILY, shape, classes)
        self.taps = {name: one for name, one in self._backbone.taps.items() if name != self._input}
        if not self.taps:
            raise InvalidInput("onnx", found="no maps", expected="a convolution to look behind")
        last = list(self.taps.values())[-1]
        self.classifier = PooledLinear(pooled_width(last), classes) if classes else nn.Identity()

    def parameter_count(self) -> int:
        """Numbers in the file's own tensors and in the classifier."""
        return self._backbone.parameters + super().parameter_count()

    @property
    def operations(self) -> int:
        """Nodes of the graph."""
        return len(self._backbone.nodes)

    def features(self, x: Tensor) -> dict[str, Tensor]:
        """Maps of every tap, in order, for samples x (N, *input_shape)."""
        step = len(x) if self._open else 1
        parts = [
            self._backbone.features({self._input: np.ascontiguousarray(part.numpy())})
            for part in torch.split(x.detach(), max(1, step))
        ]
        return {
            name: torch.from_numpy(np.concatenate([part[name] for part in parts]))
            for name in self.taps
        }

    def outputs(self, x: Tensor) -> list[Array]:
        """What the network itself says of one sample x (1, *input_shape), in its own order."""
        return list(self._backbone.run({self._input: np.ascontiguousarray(x.numpy())}).values())

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes)."""
        logits: Tensor = self.classifier(list(self.features(x).values())[-1])
        return logits

    def _only_input(self) -> tuple[str, bool, tuple[int, ...]]:
        """Name of the input, whether it takes several samples at once, and the shape of one."""
        found = self._backbone.inputs
        name, (shape, kind) = next(iter(found.items()), ("", ((), "")))
        sides = [one if isinstance(one, int) else 0 for one in shape]
        if len(found) > 1 or kind != "tensor(float)" or len(sides) != 4 or 0 in sides[1:]:
            raise InvalidInput(
                "onnx",
                found=self._backbone.takes,
                expected="one input (N, channels, height, width) of floats, sizes known",
            )
        return name, sides[0] != 1, tuple(sides[1:])


def from_state(state: Mapping[str, Tensor], classes: int) -> OnnxNetwork:
    """The network of a checkpoint, frozen and in eval mode.

    Raises:
        InvalidInput: other tensors than those of such a network.
    """
    if CONTENT not in state or state[CONTENT].dtype != torch.uint8:
        raise InvalidInput("checkpoint", found=sorted(state), expected="an ONNX file as bytes")
    network = OnnxNetwork(state[CONTENT], classes)
    try:
        network.load_state_dict(dict(state), strict=True, assign=True)
    except RuntimeError as error:
        found = str(error).splitlines()[-1].strip()[:200]
        raise InvalidInput("checkpoint", found=found, expected="its tensors") from error
    return network.requires_grad_(False).eval()
