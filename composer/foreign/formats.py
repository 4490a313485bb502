"""The published checkpoints that can be brought in, by format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from atlas.errors import InvalidInput, NotFound
from composer.branches import described
from composer.checkpoints import encode
from composer.foreign.base import Foreign
from composer.foreign.keras_files import face_emotion, speech_emotion
from composer.foreign.onnx_files import onnx_network
from composer.foreign.torch_files import cifar_resnet, honk_keywords, multibench_lenet

FORMATS: Mapping[str, Callable[[Path], Foreign]] = {
    "cifar-resnet": cifar_resnet,
    "honk-keywords": honk_keywords,
    "multibench-lenet": multibench_lenet,
    "face-emotion": face_emotion,
    "speech-emotion": speech_emotion,
    "onnx": onnx_network,
}


def read_foreign(format: str, path: Path) -> Foreign:
    """Convert a published checkpoint.

    Raises:
        NotFound: no such format or file. InvalidInput: the file is not what the format says.
    """
    if format not in FORMATS:
        raise NotFound("format", found=format, expected=f"one of {', '.join(FORMATS)}")
    try:
        return FORMATS[format](path)
    except (LookupError, ValueError, RuntimeError) as error:  # what it looked for is not there
        found = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        raise InvalidInput(path.name, found=found, expected=f"a file of {format}") from error


def encode_foreign(foreign: Foreign, path: Path) -> bytes:
    """A converted network as a checkpoint; its metadata name the file it came from by sha256."""
    with path.open("rb") as file:
        source = hashlib.file_digest(file, "sha256").hexdigest()
    recipe = foreign.spec.to_dict() if foreign.spec else foreign.described
    metadata = {
        "kind": "branch" if foreign.spec else "network",
        **described(foreign.network.build),
        "input": json.dumps(recipe, sort_keys=True, separators=(",", ":")),
        "labels": json.dumps(list(foreign.labels)),
        "dataset": foreign.dataset,
        "licence": foreign.licence,
        "origin": foreign.origin,
        "source_sha256": source,
    }
    return encode(foreign.network.state_dict(), metadata)
