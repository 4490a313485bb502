"""Published ONNX networks as fixed backbones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

from composer.foreign import onnx_trial
from composer.foreign.apart import apart
from composer.foreign.base import Foreign
from composer.foreign.known_onnx import KNOWN
from composer.onnx_backbone import nodes, read_onnx
from composer.onnx_network import OnnxNetwork


def onnx_network(path: Path) -> Foreign:
    """A network that onnxruntime runs; what is published is known of those in :data:`KNOWN`."""
    content = read_onnx(path)
    nodes(content)  # what can be told without running it
    apart(onnx_trial.__name__, path, reader="onnxruntime", expected="a network that can run")
    known = KNOWN.get(hashlib.sha256(content).hexdigest()[:16])
    network = OnnxNetwork(torch.frombuffer(bytearray(content), dtype=torch.uint8), 0)
    inputs = {"modality": "image", "shape": list(network.input_shape)}
    if known is None:
        why = "nothing is known of this file; a recipe can be stated with --recipe"
        return Foreign(network, "", "", "", "", "ONNX", "", "", "", inputs, unprepared=why)
    return Foreign(
        network,
        area=known.area,
        function=known.function,
        dataset=known.dataset,
        optimizer="",
        platform="ONNX",
        licence=known.licence,
        origin=known.origin,
        by=known.by,
        inputs={**inputs, "normalisation": known.note or "as the recipe says"},
        metric=known.metric,
        value=known.value,
        remeasured=f"the test pictures of {known.dataset} are not at hand",
        spec=known.recipe,
    )
