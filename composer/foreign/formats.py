"""The published checkpoints that can be brought in, one function for each format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from atlas.errors import InvalidInput, NotFound
from composer.branches import described
from composer.checkpoints import CheckpointStore, StoredCheckpoint
from composer.families.base import Build, TapNetwork
from composer.foreign.reading import Array, KerasFile, read_keras, read_npz, read_torch
from composer.inputs import InputSpec
from composer.meta import build_meta, materialise


@dataclass(frozen=True, slots=True)
class Foreign:
    """A converted network, frozen, with what is published about it.

    ``inputs`` says in words and numbers how a raw sample is prepared; ``spec`` is the recipe for
    it where ours can do that. ``metric`` and ``value`` are as published; None: nothing is.
    ``remeasured`` tells why the value is not measured again here.
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
    hyper: Mapping[str, Any] = field(default_factory=dict)


CIFAR10 = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
RESNETS = {20: 0.9173, 32: 0.9263, 44: 0.9310, 56: 0.9339}
"""Published accuracy on the CIFAR-10 test set by depth."""
KEYWORDS = (
    "silence",
    "unknown",
    "yes",
    "no",
    "up",
    "down",
    "left",
    "right",
    "on",
    "off",
    "stop",
    "go",
)
FACES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
VOICES = tuple(
    f"{who} {how}"
    for who in ("female", "male")
    for how in ("angry", "calm", "fearful", "happy", "sad")
)


def cifar_resnet(path: Path) -> Foreign:
    """ResNet-20, -32, -44 or -56 on CIFAR-10 (``.th`` of akamaster/pytorch_resnet_cifar10)."""
    tensors = read_torch(path)
    blocks = len({name.split(".")[1] for name in tensors if name.startswith("layer1.")})
    build = Build("resnet-cifar", (3, 32, 32), len(CIFAR10), 1.0, {"blocks": max(1, blocks)})
    names = {"conv1.": "blocks.stem.0.", "bn1.": "blocks.stem.1.", "linear.": "classifier."}
    names |= {f"layer{stage}.": f"blocks.stage{stage}." for stage in (1, 2, 3)}
    return Foreign(
        _filled(build, _renamed(tensors, names)),
        area="visual.shape",
        function="perception.vision.shape",
        dataset="CIFAR-10",
        optimizer="SGD",
        platform="PyTorch",
        licence="BSD-2-Clause",
        origin="akamaster/pytorch_resnet_cifar10 @ d5489e8995e8",
        by="Yerlan Idelbayev",
        inputs={
            "modality": "image",
            "shape": [3, 32, 32],
            "normalisation": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
        },
        labels=CIFAR10,
        value=RESNETS.get(6 * blocks + 2),
        remeasured="CIFAR-10 is not at hand",
    )


def honk_keywords(path: Path) -> Foreign:
    """Keyword spotter res8 (``.pt`` of castorini/honk-models), narrow or wide.

    Files with layers called "scale" are refused: no published code says where they belong.
    """
    tensors = read_torch(path)
    if odd := [name for name in tensors if name.startswith("scale")]:
        raise InvalidInput(
            path.name, found=odd[0], expected="a state of the published res8, which has no scales"
        )
    channels = len(tensors["conv0.weight"]) if "conv0.weight" in tensors else 45
    names = {"conv0.": "blocks.stem.0.", "output.": "classifier."}
    for block in (1, 2, 3):
        one, two = 2 * block - 1, 2 * block
        after = f"blocks.block{block + 1}.norm." if block < 3 else "blocks.average.0."
        names |= {
            f"conv{one}.": f"blocks.block{block}.conv1.",
            f"bn{one}.": f"blocks.block{block}.inner.",
            f"conv{two}.": f"blocks.block{block}.conv2.",
            f"bn{two}.": after,
        }
    build = Build("kws-resnet", (1, 101, 40), len(KEYWORDS), channels / 45)
    return Foreign(
        _filled(build, _renamed(tensors, names)),
        area="auditory.speech",
        function="perception.audition.speech",
        dataset="Speech Commands",
        optimizer="SGD",
        platform="PyTorch",
        licence="MIT (castorini/honk); the repository of the weights states none",
        origin="castorini/honk-models @ 1c044a11237e",
        by="Raphael Tang and Jimmy Lin",
        inputs={
            "modality": "audio",
            "shape": [1, 101, 40],
            "rate": 16000,
            "normalisation": "log mel spectrogram (40 bands, 20 to 4000 Hz, hop 10 ms) and its"
            " cosine transform; frames are rows",
        },
        labels=KEYWORDS,
        remeasured="Speech Commands is not at hand",
    )


