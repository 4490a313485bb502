"""Published nets in a composition: colour pictures and spoken digits, made from the shared data."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from atlas.errors import InvalidInput
from composer.branches import load_branch
from composer.checkpoints import CheckpointStore
from composer.colour import ColourSpec
from composer.foreign.formats import read_foreign
from composer.inputs import InputSpec, SoundSpec, fitted, prepare
from composer.network import load_composition, predict, save_composition
from composer.spec import FusionSpec
from composer.stretched import StretchSpec
from composer.transfer import recipe_for
from search.cached import CachedEvaluator
from tests.composer.test_foreign import WEIGHTS, file, needs_weights, save_foreign
from tests.data_dir import DATA
from training.data import SPLITS, MultimodalData, Samples, pair_by_label
from training.features import FeatureCache
from training.transfer import transfer_checkpoint

AV = DATA / "av"
needs_digits = pytest.mark.skipif(
    not AV.is_dir(), reason="NOT CHECKED: no digits beside this clone"
)
RATE, SECOND = 8000, 8000
FASTESTDET = WEIGHTS / "vision/detection/fastestdet/FastestDet.onnx"


@pytest.fixture(scope="module")
def colours() -> MultimodalData:
    """Digits painted in a random colour on another, with words by other speakers in each split."""
    rng = np.random.default_rng(0)
    with np.load(AV / "mnist.npz") as found:
        pictures, digits = found["x_train"][:2000], found["y_train"][:2000]
    with np.load(AV / "fsdd_4speakers.npz") as found:
        ends, samples, spoken = found["offsets"], found["samples"], found["label"]
        speakers = found["speaker"]
        words = np.stack([_second(samples[a:b]) for a, b in pairwise(ends)])
    ink, paper = rng.uniform(0, 1, (2, len(pictures), 1, 1, 3))
    share = (pictures / 255)[..., None]
    painted = np.uint8(255 * (share * ink + (1 - share) * paper))
    parts = zip(SPLITS, (300, 100, 100), ("jackson", "nicolas", "theo"), strict=True)
    splits, at = {}, 0
    for seed, (name, size, speaker) in enumerate(parts):
        rows = slice(at, at + size)
        heard = np.flatnonzero(speakers == speaker)[::5]
        image, audio, y = pair_by_label(
            (painted[rows], digits[rows]), (words[heard], spoken[heard]), seed=seed
        )
        splits[name] = Samples({"image": image, "audio": audio}, y.astype(np.int64))
        at += size
    image_spec = InputSpec("image", 28, 28, white=255.0, colour=ColourSpec())
    inputs = {
        "image": fitted(image_spec, splits["train"].raw["image"]),
        "audio": InputSpec("audio", 32, 32, white=32768.0, sound=SoundSpec(rate=RATE)),
    }
    return MultimodalData("colours", tuple("0123456789"), inputs, splits, 0)


def _second(word: np.ndarray) -> np.ndarray:
    word = word[:SECOND]
    spare = SECOND - len(word)
    return np.pad(word, (spare // 2, spare - spare // 2)).astype(np.float32)


@pytest.mark.slow
@needs_weights
@needs_digits
def test_published_nets_are_fused_and_answer(colours: MultimodalData, tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "checkpoints")
    ready = {}
    for modality, format, name in (
        ("image", "cifar-resnet", "resnet20"),
        ("audio", "honk-keywords", "res8"),
    ):
        published = save_foreign(store, read_foreign(format, file(name)), file(name))
        told: list[float] = []
        made = transfer_checkpoint(
            store, published.sha256, colours, modality,
            progress=lambda _, done, told=told: told.append(done),
            features=FeatureCache(tmp_path, store, colours),
        )  # fmt: skip
        assert told == sorted(told)
        assert told[-1] <= 1
        assert made.value > 0.3  # chance is 0.1
        ready[modality] = made.stored.sha256
        body = load_branch(store, published.sha256).network.blocks.state_dict()
        for key, tensor in load_branch(store, ready[modality]).network.blocks.state_dict().items():
            assert torch.equal(tensor, body[key]), key
    spec = FusionSpec(("visual", "auditory"), (ready["image"], ready["audio"]), "late_concat")
    evaluator = CachedEvaluator(FeatureCache(tmp_path, store, colours))
    trained = evaluator.train(spec, seed=0)
    stored = save_composition(store, spec, trained.head, labels=colours.labels, seed=0)
    composition = load_composition(store, stored.sha256)
    raw = {name: colours.raw(name, "test") for name in colours.modalities}
    both = predict(composition, raw)
    right = np.array(both.labels) == np.array(colours.labels)[colours.splits["test"].y]
    assert right.mean() > 0.3
    alone = predict(composition, {"image": raw["image"][:5].tolist()})
    assert alone.missing == ["audio"]
    larger = raw["image"][:5].repeat(3, axis=1).repeat(3, axis=2)
    assert len(predict(composition, {"image": larger}).labels) == 5


@pytest.mark.slow
@needs_weights
@needs_digits
def test_an_onnx_network_is_a_fixed_backbone(colours: MultimodalData, tmp_path: Path) -> None:
    few = replace(
        colours,
        splits={
            name: Samples(
                {kind: raw[:size] for kind, raw in colours.splits[name].raw.items()},
                colours.splits[name].y[:size],
            )
            for name, size in (("train", 60), ("validation", 20), ("test", 10))
        },
    )
    store = CheckpointStore(tmp_path / "checkpoints")
    published = save_foreign(store, read_foreign("onnx", FASTESTDET), FASTESTDET)
    made = transfer_checkpoint(store, published.sha256, few, "image")
    branch = load_branch(store, made.stored.sha256)
    assert store.load(published.sha256)["onnx"].equal(store.load(made.stored.sha256)["onnx"])
    x = prepare(branch.input, few.raw("image", "test"))
    assert torch.allclose(branch.network(x), made.network(x), atol=1e-5)
    assert branch.network(x).shape == (10, 10)
    spec = FusionSpec(("visual",), (made.stored.sha256,), "single")
    cache = FeatureCache(tmp_path, store, few)
    trained = CachedEvaluator(cache).train(spec, seed=0)
    stored = save_composition(store, spec, trained.head, labels=few.labels, seed=0)
    answer = predict(load_composition(store, stored.sha256), {"image": few.raw("image", "test")})
    assert np.argmax(answer.probabilities, axis=1).tolist() == branch.network(x).argmax(1).tolist()


@pytest.mark.parametrize(
    ("published", "offered", "reason"),
    [
        (InputSpec("image", 8, 8), InputSpec("audio", 8, 8), "modality: found audio"),
        (
            InputSpec("image", 8, 8, centred=True),
            InputSpec("image", 8, 8),
            "image: found pictures as they are",
        ),
        (
            InputSpec("audio", 8, 8, sound=SoundSpec()),
            InputSpec("audio", 8, 8, sound=StretchSpec()),
            "audio: found StretchSpec",
        ),
    ],
)
def test_what_a_data_set_cannot_feed_is_said(
    published: InputSpec, offered: InputSpec, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        recipe_for(published, offered)


@needs_weights
def test_spectrograms_are_no_waveforms() -> None:
    spotter = read_foreign("honk-keywords", file("res8")).spec
    assert spotter is not None
    with pytest.raises(InvalidInput, match="audio: found spectrograms, expected waveforms"):
        recipe_for(spotter, InputSpec("audio", 112, 112, sound=StretchSpec()))
    with pytest.raises(InvalidInput, match="audio: found sounds of an unknown rate"):
        recipe_for(spotter, InputSpec("audio", 112, 112))
