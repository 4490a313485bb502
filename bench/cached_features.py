"""A fusion candidate on cached features against one that runs its frozen branches in every epoch.

Run ``python -m bench.cached_features [--json]``. Both paths train the same head from the same seed
for the same number of epochs, measure it on the validation split after each, and must arrive at
the same accuracy. Ours reads the vectors of a filled cache, for one candidate or for fifteen in
one pass, as searches in batches do (the time is that of one of them); the baseline is an ordinary
training loop over the composed network, whose branches run on every batch. Samples are prepared
(spectrograms and all) beforehand in both; both run on one thread. Each case is one pair of
branches, picture × sound, at the demo's input sizes or at those of the paper's AV-MNIST (28 × 28
and 112 × 112).
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from bench._report import Results, case, main
from composer.branches import save_branch
from composer.checkpoints import CheckpointStore
from composer.families.registry import find_family
from composer.fusion import FusionHead
from composer.network import ComposedNetwork
from composer.spec import FusionLayer, FusionSpec
from search.cached import CachedEvaluator
from training.data import SEARCHED, MultimodalData
from training.demo_data import digits_dtmf
from training.features import FeatureCache, SlotFeatures
from training.fit import fit
from training.head import (
    BATCH,
    EPOCHS,
    LEARNING_RATE,
    WEIGHT_DECAY,
    HeadSettings,
    train_head,
)

CASES = (
    ("demo", "lenet5", "mediumnet", EPOCHS),
    ("demo", "mediumnet", "sparsenet", EPOCHS),
    ("AV-MNIST", "lenet3", "mediumnet", 5),
    ("AV-MNIST", "lenet5", "lenet5", 5),
)
SLOTS = {"visual": "image", "auditory": "audio"}
REPEATS, K = 5, 15


def branch(store: CheckpointStore, family: str, data: MultimodalData, modality: str) -> str:
    """An untrained branch in the store; how long it takes does not depend on its training."""
    shape = data.spec(modality).shape
    network = find_family(family).build(shape, len(data.labels))
    saved = save_branch(store, network, data.spec(modality), data.labels, dataset=data.id, seed=0)
    return saved.sha256


def resized(data: MultimodalData, sides: Mapping[str, tuple[int, int]]) -> MultimodalData:
    """The same samples, prepared at other sizes."""
    inputs = {
        modality: replace(spec, height=sides[modality][0], width=sides[modality][1])
        for modality, spec in data.inputs.items()
    }
    return replace(data, inputs=inputs)


def ours(cache: FeatureCache, spec: FusionSpec, epochs: int) -> tuple[float, float]:
    """Seconds and validation accuracy of the head on cached features."""
    start = time.perf_counter()
    features: dict[str, SlotFeatures] = {split: cache.slots(spec, split) for split in SEARCHED}
    labels: dict[str, Tensor] = {split: cache.labels(split) for split in SEARCHED}
    _, value = train_head(
        spec, features, labels, classes=cache.classes, settings=HeadSettings(epochs, None)
    )
    return time.perf_counter() - start, value


def together(cache: FeatureCache, spec: FusionSpec, epochs: int) -> tuple[float, float]:
    """The same of one among K heads, of other seeds, that are trained in one pass."""
    evaluator = CachedEvaluator(cache, HeadSettings(epochs, None))
    start = time.perf_counter()
    first, *_ = evaluator.train_many([spec] * K, seeds=range(K))
    if isinstance(first, BaseException):
        raise first
    return (time.perf_counter() - start) / K, first.validation


def naive(cache: FeatureCache, spec: FusionSpec, epochs: int) -> tuple[float, float]:
    """Seconds and validation accuracy of the same head on branches that run every time."""
    parts = zip(spec.slots, spec.checkpoints, strict=True)
    branches = {slot: cache.branch(sha).network for slot, sha in parts}
    x, y = (
        {split: {slot: cache.data.x(m, split) for slot, m in SLOTS.items()} for split in SEARCHED},
        {split: cache.data.y(split) for split in SEARCHED},
    )
    head = FusionHead(
        {slot: net.widths() for slot, net in branches.items()}, cache.classes, spec, seed=0
    )
    head.calibrate(cache.slots(spec, "train"))
    network = ComposedNetwork(branches, head)
    start = time.perf_counter()
    result = fit(
        network,
        (x["train"], y["train"]),
        (x["validation"], y["validation"]),
        epochs=epochs,
        lr=LEARNING_RATE,
        weight_decay=WEIGHT_DECAY,
        batch=BATCH,
    )
    return time.perf_counter() - start, result.best


def compare(
    home: Path, data: MultimodalData, families: tuple[str, str], epochs: int
) -> tuple[float, float, float]:
    """Median seconds of ours alone and in one pass with others, seconds of the baseline."""
    store = CheckpointStore(home / "checkpoints")
    cache = FeatureCache(home, store, data)
    pairs = zip(families, SLOTS.values(), strict=True)
    checkpoints = tuple(branch(store, family, data, modality) for family, modality in pairs)
    layer = FusionLayer(("conv3", "conv3"), "concat", "relu")
    spec = FusionSpec(tuple(SLOTS), checkpoints, "layers", (layer,))
    seconds, value = naive(cache, spec, epochs)
    medians = []
    for way in (ours, together):
        way(cache, spec, epochs)
        runs = [way(cache, spec, epochs) for _ in range(REPEATS)]
        if abs(value - runs[0][1]) > 0.01:
            raise RuntimeError(f"two paths disagree: {runs[0][1]:.3f} and {value:.3f}")
        medians.append(statistics.median(run[0] for run in runs))
    return medians[0], medians[1], seconds


def run() -> Results:
    demo = digits_dtmf()
    data = {"demo": demo, "AV-MNIST": resized(demo, {"image": (28, 28), "audio": (112, 112)})}
    results: Results = {}
    with tempfile.TemporaryDirectory() as home:
        for size, image, audio, epochs in CASES:
            fast, faster, slow = compare(Path(home), data[size], (image, audio), epochs)
            name = f"{size} candidate, {image} × {audio}, {epochs} epochs"
            results[name] = case(fast, slow)
            results[f"{name}, {K} in one pass"] = case(faster, slow)
    return results


if __name__ == "__main__":
    main(run, __doc__)
