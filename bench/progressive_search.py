"""A progressive search of 195 candidates on cached features, against recomputing them.

Run ``python -m bench.progressive_search [--json]``. The demo's data, two branches for each
of two slots, concatenation as in MFAS, proposals in batches whose heads of one shape are trained
in one pass. The first row is elapsed time, the second the processor's, which says more on a busy
machine. The baseline is what as many candidates would take on branches that run in every
epoch: the mean of two, times 195. The last row counts samples that went through a branch, plus
one: in a second search of the same scenario, and in the first.
"""

from __future__ import annotations

import tempfile
import time
from itertools import takewhile
from pathlib import Path

from bench._report import SHORT, Results, case, main
from bench._scenes import scenes
from bench.cached_features import naive
from composer.spec import FusionSpec
from search.cached import CachedEvaluator
from search.space import FusionSpace
from search.study import search
from training.demo_data import digits_dtmf
from training.features import FeatureCache
from training.head import EPOCHS

TRIALS = 20 if SHORT else 195
BATCH = 15


def searched(cache: FeatureCache, space: FusionSpace, seed: int) -> tuple[float, float]:
    """Seconds of a search on the clock, and of the processor."""
    start, used = time.perf_counter(), time.process_time()
    found = search(
        space,
        CachedEvaluator(cache),
        sampler="progressive",
        trials=TRIALS,
        batch=BATCH,
        seed=seed,
    )
    if sum(trial["kind"] == "layers" for trial in found.trials) != TRIALS:
        raise RuntimeError("the search ended early")
    return time.perf_counter() - start, time.process_time() - used


def recomputed(cache: FeatureCache, specs: list[FusionSpec]) -> tuple[float, float]:
    """Seconds of the same number of candidates whose branches run in every epoch."""
    start, used = time.perf_counter(), time.process_time()
    for spec in specs:
        naive(cache, spec, epochs=1)
    share = EPOCHS * TRIALS / len(specs)
    return (time.perf_counter() - start) * share, (time.process_time() - used) * share


def run() -> Results:
    with tempfile.TemporaryDirectory() as home:
        cache, slots = scenes(Path(home), digits_dtmf())
        space = FusionSpace.from_slots(slots, 4, operators=["concat"], widths=[64])
        ours = searched(cache, space, seed=0)
        again = FeatureCache(cache.home, cache.checkpoints, cache.data)
        searched(again, space, seed=1)
        layers = list(takewhile(lambda spec: len(spec.layers) == 1, space.specs()))
        theirs = recomputed(cache, [layers[0], layers[-1]])
    name = f"progressive search, {TRIALS} candidates"
    return {
        name: case(ours[0], theirs[0]),
        f"{name}, processor": case(ours[1], theirs[1]),
        "samples through branches in a second search": case(
            again.forwards + 1, cache.forwards + 1, "samples"
        ),
    }


if __name__ == "__main__":
    main(run, __doc__)
