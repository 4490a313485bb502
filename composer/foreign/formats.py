"""The published checkpoints that can be brought in, by format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
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

PUBLISHED = frozenset(
    {
        "12fca82f0bebc413",  # ResNet-20, -32, -44, -56
        "d509ac1820d7f253",
        "014dd6541728a1c7",
        "4bfd97631478d6b6",
        "1ccdc7d298a1c892",  # honk's narrow res8
        "b6ffa36c3d0e8aec",  # MultiBench's encoders
        "34983c8000dc17d1",
        "59534287fdfb125e",  # faces
        "eee572d56b5200df",  # voices
    }
)
"""Starts of the sha256 of the files that the formats speak of; ONNX files know theirs."""


def read_foreign(format: str, path: Path) -> Foreign:
    """Convert a published checkpoint, or another of the same structure.

    Of another nothing is published: value, licence, origin and author are left open.

    Raises:
        NotFound: no such format or file. InvalidInput: the file is not what the format says.
    """
    if format not in FORMATS:
        raise NotFound("format", found=format, expected=f"one of {', '.join(FORMATS)}")
    try:
        foreign = FORMATS[format](path)
    except (LookupError, ValueError, RuntimeError) as error:  # what it looked for is not there
        found = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        raise InvalidInput(path.name, found=found, expected=f"a file of {format}") from error
    return foreign if format == "onnx" or _sha256(path)[:16] in PUBLISHED else _unknown(foreign)


def _unknown(foreign: Foreign) -> Foreign:
    why = f"it is not the published file; {foreign.remeasured}"
    return replace(foreign, value=None, licence="", origin="", by="", remeasured=why)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def encode_foreign(foreign: Foreign, path: Path) -> bytes:
    """A converted network as a checkpoint; its metadata name the file it came from by sha256."""
    recipe = foreign.spec.to_dict() if foreign.spec else foreign.described
    metadata = {
        "kind": "branch" if foreign.spec else "network",
        **described(foreign.network.build),
        "input": json.dumps(recipe, sort_keys=True, separators=(",", ":")),
        "labels": json.dumps(list(foreign.labels)),
        "dataset": foreign.dataset,
        "licence": foreign.licence,
        "origin": foreign.origin,
        "source_sha256": _sha256(path),
    }
    return encode(foreign.network.state_dict(), metadata)