def multibench_lenet(path: Path) -> Foreign:
    """Encoder of MultiBench on AV-MNIST (``.npz``): four layers for pictures, six for sound.

    It has no classifier: its taps feed a fusion.
    """
    tensors = read_npz(path)
    layers = sum(name.startswith("convs.") for name in tensors)
    image = layers == 4
    side, modality = (28, "image") if image else (112, "audio")
    names = {f"convs.{i}.": f"blocks.conv{i + 1}.0." for i in range(layers)}
    names |= {f"bns.{i}.": f"blocks.conv{i + 1}.1." for i in range(layers)}
    build = Build("lenet-bn", (1, side, side), 0, 1.0, {"layers": max(1, layers)})
    return Foreign(
        _filled(build, _renamed(tensors, names)),
        area="visual.shape" if image else "auditory.tone",
        function="perception.vision.shape" if image else "perception.audition.tone",
        dataset="AV-MNIST",
        optimizer="",
        platform="PyTorch",
        licence="MIT",
        origin="pliang279/MultiBench @ 49f9be224f34",
        by="Paul Pu Liang and others",
        inputs={"modality": modality, "shape": [1, side, side], "normalisation": "0 to 1"},
        remeasured="an encoder has no accuracy of its own",
    )


def face_emotion(path: Path) -> Foreign:
    """mini-Xception on FER-2013 (Keras ``.hdf5`` of oarriaga/face_classification)."""
    keras = read_keras(path)
    state: dict[str, Tensor] = {}
    stem = [("conv2d_1", "batch_normalization_1"), ("conv2d_2", "batch_normalization_2")]
    for (convolution, norm), at in zip(stem, (0, 3), strict=True):
        _conv2d(state, f"blocks.stem.{at}", keras, convolution)
        _norm(state, f"blocks.stem.{at + 1}", keras, norm)
    for k in (1, 2, 3, 4):
        block = f"blocks.module{k}"
        _separable(state, f"{block}.deep", 0, keras, f"separable_conv2d_{2 * k - 1}")
        _norm(state, f"{block}.deep.2", keras, f"batch_normalization_{3 * k + 1}")
        _separable(state, f"{block}.deep", 4, keras, f"separable_conv2d_{2 * k}")
        _norm(state, f"{block}.deep.6", keras, f"batch_normalization_{3 * k + 2}")
        _conv2d(state, f"{block}.short.0", keras, f"conv2d_{k + 2}")
        _norm(state, f"{block}.short.1", keras, f"batch_normalization_{3 * k}")
    _conv2d(state, "classifier.0", keras, "conv2d_7")
    build = Build("mini-xception", (1, 64, 64), len(FACES))
    return Foreign(
        _filled(build, state),
        area="emotion",
        function="emotion",
        dataset="FER-2013",
        optimizer="Adam",
        platform="Keras",
        licence="MIT",
        origin="oarriaga/face_classification @ b861d21b0e76",
        by="Octavio Arriaga",
        inputs={
            "modality": "image",
            "shape": [1, 64, 64],
            "normalisation": {"white": 255, "mean": 0.5, "std": 0.5},
        },
        labels=FACES,
        value=0.66,
        remeasured="FER-2013 is not at hand",
        spec=InputSpec("image", 64, 64, mean=0.5, std=0.5, white=255.0),
    )


