"""Fixed ONNX backbones: their own outputs stay, taps show what is inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from atlas.errors import InvalidInput, NotFound
from composer.branches import load_branch
from composer.checkpoints import CheckpointStore
from composer.foreign.formats import read_foreign
from composer.inputs import prepare
from composer.onnx_backbone import OnnxBackbone, nodes
from tests.composer.test_foreign import WEIGHTS, needs_weights, save_foreign
from tests.data_dir import DATA

SQUEEZENET = WEIGHTS / "vision/classification/squeezenet_v1_1/squeezenet_v1.1.onnx"
FASTESTDET = WEIGHTS / "vision/detection/fastestdet/FastestDet.onnx"
SILERO = WEIGHTS / "audition/speech/silero_vad/silero_vad_16k_op15.onnx"
FACES = WEIGHTS / "vision/face/ultraface_rfb320/version-RFB-320_simplified.onnx"
LAWN = DATA / "mot/frames/PETS09-S2L1-a/img1/000001.jpg"


@needs_weights
def test_taps_show_the_last_maps_of_every_size_and_change_nothing() -> None:
    backbone = OnnxBackbone(FACES)
    plain = OnnxBackbone(FACES, taps=[])
    assert backbone.outputs == ["scores", "boxes"]
    sides = [shape[1] for shape in backbone.taps.values()]
    assert sides == sorted(sides, reverse=True)
    x = {"input": np.random.default_rng(0).random((1, 3, 240, 320), dtype=np.float32)}
    features = backbone.features(x)
    assert {name: one.shape[1:] for name, one in features.items()} == backbone.taps
    assert all(np.isfinite(one).all() and one.std() > 0 for one in features.values())
    for name, array in plain.run(x).items():
        assert np.allclose(array, backbone.run(x)[name], atol=1e-5)


@needs_weights
def test_probabilities_of_a_classifier_sum_to_one_and_its_tap_leads_there() -> None:
    backbone = OnnxBackbone(SQUEEZENET, taps=["conv10_relu_conv10_pre"])
    x = {"data": np.random.default_rng(1).normal(0, 50, (1, 3, 227, 227)).astype(np.float32)}
    probabilities = backbone.run(x)["probabilities"].reshape(-1)
    maps = backbone.features(x)["conv10_relu_conv10_pre"]
    # The network itself ends: rectified, averaged over the map, softmax.
    average = np.maximum(maps, 0).mean(axis=(2, 3))[0]
    expected = np.exp(average - average.max())
    assert np.allclose(probabilities, expected / expected.sum(), atol=1e-4)
    assert probabilities.sum() == pytest.approx(1, abs=1e-4)


@needs_weights
@pytest.mark.skipif(not LAWN.is_file(), reason="NOT CHECKED: no frames beside this clone")
def test_a_detector_finds_people_on_a_lawn() -> None:
    from PIL import Image

    with Image.open(LAWN) as picture:
        rgb = np.asarray(picture.convert("RGB").resize((352, 352)), dtype=np.float32)
    x = (rgb[..., ::-1] / 255).transpose(2, 0, 1)[None].astype(np.float32)
    backbone = OnnxBackbone(FASTESTDET)
    (found,) = backbone.run({"input.1": x}).values()
    grid = found[0]
    score = grid[0] ** 0.6 * grid[5:].max(axis=0) ** 0.4
    row, column = np.unravel_index(score.argmax(), score.shape)
    assert score[row, column] > 0.5
    assert grid[5:, row, column].argmax() == 0  # the first class of COCO is person


@needs_weights
def test_open_lengths_need_a_sample() -> None:
    with pytest.raises(InvalidInput, match=r"sample: found .*expected one that it can run on"):
        OnnxBackbone(SILERO)
    sample = {
        "input": np.zeros((1, 576), dtype=np.float32),
        "state": np.zeros((2, 1, 128), dtype=np.float32),
        "sr": np.array(16000, dtype=np.int64),
    }
    backbone = OnnxBackbone(SILERO, sample=sample)
    assert backbone.run(sample)[backbone.outputs[0]].item() < 0.5  # nobody speaks in silence


@needs_weights
def test_wrong_names_and_shapes_are_refused() -> None:
    with pytest.raises(InvalidInput, match="taps: found nothing"):
        OnnxBackbone(FACES, taps=["nothing"])
    backbone = OnnxBackbone(FACES, taps=[])
    with pytest.raises(InvalidInput, match=r"inputs: found \['x'\]"):
        backbone.run({"x": np.zeros(1)})
    with pytest.raises(InvalidInput, match=r"inputs.input: found \(1, 3, 2, 2\)"):
        backbone.run({"input": np.zeros((1, 3, 2, 2), dtype=np.float32)})


@needs_weights
@pytest.mark.parametrize("path", [FASTESTDET, SQUEEZENET, FACES], ids=lambda path: path.stem)
def test_a_published_file_is_kept_as_a_branch(path: Path, tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    foreign = read_foreign("onnx", path)
    saved = save_foreign(store, foreign, path)
    branch = load_branch(store, saved.sha256)
    assert store.load(saved.sha256)["onnx"].numpy().tobytes() == path.read_bytes()
    assert (foreign.area, foreign.licence != "") == ("visual.shape", True)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 40, 60, 3)).astype(np.float32)
    x = prepare(branch.input, pictures)
    own = OnnxBackbone(path)
    (name,) = own.inputs
    expected = own.features({name: x[1:].numpy()})
    for tap, maps in branch.network.features(x).items():
        assert np.allclose(maps[1:].numpy(), expected[tap], atol=1e-5), tap
    assert list(branch.network.widths()) == list(branch.network.taps)


@needs_weights
def test_several_inputs_are_no_branch() -> None:
    with pytest.raises(InvalidInput, match="sample"):
        read_foreign("onnx", SILERO)


def field(number: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def test_weights_in_other_files_are_refused() -> None:
    node = field(1, field(2, b"y") + field(4, b"Relu"))
    outside = field(5, field(13, field(1, b"location") + field(2, b"../../secret")))
    assert [one.output for one in nodes(field(7, node))] == ["y"]
    with pytest.raises(InvalidInput, match="weights in other files"):
        nodes(field(7, node + outside))


@pytest.mark.parametrize(
    "content", [b"", b"\x3a\x7f", b"\x3b", b"\xff" * 20, b"\x3a\x02\x0a\x00", b"text"]
)
def test_what_is_no_onnx_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.onnx"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="onnx"):
        OnnxBackbone(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"gone\.onnx"):
        OnnxBackbone(tmp_path / "gone.onnx")
