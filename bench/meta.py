"""Meta-analysis: all statistics of all pairs against a loop over pairs.

Run ``python -m bench.meta [--json]``. Studies are drawn, as many and about as dense as NeuroQuery's
13,459 with their words and their peaks in 246 or 432 regions. The loop computes the same numbers
pair by pair with numpy. It runs on a random sample of pairs, which must agree, and its time is
extrapolated linearly to all of them (without q, which is one sort on either side). A process of
its own, which reads the tables from files, measures the peak memory of the large case.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array, csr_array, load_npz, save_npz

from bench._report import Results, case, main
from ingest import meta
from ingest.studies import binary

STUDIES, SAMPLE = 13_459, 150
SMALL = ("246 regions x 488 words", 246, 488, 280_606)
LARGE = ("432 regions x 7,547 words", 432, 7547, 297_029)
BAR_MB = 600.0


def studies(n: int, pairs: int, seed: int) -> csr_array:
    """(STUDIES, n) binary with about ``pairs`` ones, columns as unequal as words are."""
    random = np.random.default_rng(seed)
    share = 1.0 / np.arange(5, n + 5) ** 0.7
    share *= pairs / STUDIES / share.sum()
    drawn = random.binomial(STUDIES, np.minimum(share, 0.9))
    columns = np.repeat(np.arange(n), drawn)
    rows = random.integers(0, STUDIES, len(columns))
    ones = np.ones(len(rows), dtype=np.int64)
    return binary(csr_array(coo_array((ones, (rows, columns)), (STUDIES, n))))


def loop(
    regions: csr_array, functions: csr_array, strata: np.ndarray, pairs: np.ndarray
) -> list[tuple[float, float]]:
    """Stratified z and lower bound of each pair, one after the other."""
    r, f = regions.tocsc(), functions.tocsc()
    n = np.bincount(strata).astype(float)
    found = []
    for i, j in pairs:
        rows_r = r.indices[r.indptr[i] : r.indptr[i + 1]]
        rows_f = f.indices[f.indptr[j] : f.indptr[j + 1]]
        common = np.intersect1d(rows_r, rows_f, assume_unique=True)
        in_r, in_f, in_both = (
            np.bincount(strata[rows], minlength=len(n)) for rows in (rows_r, rows_f, common)
        )
        variance = (in_r * (n - in_r) * in_f * (n - in_f) / (n * n * (n - 1))).sum()
        z = (in_both - in_r * in_f / n).sum() / np.sqrt(variance) if variance else 0.0
        a, b, c = len(common), len(rows_r) - len(common), len(rows_f) - len(common)
        found.append((z, float(meta.lower_log_odds(a, b, c, STUDIES - a - b - c))))
    return found


def measure(regions: csr_array, functions: csr_array, peaks: np.ndarray) -> tuple[float, float]:
    """Seconds of ours and, extrapolated, of the loop."""
    start = time.perf_counter()
    found = meta.associate(regions, functions, peaks)
    _ = found.weight
    ours = time.perf_counter() - start
    random = np.random.default_rng(1)
    pairs = np.column_stack([random.integers(0, n, SAMPLE) for n in found.z.shape])
    start = time.perf_counter()
    expected = loop(regions, functions, meta.deciles(peaks), pairs)
    each = (time.perf_counter() - start) / SAMPLE
    for (i, j), (z, lower) in zip(pairs, expected, strict=True):
        if not np.allclose([found.z[i, j], found.lower[i, j]], [z, lower]):
            raise SystemExit(f"pair {i}, {j}: the two sides disagree")
    return ours, each * found.z.size


def inputs(name: tuple[str, int, int, int]) -> tuple[csr_array, csr_array, np.ndarray]:
    """Studies of the size of a case."""
    _, n_regions, n_functions, pairs = name
    words = round(746_121 * min(1.0, 0.4 + n_functions / 12_000))
    peaks = np.random.default_rng(2).integers(1, 200, STUDIES)
    return studies(n_regions, pairs, 3), studies(n_functions, words, 4), peaks


def memory(tables: tuple[csr_array, csr_array, np.ndarray]) -> float:
    """Peak resident memory in MB of a process that reads tables and computes everything."""
    with tempfile.TemporaryDirectory() as folder:
        for name, table in zip(("regions", "functions"), tables[:2], strict=True):
            save_npz(Path(folder) / f"{name}.npz", table)
        np.save(Path(folder) / "peaks.npy", tables[2])
        command = [sys.executable, "-c", "import sys, bench.meta as b; b.peak(sys.argv[1])", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def peak(folder: str) -> None:
    """Print the peak memory of this process after the analysis of the tables in a folder."""
    regions, functions = (
        csr_array(load_npz(Path(folder) / f"{name}.npz")) for name in ("regions", "functions")
    )
    meta.associate(regions, functions, np.load(Path(folder) / "peaks.npy"))
    scale = 1e6 if sys.platform == "darwin" else 1e3
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale)


def run() -> Results:
    """Seconds of both sides for two sizes; megabytes beside their bar."""
    results: Results = {}
    for size in (SMALL, LARGE):
        results[f"all statistics, {size[0]}, {STUDIES:,} studies"] = case(*measure(*inputs(size)))
    results[f"peak memory, {LARGE[0]} (beside its bar)"] = case(memory(inputs(LARGE)), BAR_MB, "MB")
    return results


if __name__ == "__main__":
    main(run, __doc__)
