"""Weights of 100 MB: filled into a network without numbers, against build and copy.

Run ``python -m bench.checkpoint_load [--json]``. Both sides end with a network that answers: ours
is built on the meta device and takes the mapped tensors; the baseline draws its weights, reads
the file and copies. The first answer of ours, which touches every page, is shown as well.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch

from bench._report import Results, case, main
from composer.branches import described, load_network
from composer.checkpoints import CheckpointStore
from composer.families.base import TapNetwork
from composer.families.registry import find_family

FAMILY, SHAPE, CLASSES, WIDTH = "mlp", (1, 28, 28), 10, 36.0
REPEATS = 5


def build_and_copy(store: CheckpointStore, sha256: str) -> TapNetwork:
    """The usual way: initialise, read all bytes, copy them in."""
    from safetensors.torch import load

    network = find_family(FAMILY).build(SHAPE, CLASSES, WIDTH)
    network.load_state_dict(load(store.path(sha256).read_bytes()))
    return network.requires_grad_(False).eval()


def timed(work: Callable[[], TapNetwork]) -> float:
    """Median seconds of a few runs."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def run() -> Results:
    """Seconds to load, and to load and answer once."""
    torch.set_num_threads(1)
    made = find_family(FAMILY).build(SHAPE, CLASSES, WIDTH, seed=1).eval()
    x = torch.rand(1, *SHAPE)
    with tempfile.TemporaryDirectory() as folder:
        store = CheckpointStore(Path(folder))
        stored = store.save(made.state_dict(), {"kind": "network", **described(made.build)})
        sha256 = stored.sha256
        for load in (load_network, build_and_copy):
            if not torch.equal(load(store, sha256)(x), made(x)):
                raise SystemExit("the loaded network answers otherwise")

        def answer(load: Callable[[CheckpointStore, str], TapNetwork]) -> TapNetwork:
            network = load(store, sha256)
            network(x)
            return network

        megabytes = stored.bytes / 1e6
        return {
            f"load {megabytes:.0f} MB": case(
                timed(lambda: load_network(store, sha256)),
                timed(lambda: build_and_copy(store, sha256)),
            ),
            "load and answer once": case(
                timed(lambda: answer(load_network)), timed(lambda: answer(build_and_copy))
            ),
        }


if __name__ == "__main__":
    main(run, __doc__)
