"""A library of 1,000 checkpoints and 10 billion parameters: listed, filtered, opened.

Run ``python -m bench.library_index [--json]``. The files are sparse, so they take no room. The
index is the graph; the baseline reads the header of every file, as a folder without an index has
to. Opening reads the header of one file and maps its tensors; its baseline reads all its bytes.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from atlas.model import Area
from bench._report import Results, case, main
from composer.checkpoints import CheckpointStore
from composer.header import read_header
from graph import areas, checkpoints, datasets, library, models, schema
from graph.checkpoints import CheckpointRecord
from graph.config import StoreConfig
from graph.datasets import DatasetRecord
from graph.library import Search
from graph.models import ModelRecord
from graph.store import Store

CHECKPOINTS, EACH, REPEATS = 1_000, 10_000_000, 5
FAMILIES = ("lenet5", "resnet-cifar", "gru", "tcn")
OPTIMIZERS = ("sgd", "adam", "adamw")


def sparse(folder: Path, number: int) -> str:
    """A file of ten million numbers that holds one block; its name is made up."""
    name = hashlib.sha256(str(number).encode()).hexdigest()
    size = 4 * EACH
    tensor = {"dtype": "F32", "shape": [EACH], "data_offsets": [0, size]}
    metadata = {"family": FAMILIES[number % 4], "optimizer": OPTIMIZERS[number % 3]}
    header = json.dumps({"__metadata__": metadata, "w": tensor}).encode()
    with (folder / f"{name}.safetensors").open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + size)
    return name


def fill(store: Store, files: CheckpointStore) -> list[str]:
    """Files and their records."""
    files.root.mkdir(parents=True)
    names = [sparse(files.root, number) for number in range(CHECKPOINTS)]
    schema.apply(store)
    areas.put(store, [Area("visual", "Visual area"), Area("auditory", "Auditory area")], by="bench")
    datasets.put(store, DatasetRecord("made-up", "Made up"), by="bench")
    bases = [
        ModelRecord(
            f"m{n}",
            f"Model {n}",
            FAMILIES[n % 4],
            category=FAMILIES[n % 4],
            functions=(f"function {n % 7}",),
            areas=("visual" if n % 2 else "auditory",),
            parameters=EACH,
        )
        for n in range(CHECKPOINTS // 5)
    ]
    models.put(store, bases, by="bench")
    records = [
        CheckpointRecord(
            name,
            f"m{n % len(bases)}",
            "made-up",
            OPTIMIZERS[n % 3],
            "PyTorch",
            "accuracy",
            n / CHECKPOINTS,
            files.path(name).stat().st_size,
        )
        for n, name in enumerate(names)
    ]
    checkpoints.put(store, records, by="bench")
    return names


def timed(work: Callable[[], object]) -> float:
    """Median milliseconds of a few runs after a first."""
    work()
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return median(seconds) * 1e3


def run() -> Results:
    """Milliseconds of both sides."""
    with tempfile.TemporaryDirectory() as folder:
        files = CheckpointStore(Path(folder) / "checkpoints")
        with Store.open(StoreConfig(Path(folder) / "home")) as store:
            names = fill(store, files)
            total = sum(row["parameters"] for row in library.whole_table(store))
            if total != CHECKPOINTS * EACH:
                raise SystemExit(f"{total:,} parameters, expected {CHECKPOINTS * EACH:,}")
            search = Search(area="visual", optimizer="adamw", least=0.5)
            ours = len(library.table(store, search, 1000)[0])

            def headers() -> list[dict[str, str]]:
                return [dict(read_header(files.path(name)).metadata) for name in names]

            def folder_filter() -> int:
                return sum(one["optimizer"] == "adamw" for one in headers())

            if not 0 < ours < folder_filter():
                raise SystemExit("the filter finds nothing, or everything")
            one = files.path(names[7])
            return {
                "list a page of 100 (ms)": case(
                    timed(lambda: library.table(store, None, 100)), timed(headers), "ms"
                ),
                "list all 1,000 (ms)": case(
                    timed(lambda: library.table(store, None, 1000)), timed(headers), "ms"
                ),
                "filter by area, optimizer, value": case(
                    timed(lambda: library.table(store, search, 1000)), timed(folder_filter), "ms"
                ),
                "search a word in all columns": case(
                    timed(lambda: library.table(store, Search(text="tcn"), 100)),
                    timed(folder_filter),
                    "ms",
                ),
                "statistics": case(timed(lambda: library.statistics(store)), timed(headers), "ms"),
                "open one of 40 MB": case(
                    timed(lambda: files.load(names[7])), timed(one.read_bytes), "ms"
                ),
            }


if __name__ == "__main__":
    main(run, __doc__)