def speech_emotion(path: Path) -> Foreign:
    """Conv1D net for emotions in speech (Keras ``.h5`` of Speech-Emotion-Analyzer)."""
    keras = read_keras(path)
    state: dict[str, Tensor] = {}
    for i, name in enumerate(keras.named("Conv1D")):
        layer = f"blocks.conv{i + 1}.{1 if i == 0 else 0}"
        state[f"{layer}.weight"] = _tensor(_weight(keras, name, "kernel").transpose(2, 1, 0))
        state[f"{layer}.bias"] = _tensor(_weight(keras, name, "bias"))
    for name in keras.named("Dense"):
        # Keras lays frames side by side, channels inside; ours lays channels, frames inside.
        kernel = _weight(keras, name, "kernel")
        turned = kernel.reshape(-1, 128, kernel.shape[1]).transpose(2, 1, 0)
        state["classifier.weight"] = _tensor(turned.reshape(kernel.shape[1], -1))
        state["classifier.bias"] = _tensor(_weight(keras, name, "bias"))
    build = Build("speech-conv1d", (1, 1, 216), len(VOICES))
    return Foreign(
        _filled(build, state),
        area="emotion",
        function="emotion",
        dataset="RAVDESS and SAVEE",
        optimizer="RMSprop",
        platform="Keras",
        licence="MIT",
        origin="MITESHPUTHRANNEU/Speech-Emotion-Analyzer @ 30333cf1809f",
        by="Mitesh Puthran",
        inputs={
            "modality": "audio",
            "shape": [1, 1, 216],
            "rate": 44100,
            "normalisation": "mean of 13 MFCCs of each of 216 frames, 2.5 s from 0.5 s on",
        },
        labels=VOICES,
        value=0.70,
        remeasured="RAVDESS and SAVEE are not at hand",
    )


FORMATS: Mapping[str, Callable[[Path], Foreign]] = {
    "cifar-resnet": cifar_resnet,
    "honk-keywords": honk_keywords,
    "multibench-lenet": multibench_lenet,
    "face-emotion": face_emotion,
    "speech-emotion": speech_emotion,
}


def read_foreign(format: str, path: Path) -> Foreign:
    """Convert a published checkpoint.

    Raises:
        NotFound: no such format or file. InvalidInput: the file is not what the format says.
    """
    if format not in FORMATS:
        raise NotFound("format", found=format, expected=f"one of {', '.join(FORMATS)}")
    return FORMATS[format](path)


def save_foreign(checkpoints: CheckpointStore, foreign: Foreign, path: Path) -> StoredCheckpoint:
    """Store a converted network; the metadata name the file that it came from by its sha256."""
    with path.open("rb") as file:
        source = hashlib.file_digest(file, "sha256").hexdigest()
    recipe = foreign.spec.to_json() if foreign.spec else json.dumps(foreign.inputs, sort_keys=True)
    metadata = {
        "kind": "branch" if foreign.spec else "network",
        **described(foreign.network.build),
        "input": recipe,
        "labels": json.dumps(list(foreign.labels)),
        "dataset": foreign.dataset,
        "licence": foreign.licence,
        "origin": foreign.origin,
        "source_sha256": source,
    }
    return checkpoints.save(foreign.network.state_dict(), metadata)


def _filled(build: Build, tensors: Mapping[str, Tensor]) -> TapNetwork:
    """The network with these tensors; counters that a format leaves out are zero."""
    network = build_meta(build)
    counters = [name for name in network.state_dict() if name.endswith("num_batches_tracked")]
    known = {name: torch.tensor(0) for name in counters} | dict(tensors)
    # Older versions of torch counted batches in floats.
    whole = {name: known[name].to(torch.int64) for name in counters}
    return materialise(network, known | whole)


def _renamed(tensors: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    found = {}
    for name, tensor in tensors.items():
        prefix = next((one for one in names if name.startswith(one)), "")
        found[names.get(prefix, "") + name.removeprefix(prefix)] = tensor
    return found


def _weight(keras: KerasFile, layer: str, name: str) -> Array:
    try:
        return keras.weights[layer][name]
    except KeyError as error:
        raise InvalidInput(f"layer {layer}", found=f"no {name}", expected="its weights") from error


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _conv2d(state: dict[str, Tensor], to: str, keras: KerasFile, layer: str) -> None:
    state[f"{to}.weight"] = _tensor(_weight(keras, layer, "kernel").transpose(3, 2, 0, 1))
    if "bias" in keras.weights[layer]:
        state[f"{to}.bias"] = _tensor(keras.weights[layer]["bias"])


def _separable(state: dict[str, Tensor], to: str, at: int, keras: KerasFile, layer: str) -> None:
    deep, point = (_weight(keras, layer, f"{name}_kernel") for name in ("depthwise", "pointwise"))
    state[f"{to}.{at}.weight"] = _tensor(deep.transpose(2, 3, 0, 1))
    state[f"{to}.{at + 1}.weight"] = _tensor(point.transpose(3, 2, 0, 1))


def _norm(state: dict[str, Tensor], to: str, keras: KerasFile, layer: str) -> None:
    names = {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "moving_mean",
        "running_var": "moving_variance",
    }
    for ours, theirs in names.items():
        state[f"{to}.{ours}"] = _tensor(_weight(keras, layer, theirs))
