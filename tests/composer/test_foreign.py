"""Published checkpoints, converted: each against a second reading of the same file."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from atlas.errors import InvalidInput, NotFound
from composer.branches import load_branch, load_network
from composer.checkpoints import CheckpointStore, StoredCheckpoint
from composer.foreign.base import Foreign
from composer.foreign.formats import FORMATS, encode_foreign, read_foreign
from composer.foreign.hdf5 import read_keras
from composer.foreign.keras_files import VOICE
from composer.foreign.reading import read_npz, read_torch
from composer.inputs import prepare
from composer.mel import MelSpec, cepstrum
from composer.untrusted import check_weights
from tests.data_dir import DATA

WEIGHTS = DATA / "weights"
needs_weights = pytest.mark.skipif(
    not WEIGHTS.is_dir(), reason="NOT CHECKED: the published weights are not beside this clone"
)
FILES = {
    "resnet20": "vision/classification/cifar10_resnets/resnet20-12fca82f.th",
    "resnet56": "vision/classification/cifar10_resnets/resnet56-4bfd9763.th",
    "res8": "audition/speech/keyword_spotting_honk/res8_narrow.pt",
    "scaled res8": "audition/speech/keyword_spotting_honk/res8.pt",
    "image": "fusion/multibench_avmnist_encoders/multibench_avmnist_image_encoder.npz",
    "audio": "fusion/multibench_avmnist_encoders/multibench_avmnist_audio_encoder.npz",
    "face": "emotion/face/fer2013_mini_xception/fer2013_mini_XCEPTION.102-0.66.hdf5",
    "speech": "emotion/speech/speech_emotion_conv1d/Emotion_Voice_Detection_Model.h5",
}
CASES = [
    ("cifar-resnet", "resnet20"),
    ("cifar-resnet", "resnet56"),
    ("honk-keywords", "res8"),
    ("multibench-lenet", "image"),
    ("multibench-lenet", "audio"),
    ("face-emotion", "face"),
    ("speech-emotion", "speech"),
]


def file(name: str) -> Path:
    return WEIGHTS / FILES[name]


def save_foreign(store: CheckpointStore, foreign: Foreign, path: Path) -> StoredCheckpoint:
    with store.drafted(io.BytesIO(encode_foreign(foreign, path))) as draft:
        return draft.keep()


def normed(x: Tensor, state: Mapping[str, Tensor], name: str) -> Tensor:
    mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    return F.batch_norm(x, mean, var, state.get(f"{name}.weight"), state.get(f"{name}.bias"))


def plain_resnet(x: Tensor, state: Mapping[str, Tensor]) -> Tensor:
    x = normed(F.conv2d(x, state["conv1.weight"], padding=1), state, "bn1").relu()
    blocks = sorted({tuple(map(int, n[5:].split(".")[:2])) for n in state if n[:5] == "layer"})
    for stage, block in blocks:
        name = f"layer{stage}.{block}"
        stride = 2 if stage > 1 and block == 0 else 1
        y = F.conv2d(x, state[f"{name}.conv1.weight"], stride=stride, padding=1)
        y = normed(y, state, f"{name}.bn1").relu()
        y = normed(F.conv2d(y, state[f"{name}.conv2.weight"], padding=1), state, f"{name}.bn2")
        if stride == 2:
            zeros = torch.zeros_like(x[:, : x.shape[1] // 2, ::2, ::2])
            x = torch.cat([zeros, x[:, :, ::2, ::2], zeros], dim=1)
        x = (y + x).relu()
    return F.linear(x.mean(dim=(2, 3)), state["linear.weight"], state["linear.bias"])


def plain_res8(x: Tensor, state: Mapping[str, Tensor]) -> Tensor:
    x = old = F.avg_pool2d(F.conv2d(x, state["conv0.weight"], padding=1).relu(), (4, 3))
    for i in range(1, 7):
        y = F.conv2d(x, state[f"conv{i}.weight"], padding=1).relu()
        if i % 2 == 0:
            y = old = y + old
        x = normed(y, state, f"bn{i}")
    return F.linear(x.flatten(2).mean(2), state["output.weight"], state["output.bias"])


def plain_lenet(x: Tensor, state: Mapping[str, Tensor]) -> Tensor:
    for i in range(sum(name.startswith("convs") for name in state)):
        weight = state[f"convs.{i}.weight"]
        y = F.conv2d(x, weight, padding=weight.shape[-1] // 2)
        x = F.max_pool2d(normed(y, state, f"bns.{i}").relu(), 2)
    return x


def same_padded(x: Tensor, kernel: int, stride: int, value: float) -> Tensor:
    """Padding "same" as TensorFlow's documentation defines it."""
    pads: list[int] = []
    for side in (x.shape[-1], x.shape[-2]):
        spare = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        pads += [spare // 2, spare - spare // 2]
    return F.pad(x, pads, value=value)


def plain_keras(x: Tensor, path: Path) -> Tensor:
    """Run the structure that the file itself holds, layer by layer; x is (N, C, H, W)."""
    with h5py.File(path) as opened:
        config = json.loads(opened.attrs["model_config"])["config"]
        layers: list[dict[str, Any]] = config["layers"] if isinstance(config, dict) else config
        weights: dict[str, dict[str, Tensor]] = {}

        def visit(name: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                layer, *_, kind = name.split("/")
                weights.setdefault(layer, {})[kind[:-2]] = torch.from_numpy(np.asarray(item))

        opened["model_weights"].visititems(visit)
    values: dict[str, Tensor] = {}
    last = x
    for layer in layers:
        settings, name = layer["config"], layer["config"]["name"]
        inbound = [one[0] for node in layer.get("inbound_nodes", []) for one in node]
        inputs = [values[one] for one in inbound] or [last]
        last = values[name] = keras_layer(layer["class_name"], settings, weights.get(name), inputs)
    return last


def keras_layer(
    kind: str, settings: dict[str, Any], own: dict[str, Tensor] | None, inputs: list[Tensor]
) -> Tensor:
    x, w = inputs[0], own or {}
    stride = (settings.get("strides") or [1])[0]
    same = settings.get("padding") == "same"
    if kind in ("Conv2D", "SeparableConv2D"):
        if kind == "SeparableConv2D":
            deep = w["depthwise_kernel"].permute(2, 3, 0, 1)
            x = F.conv2d(same_padded(x, deep.shape[-1], 1, 0.0), deep, groups=x.shape[1])
        kernel = w.get("kernel", w.get("pointwise_kernel"))
        assert kernel is not None
        kernel = kernel.permute(3, 2, 0, 1)
        x = same_padded(x, kernel.shape[-1], stride, 0.0) if same else x
        return F.conv2d(x, kernel, w.get("bias"), stride)
    if kind == "Conv1D":
        return F.conv1d(F.pad(x, (2, 2)), w["kernel"].permute(2, 1, 0), w["bias"])
    if kind == "BatchNormalization":
        args = (w["moving_mean"], w["moving_variance"], w["gamma"], w["beta"])
        return F.batch_norm(x, *args, eps=settings["epsilon"])
    if kind == "MaxPooling2D":
        return F.max_pool2d(same_padded(x, 3, stride, -torch.inf), 3, stride)
    if kind == "MaxPooling1D":
        return F.max_pool1d(x, settings["pool_size"][0])
    if kind == "Dense":
        return F.linear(x, w["kernel"].T, w["bias"])
    simple = {
        "InputLayer": lambda: x,
        "Dropout": lambda: x,
        "Add": lambda: inputs[0] + inputs[1],
        "GlobalAveragePooling2D": lambda: x.mean(dim=(2, 3)),
        "Flatten": lambda: x.transpose(1, 2).flatten(1),  # Keras: channels are last
        "Activation": lambda: x.relu() if settings["activation"] == "relu" else x.softmax(1),
    }
    return simple[kind]()


def second_reading(name: str, x: Tensor) -> Tensor:
    if name.startswith("resnet"):
        return plain_resnet(x, read_torch(file(name)))
    if name == "res8":
        return plain_res8(x, read_torch(file(name)))
    if name in ("image", "audio"):
        return plain_lenet(x, read_npz(file(name)))
    return plain_keras(x[:, :, 0] if name == "speech" else x, file(name))


@needs_weights
@torch.no_grad()
@pytest.mark.parametrize(("format", "name"), CASES)
def test_the_converted_network_answers_as_the_file_says(
    format: str, name: str, tmp_path: Path
) -> None:
    foreign = read_foreign(format, file(name))
    store = CheckpointStore(tmp_path)
    saved = save_foreign(store, foreign, file(name))
    network = load_network(store, saved.sha256)
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(3, *network.input_shape, generator=generator) * 2 - 1
    answer = network(x)
    if name in ("face", "speech"):
        answer = answer.softmax(1)
    expected = second_reading(name, x)
    assert answer.shape == expected.shape
    assert torch.allclose(answer, expected, atol=2e-4, rtol=1e-4)
    assert answer.std() > 1e-3
    check_weights(saved.path)
    assert tuple(foreign.inputs["shape"]) == network.input_shape
    assert len(foreign.labels) == network.classes
    assert save_foreign(store, foreign, file(name)) == saved


@needs_weights
def test_faces_are_prepared_by_our_recipe(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    saved = save_foreign(store, read_foreign("face-emotion", file("face")), file("face"))
    branch = load_branch(store, saved.sha256)
    picture = np.array([[0.0, 255.0], [51.0, 127.5]], dtype=np.float32).repeat(32, 0).repeat(32, 1)
    x = prepare(branch.input, picture[None])
    assert torch.allclose(x, torch.from_numpy((picture / 255 - 0.5) * 2)[None, None], atol=1e-6)
    assert branch.labels[-1] == "neutral"


SPOKEN = DATA / "av/fsdd_4speakers.npz"


@needs_weights
@pytest.mark.skipif(not SPOKEN.is_file(), reason="NOT CHECKED: no spoken digits beside this clone")
def test_words_are_heard_as_the_spotter_heard_them(tmp_path: Path) -> None:
    """Its own statistics say what it heard in training: our recipe gives the same."""
    store = CheckpointStore(tmp_path)
    saved = save_foreign(store, read_foreign("honk-keywords", file("res8")), file("res8"))
    branch = load_branch(store, saved.sha256)
    with np.load(SPOKEN) as found:
        ends, samples = found["offsets"], found["samples"]
        words = [samples[ends[i] : ends[i + 1]].astype(np.float32) for i in range(0, 2000, 50)]
    room = np.random.default_rng(0)
    quiet = [np.pad(word, max(0, 8000 - len(word)) // 2) for word in words]
    noisy = [wave + room.normal(0, 20, len(wave)).astype(np.float32) for wave in quiet]
    assert isinstance(branch.input.sound, MelSpec)
    spec = replace(branch.input, sound=replace(branch.input.sound, given=8000))
    x = prepare(spec, noisy)
    block = branch.network.blocks["block1"]
    with torch.no_grad():
        seen = block.conv1(branch.network.blocks["stem"](x)).relu().mean(dim=(0, 2, 3))
        called = branch.network(x).argmax(dim=1)
    kept = block.inner.running_mean
    live = kept > 1e-3
    assert (seen[~live] == 0).all()  # channels that were dead are dead
    assert (seen[live] / kept[live]).log().mean().abs() < 0.15
    assert (called == branch.labels.index("unknown")).float().mean() > 0.5  # no digit is a keyword


def test_coefficients_are_those_of_the_definition() -> None:
    """A second way to the same numbers: sums written out, torch's transform, no shortcuts."""
    wave = np.random.default_rng(1).normal(size=1600).astype(np.float32)
    spec = MelSpec(16000, 1600, 480, 160, 40, 20, 4000, 40)
    (found,) = cepstrum([wave], spec)
    window = torch.hann_window(480, periodic=True)
    around = F.pad(torch.from_numpy(wave)[None, None], (240, 240), mode="reflect")[0, 0]
    power = torch.stft(around, 480, 160, window=window, center=False, return_complex=True)
    power = power.abs() ** 2

    def mel(hertz: float) -> float:
        return hertz * 3 / 200 if hertz < 1000 else 15 + np.log(hertz / 1000) * 27 / np.log(6.4)

    edges = np.interp(
        np.linspace(mel(20), mel(4000), 42), [mel(h) for h in range(4001)], list(range(4001))
    )
    for frame in (0, 4, 10):
        logs = []
        for left, middle, right in zip(edges, edges[1:], edges[2:], strict=False):
            hertz = np.arange(241) * 16000 / 480
            weight = np.interp(hertz, [left, middle, right], [0, 2 / (right - left), 0])
            logs.append(np.log(float(weight @ power[:, frame].numpy())))
        for k in (0, 1, 7, 39):
            scale = np.sqrt((1 if k == 0 else 2) / 40)
            terms = [log * np.cos(np.pi * k * (n + 0.5) / 40) for n, log in enumerate(logs)]
            assert found[frame, k] == pytest.approx(scale * sum(terms), abs=2e-2)


def test_sounds_that_are_over_before_they_are_heard() -> None:
    spec = replace(VOICE, samples=44_100)
    assert spec.size == (1, 87)
    (heard,) = cepstrum([np.ones(44_100, np.float32)], spec)
    assert heard[0, :40].any()
    assert not heard[0, 50:].any()  # silence after the end is zeros, as in the source
    with pytest.raises(InvalidInput, match=r"a sound of 0\.25 s, expected more than 0\.52 s"):
        cepstrum([np.ones(11_025, np.float32)], spec)


@needs_weights
@torch.no_grad()
def test_colour_pictures_are_normalised_as_published(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    saved = save_foreign(store, read_foreign("cifar-resnet", file("resnet20")), file("resnet20"))
    branch = load_branch(store, saved.sha256)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.uint8)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    plain = torch.tensor((pictures / 255 - mean) / std, dtype=torch.float32).permute(0, 3, 1, 2)
    x = prepare(branch.input, pictures)
    assert torch.allclose(x, plain, atol=1e-5)
    assert torch.equal(prepare(branch.input, pictures.tolist()), x)
    large = pictures.repeat(2, axis=1).repeat(2, axis=2)
    assert prepare(branch.input, large).shape == (2, 3, 32, 32)  # of another size: resized
    grey = prepare(branch.input, pictures[..., :1].repeat(3, axis=3))
    assert torch.equal(prepare(branch.input, pictures[..., 0]), grey)
    with pytest.raises(InvalidInput, match="4 channels"):
        prepare(branch.input, np.zeros((1, 8, 8, 4)))


@needs_weights
def test_layers_without_a_known_place_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"res8.pt: found scale1.scale"):
        read_foreign("honk-keywords", file("scaled res8"))


@needs_weights
def test_a_file_of_another_format_is_refused() -> None:
    with pytest.raises(InvalidInput, match="checkpoint tensor"):
        read_foreign("cifar-resnet", file("res8"))
    with pytest.raises(InvalidInput, match=r"npz of numbers"):
        read_foreign("multibench-lenet", file("res8"))
    with pytest.raises(InvalidInput):
        read_foreign("face-emotion", file("speech"))
    with pytest.raises(InvalidInput):
        read_foreign("speech-emotion", file("face"))


class Command:
    """An object whose unpickling would leave a trace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("wrapped", [True, False])
def test_code_in_a_pickle_never_runs(wrapped: bool, tmp_path: Path) -> None:
    trace, path = tmp_path / "trace", tmp_path / "evil.pt"
    evil = {"state_dict": {"conv1.weight": Command(trace)}}
    if wrapped:
        torch.save(evil, path)
    else:
        path.write_bytes(pickle.dumps(evil))
    for format in ("cifar-resnet", "honk-keywords"):
        with pytest.raises(InvalidInput, match=r"evil.pt: .*expected a state dict"):
            read_foreign(format, path)
    assert not trace.exists()


def test_objects_in_arrays_never_run(tmp_path: Path) -> None:
    trace, path = tmp_path / "trace", tmp_path / "evil.npz"
    np.savez(path, a=np.array([Command(trace)], dtype=object))
    with pytest.raises(InvalidInput, match=r"evil\.npz"):
        read_foreign("multibench-lenet", path)
    assert not trace.exists()


def test_layers_with_code_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.h5"
    layer = {"class_name": "Lambda", "config": {"name": "l", "function": ["AAAA", None, None]}}
    with h5py.File(path, "w") as opened:
        opened.attrs["model_config"] = json.dumps({"config": [layer]})
        opened.create_group("model_weights")
    with pytest.raises(InvalidInput, match="found a Lambda layer"):
        read_keras(path)


def test_unknown_formats_and_files(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="format: found caffe, expected one of cifar-resnet"):
        read_foreign("caffe", tmp_path)
    for format in FORMATS:
        with pytest.raises(NotFound, match=r"nothing\.bin"):
            read_foreign(format, tmp_path / "nothing.bin")
        broken = tmp_path / "broken.bin"
        broken.write_bytes(io.BytesIO(b"not at all").getvalue())
        with pytest.raises(InvalidInput, match=r"broken\.bin|^onnx: "):
            read_foreign(format, broken)
