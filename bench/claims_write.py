"""Claims with their projection: one transaction in batches against a transaction a claim.

Run ``python -m bench.claims_write [--json]``. Both sides write to the embedded server in a
temporary directory and must end with the same links. The baseline writes claim by claim, as a loop
over ``graph.claims.put`` would; it is timed over the first 100 and scaled up.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from atlas.model import Atlas, Claim, FunctionTerm, Region, Source
from bench._report import Results, case, main
from graph import atlases, claims, functions, schema
from graph.config import StoreConfig
from graph.store import Store

REGIONS, FUNCTIONS, CLAIMS, SINGLE = 246, 60, 5_000, 100
SOURCE = Source("bench", "made up")


def evidence() -> list[Claim]:
    """5,000 claims about different pairs."""
    pairs = ((n % REGIONS, n // REGIONS) for n in range(CLAIMS))
    return [
        Claim(f"c{r}-{f}", f"bn:{r}", f"f{f}", "bench", "z", 4.0, (r + 1) / REGIONS)
        for r, f in pairs
    ]


def prepare(store: Store) -> None:
    """Schema, regions and functions, without claims."""
    schema.apply(store)
    parcels = tuple(
        Region(f"bn:{n}", str(n), f"Parcel {n}", "left", 0.0, 0.0, 0.0) for n in range(REGIONS)
    )
    atlases.put(store, Atlas("bn", "246 regions", "MNI152", SOURCE, regions=parcels), by="bench")
    functions.put(store, [FunctionTerm(f"f{n}", f"function {n}") for n in range(FUNCTIONS)])


def timed(found: list[Claim], size: int) -> tuple[float, str]:
    """Seconds to write claims ``size`` at a time on a fresh store, and the digest of the links."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        Store.open(StoreConfig(Path(home))) as store,
    ):
        prepare(store)
        start = time.perf_counter()
        for n in range(0, len(found), size):
            claims.put(store, SOURCE, found[n : n + size], by="bench")
        return time.perf_counter() - start, claims.digest(store)


def run() -> Results:
    """The whole at once against one at a time."""
    found = evidence()
    ours, _ = timed(found, CLAIMS)
    single, links = timed(found[:SINGLE], 1)
    if links != timed(found[:SINGLE], SINGLE)[1]:
        raise SystemExit("the two sides disagree")
    return {f"{CLAIMS:,} claims with links": case(ours, single * CLAIMS / SINGLE)}


if __name__ == "__main__":
    main(run, __doc__)
