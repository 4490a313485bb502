"""Every benchmark runs and prints what it promises; how fast it is, no test judges."""

from __future__ import annotations

import itertools
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pareto import hypervolume

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(p.stem for p in (ROOT / "bench").glob("[a-z]*.py") if not p.stem.startswith("_"))


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("name", NAMES)
def test_bench_prints_ours_baseline_and_ratio(name: str) -> None:
    command = [sys.executable, "-m", f"bench.{name}", "--json"]
    environment = {**os.environ, "NEUROWEAVE_BENCH_SHORT": "1"}
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert found.returncode == 0, found.stderr[-2000:]
    cases = json.loads(found.stdout)
    assert cases
    for case, row in cases.items():
        assert set(row) >= {"ours", "baseline", "ratio", "unit"}, case
        assert all(math.isfinite(row[key]) and row[key] > 0 for key in ("ours", "baseline"))
        assert row["ratio"] == pytest.approx(row["baseline"] / row["ours"], rel=0.05), case


@given(st.lists(st.tuples(*[st.integers(0, 5)] * 3), min_size=1))
def test_a_hypervolume_is_the_number_of_unit_cubes_below(points: list[tuple[int, ...]]) -> None:
    below = {
        cube for point in points for cube in itertools.product(*(range(length) for length in point))
    }
    assert hypervolume(np.array(points, dtype=float)) == len(below)


def test_there_is_a_bench_for_each_hot_path() -> None:
    assert {"region_lookup", "activation_query", "cached_features"} <= set(NAMES)
