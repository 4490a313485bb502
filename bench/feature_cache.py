"""Fusion candidates on cached features against frozen branches that run again.

Run ``python -m bench.feature_cache [--json]``. Each case is one candidate of the demo's search, a
picture and a sound branch of the named family:

- ``features``: the vectors that a head needs for training and validation, read from the cache
  (every candidate after the first) or computed by running the branches on those splits;
- ``training``: the whole training of a head. The baseline runs the frozen branches for every
  batch of every epoch, as a composed network in an ordinary training loop does.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from composer.branches import save_branch
from composer.checkpoints import CheckpointStore
from composer.families.registry import find_family
from composer.fusion import FusionHead
from composer.network import ComposedNetwork, pooled_features
from composer.spec import FusionLayer, FusionSpec
from training.data import MultimodalData, Split
from training.demo_data import digits_dtmf
from training.features import FeatureCache, SlotFeatures
from training.fit import fit
from training.head import train_head

Row = dict[str, float | str]

SLOTS = {"visual": "image", "auditory": "audio"}
SEARCHED: tuple[Split, ...] = ("train", "validation")
EPOCHS = 10


def timed(work: Callable[[], object], repeats: int = 1) -> float:
    """Seconds of the fastest of several runs."""
    laps = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        laps.append(time.perf_counter() - start)
    return min(laps)


def candidate(store: CheckpointStore, data: MultimodalData, family: str) -> FusionSpec:
    """A two-layer fusion of untrained branches: how long they take does not depend on training."""
    shas, taps = [], []
    for modality in SLOTS.values():
        network = find_family(family).build(data.spec(modality).shape, len(data.labels))
        stored = save_branch(
            store, network, data.spec(modality), data.labels, dataset=data.id, seed=0
        )
        shas.append(stored.sha256)
        taps.append(list(network.taps))
    layers = tuple(FusionLayer((taps[0][i], taps[1][i]), "concat", "relu") for i in (-2, -1))
    return FusionSpec(tuple(SLOTS), tuple(shas), "layers", layers)


def bench(family: str, data: MultimodalData, home: Path) -> dict[str, Row]:
    store = CheckpointStore(home / "checkpoints")
    spec = candidate(store, data, family)
    cache = FeatureCache(home / "features", store, data)
    branches = {
        slot: cache.branch(sha).network for slot, sha in zip(SLOTS, spec.checkpoints, strict=True)
    }
    x = {split: {slot: data.x(m, split) for slot, m in SLOTS.items()} for split in SEARCHED}
    y: dict[str, torch.Tensor] = {split: data.y(split) for split in SEARCHED}

    def recompute() -> dict[str, SlotFeatures]:
        with torch.inference_mode():
            return {
                split: {slot: pooled_features(branches[slot], x[split][slot]) for slot in SLOTS}
                for split in SEARCHED
            }

    def cached() -> dict[str, SlotFeatures]:
        return {split: cache.slots(spec, split) for split in SEARCHED}

    def reopened() -> object:
        again = FeatureCache(cache.root, store, data)
        return [again.slots(spec, split) for split in SEARCHED]

    def ours() -> object:
        classes = len(data.labels)
        return train_head(
            spec, cached(), y, classes=classes, epochs=EPOCHS, patience=None, batch=64
        )

    def naive() -> object:
        widths = {
            slot: {tap: v.shape[1] for tap, v in taps.items()}
            for slot, taps in recompute()["train"].items()
        }
        head = FusionHead(widths, len(data.labels), spec)
        head.calibrate(recompute()["train"])
        network = ComposedNetwork(branches, head)
        splits = [(x[split], y[split]) for split in SEARCHED]
        return fit(network, splits[0], splits[1], epochs=EPOCHS, batch=64)

    cached()
    baseline = timed(recompute, 3)
    return {
        f"features, {family}": row(timed(cached, 20), baseline),
        f"features from disk, {family}": row(timed(reopened, 3), baseline),
        f"training of {EPOCHS} epochs, {family}": row(timed(ours), timed(naive)),
    }


def row(ours: float, baseline: float) -> Row:
    return {"ours": ours, "baseline": baseline, "ratio": baseline / ours, "unit": "s"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    data = digits_dtmf()
    results: dict[str, Row] = {}
    with tempfile.TemporaryDirectory() as folder:
        for family in ("lenet3", "lenet5"):
            results |= bench(family, data, Path(folder))
    if options.json:
        print(json.dumps(results))
        return
    print(f"{'case':<34}{'ours':>12}{'baseline':>12}{'ratio':>9}")
    for case, line in results.items():
        print(f"{case:<34}{line['ours']:>10.6f} s{line['baseline']:>10.4f} s{line['ratio']:>8.0f}x")


if __name__ == "__main__":
    main()
