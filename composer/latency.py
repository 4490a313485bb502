"""How long a network takes for one sample on this machine: measured once, then known."""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from atlas.whole_files import write_whole
from composer.families.base import TapNetwork
from composer.fusion import FusionHead

RUNS, WARM = 9, 2


def known_latency_ms(home: Path, what: str, measure: Callable[[], float]) -> float:
    """Milliseconds as measured when this was first asked, so that plans repeat themselves.

    Args:
        home: data directory; the answer is kept below ``latency``.
        what: names the network wholly: the sha256 of its weights, or what it is built from.
        measure: asked for the milliseconds where they are not known.

    Raises:
        InvalidInput: the network cannot be made. Unavailable: the answer cannot be kept.
    """
    name = hashlib.sha256(what.encode()).hexdigest()[:32]
    path = home / "latency" / f"{name}.json"
    if path.exists():
        return float(json.loads(path.read_text())["ms"])
    found = {"of": what, "ms": measure(), "runs": RUNS, "threads": 1}
    write_whole(path, json.dumps(found).encode(), what="latency")
    return float(str(found["ms"]))


def latency_ms(network: TapNetwork) -> float:
    """Milliseconds for one sample of zeros: the median of nine runs after two, on one thread.

    An ONNX network runs in onnxruntime, which is given one thread as well.
    """
    meta = network.nothing()
    sample = torch.zeros(meta.shape, dtype=meta.dtype)
    return _median_ms(network, lambda: network(sample))


def head_latency_ms(head: FusionHead) -> float:
    """Milliseconds of a fusion head alone, for one sample's vectors, measured as a network is."""
    vectors = {
        slot: {tap: torch.zeros(1, width) for tap, width in taps.items()}
        for slot, taps in head.widths.items()
    }
    return _median_ms(head, lambda: head(vectors))


def _median_ms(network: nn.Module, run: Callable[[], object]) -> float:
    took, threads, training = [], torch.get_num_threads(), network.training
    torch.set_num_threads(1)
    network.eval()
    try:
        with torch.inference_mode():
            for _ in range(WARM + RUNS):
                start = time.perf_counter()
                run()
                took.append(time.perf_counter() - start)
    finally:
        torch.set_num_threads(threads)
        network.train(training)
    return 1000 * statistics.median(took[WARM:])
