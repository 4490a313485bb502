"""People's own data sets: their files kept under a name, and stated in the graph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from graph import datasets
from graph.store import Store
from jobs.branches import dataset_record
from training.datasets import find_dataset

if TYPE_CHECKING:
    from training.own.kept import About

Progress = Callable[[str, float], None]


def import_own(
    store: Store,
    home: Path,
    name: str,
    source: Path,
    about: About,
    *,
    by: str,
    rate: int | None = None,
    side: int,
    seed: int = 0,
    replace: bool = False,
    progress: Progress,
) -> dict[str, Any]:
    """Read pictures, sounds and labels, divide them, and file them as a data set.

    Arguments are those of :func:`training.own.reading.read` and :func:`training.own.build.add`.

    Returns:
        dataset, modalities, labels, sizes (by split), counts (a row for each split: its name, its
        size, samples of each label), repeated (by modality), inputs (as networks trained on it
        read them), content, reused.

    Raises:
        NotFound, InvalidInput, Conflict, Unavailable: as there; nothing is half-registered.
    """
    from training.own.build import add
    from training.own.reading import read

    progress("reading", 0.0)
    given = read(source, rate=rate)
    progress("dividing and checking", 0.6)
    own = add(given, name, home, about=about, seed=seed, side=side, replace=replace)
    entry = find_dataset(name, home)
    data = entry.load(home)
    progress("filing", 0.9)
    datasets.put(store, dataset_record(entry, data), by=by, reason=f"imported from {source.name}")
    progress("done", 1.0)
    return {
        "dataset": name,
        "modalities": list(own.modalities),
        "labels": list(own.labels),
        "sizes": dict(own.sizes),
        "counts": [
            [split, len(one.y), *np.bincount(one.y, minlength=len(own.labels)).tolist()]
            for split, one in data.splits.items()
        ],
        "repeated": dict(own.repeated),
        "inputs": {kind: list(spec.shape) for kind, spec in data.inputs.items()},
        "content": data.digest,
        "reused": not own.fresh,
    }
