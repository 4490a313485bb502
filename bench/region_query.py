"""Questions to the graph: its indexes against reading everything and filtering in Python.

Run ``python -m bench.region_query [--json]``. Both sides go through the same open store (the
embedded server, in a temporary directory), must give equal rows, and are timed in the same run
(median of several). ``ours`` and ``baseline`` are milliseconds per question.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from atlas.model import Atlas, Claim, FunctionTerm, Region, Source
from bench._report import Results, case, main
from graph import atlases, claims, functions, regions, schema
from graph.config import StoreConfig
from graph.store import Row, Store

REGIONS, FUNCTIONS, CLAIMS, REPEATS = 5_000, 50, 5_000, 7


def fill(store: Store) -> float:
    """A made-up atlas with functions and claims; seconds that the claims took."""
    source = Source("bench", "made up")
    parcels = tuple(
        Region(f"big:{n}", str(n), f"Parcel {n} of lobe {n % 97}", "left", n % 90, n % 70, n % 50)
        for n in range(REGIONS)
    )
    terms = [FunctionTerm(f"f{n}", f"function {n}") for n in range(FUNCTIONS)]
    evidence = [
        Claim(f"c{n}", f"big:{n % REGIONS}", f"f{n % FUNCTIONS}", "bench", "z", 4.0, 0.5)
        for n in range(CLAIMS)
    ]
    schema.apply(store)
    atlases.put(store, Atlas("big", "Big", "MNI152", source, regions=parcels), by="bench")
    functions.put(store, terms, by="bench")
    start = time.perf_counter()
    claims.put(store, source, evidence, by="bench")
    return time.perf_counter() - start


def questions(store: Store) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Per case: the named query, and the naive way to the same answer."""
    every = {"atlas": None, "among": None, "after": "", "limit": 10**6}

    def whole() -> list[Row]:
        return store.read("region/search", **every)

    def links() -> list[Row]:
        return store.read("link/all")

    def by_function(row: Row) -> bool:
        return bool(row["function"] == "f7")

    return {
        "region by id": (
            lambda: regions.get(store, "big:4321")["name"],
            lambda: next(row["name"] for row in whole() if row["id"] == "big:4321"),
        ),
        "regions by words": (
            lambda: [row["id"] for row in regions.search(store, q="lobe 42", limit=500)[0]],
            lambda: [row["id"] for row in whole() if _begins(row["name"], ("lobe", "42"))],
        ),
        "regions of a function": (
            lambda: [row["region"] for row in functions.regions(store, "f7", limit=500)[0]],
            lambda: sorted(row["region"] for row in links() if by_function(row)),
        ),
    }


def _begins(name: str, words: tuple[str, ...]) -> bool:
    parts = name.lower().split()
    return all(any(part.startswith(word) for part in parts) for word in words)


def median_ms(question: Callable[[], object]) -> float:
    """Median time of one question, after one that warms up."""
    question()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        question()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def run() -> Results:
    """All cases on a fresh store."""
    results: Results = {}
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        Store.open(StoreConfig(Path(home))) as store,
    ):
        fill(store)
        for name, (indexed, naive) in questions(store).items():
            if indexed() != naive():
                raise SystemExit(f"{name}: the two sides disagree")
            ours, baseline = median_ms(indexed), median_ms(naive)
            results[f"{name}, {REGIONS:,} regions"] = case(ours, baseline, "ms")
    return results


if __name__ == "__main__":
    main(run, __doc__)
