"""How every benchmark prints: a table with the ratio, or one JSON object with ``--json``."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from typing import TypedDict

SHORT = bool(os.environ.get("NEUROWEAVE_BENCH_SHORT"))
"""Whether it is enough that the longest ones run; what they print then says little."""


class Case(TypedDict):
    """Ours and the baseline, measured in the same run, and how many times faster ours is."""

    ours: float
    baseline: float
    ratio: float
    unit: str


Results = dict[str, Case]


def case(ours: float, baseline: float, unit: str = "s") -> Case:
    """One row of the table."""
    return {"ours": ours, "baseline": baseline, "ratio": baseline / ours, "unit": unit}


def main(run: Callable[..., Results], about: str | None, **counts: int) -> None:
    """Run the benchmark and print it; each of ``counts`` is an option with its default."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    for name, default in counts.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = vars(parser.parse_args())
    as_json = chosen.pop("json")
    results = run(**chosen)
    if as_json:
        print(json.dumps(results))
        return
    width = max(map(len, results))
    print(f"{'case':<{width}}{'ours':>17}{'baseline':>17}{'ratio':>9}")
    for name, row in results.items():
        ours, baseline = (f"{row[side]:.4g} {row['unit']}" for side in ("ours", "baseline"))
        ratio = f"{row['ratio']:,.0f}" if row["ratio"] >= 1000 else f"{row['ratio']:.3g}"
        print(f"{name:<{width}}{ours:>17}{baseline:>17}{ratio:>8}x")
