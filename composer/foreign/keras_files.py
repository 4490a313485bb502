"""Published checkpoints of Keras: emotions in faces and in speech."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from atlas.errors import InvalidInput
from composer.families.base import Build
from composer.foreign.base import Foreign, filled
from composer.foreign.hdf5 import Array, KerasFile, read_keras
from composer.inputs import InputSpec
from composer.mel import MelSpec

FACES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
VOICES = tuple(
    f"{who} {how}"
    for who in ("female", "male")
    for how in ("angry", "calm", "fearful", "happy", "sad")
)


VOICE = MelSpec(
    rate=44100,
    samples=110_250,
    start=22_050,
    window=2048,
    hop=512,
    bands=128,
    low=0,
    high=22_050,
    coefficients=13,
    decibels=True,
    averaged=True,
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
    return _emotion(
        build,
        state,
        dataset="FER-2013",
        optimizer="Adam",
        origin="oarriaga/face_classification @ b861d21b0e76",
        by="Octavio Arriaga",
        inputs={
            "modality": "image",
            "shape": [1, 64, 64],
            "normalisation": {"white": 255, "mean": 0.5, "std": 0.5},
        },
        labels=FACES,
        value=0.66,
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
    return _emotion(
        build,
        state,
        dataset="RAVDESS and SAVEE",
        optimizer="RMSprop",
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
        spec=InputSpec("audio", *VOICE.size, white=32768.0, sound=VOICE),
    )


def _emotion(
    build: Build,
    state: Mapping[str, Tensor],
    *,
    dataset: str,
    optimizer: str,
    origin: str,
    by: str,
    inputs: Mapping[str, Any],
    labels: tuple[str, ...],
    value: float,
    spec: InputSpec,
) -> Foreign:
    """What the two have in common: area, platform, licence, and that their data are not here."""
    return Foreign(
        filled(build, state),
        area="emotion",
        function="emotion",
        dataset=dataset,
        optimizer=optimizer,
        platform="Keras",
        licence="MIT",
        origin=origin,
        by=by,
        inputs=inputs,
        labels=labels,
        value=value,
        remeasured=f"the test data of {dataset} are not at hand",
        spec=spec,
    )


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
