"""K fusion heads of one shape in one pass against a loop that trains them one by one.

Run ``python -m bench.batched_heads [--json]``. Both train the same heads from the same seeds for
the same number of epochs on one thread, and must arrive at the same accuracies, but for a sample
or two on the edge.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench._report import Results, case, main
from bench._scenes import scenes
from composer.spec import FusionLayer, FusionSpec
from training.batched import Shared, prepared, train_heads
from training.data import SEARCHED
from training.demo_data import digits_dtmf
from training.features import FeatureCache
from training.head import HeadSettings, new_head, train_head

K = 15
SETTINGS = HeadSettings(epochs=8, patience=None)
SMALL = HeadSettings(epochs=8, patience=None, batch=64)


def compare(cache: FeatureCache, spec: FusionSpec, settings: HeadSettings) -> tuple[float, float]:
    """Seconds for all heads together, and one after the other."""
    features = {split: cache.slots(spec, split) for split in SEARCHED}
    labels = {split: cache.labels(split) for split in SEARCHED}
    start = time.perf_counter()
    shared: Shared = {}
    heads = [
        prepared(new_head(spec, features, cache.classes, seed), features, shared)
        for seed in range(K)
    ]
    ours = [value for value, _ in train_heads(heads, labels, settings)]
    together = time.perf_counter() - start
    start = time.perf_counter()
    theirs = [
        train_head(spec, features, labels, classes=cache.classes, seed=seed, settings=settings)[1]
        for seed in range(K)
    ]
    alone = time.perf_counter() - start
    if max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) > 0.01:
        raise RuntimeError(f"the two ways disagree: {ours} and {theirs}")
    return together, alone


def run() -> Results:
    results: Results = {}
    with tempfile.TemporaryDirectory() as home:
        cache, slots = scenes(Path(home), digits_dtmf())
        names = tuple(options.slot for options in slots)
        checkpoints = tuple(options.candidates[1][0] for options in slots)
        for operator in ("concat", "gated"):
            for width, settings in ((32, SETTINGS), (32, SMALL)):
                layer = FusionLayer(("conv3", "conv3"), operator, "relu")  # type: ignore[arg-type]
                spec = FusionSpec(names, checkpoints, "layers", (layer,), width)
                compare(cache, spec, HeadSettings(epochs=1))
                name = f"{K} heads, {operator}, width {width}, batches of {settings.batch}"
                results[name] = case(*compare(cache, spec, settings))
    return results


if __name__ == "__main__":
    main(run, __doc__)
