"""Published checkpoints of PyTorch: ResNets for pictures, keyword spotters, LeNet encoders."""

from __future__ import annotations

from pathlib import Path

from atlas.errors import InvalidInput
from composer.colour import ColourSpec
from composer.families.base import Build
from composer.foreign.base import Foreign, filled, renamed
from composer.foreign.reading import read_npz, read_torch
from composer.inputs import InputSpec
from composer.mel import MelSpec

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

SCALE = (
    "the source does not say how its sounds were scaled; the first layer saw a mean of about 125,"
    " which neither power nor its logarithm has"
)
IMAGENET = ColourSpec((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HONK = MelSpec(
    rate=16000, samples=16000, window=480, hop=160, bands=40, low=20, high=4000, coefficients=40
)


def cifar_resnet(path: Path) -> Foreign:
    """ResNet-20, -32, -44 or -56 on CIFAR-10 (``.th`` of akamaster/pytorch_resnet_cifar10)."""
    tensors = read_torch(path)
    blocks = len({name.split(".")[1] for name in tensors if name.startswith("layer1.")})
    build = Build("resnet-cifar", (3, 32, 32), len(CIFAR10), 1.0, {"blocks": max(1, blocks)})
    names = {"conv1.": "blocks.stem.0.", "bn1.": "blocks.stem.1.", "linear.": "classifier."}
    names |= {f"layer{stage}.": f"blocks.stage{stage}." for stage in (1, 2, 3)}
    return Foreign(
        filled(build, renamed(tensors, names)),
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
            "normalisation": {"mean": list(IMAGENET.mean), "std": list(IMAGENET.std)},
        },
        spec=InputSpec("image", 32, 32, white=255.0, colour=IMAGENET),
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
        filled(build, renamed(tensors, names)),
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
            " cosine transform; frames are rows; a word lies in the middle of one second",
        },
        spec=InputSpec("audio", *HONK.size, white=32768.0, sound=HONK),
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
        filled(build, renamed(tensors, names)),
        area="visual.shape" if image else "auditory.tone",
        function="perception.vision.shape" if image else "perception.audition.tone",
        dataset="AV-MNIST",
        optimizer="",
        platform="PyTorch",
        licence="MIT",
        origin="pliang279/MultiBench @ 49f9be224f34",
        by="Paul Pu Liang and others",
        inputs={
            "modality": modality,
            "shape": [1, side, side],
            "normalisation": "0 to 1, less the mean picture" if image else "not stated",
        },
        spec=InputSpec("image", side, side, white=255.0, centred=True) if image else None,
        unprepared="" if image else SCALE,
        metric="",
        remeasured="an encoder has no accuracy of its own; see models measure",
    )
