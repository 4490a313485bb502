"""The ten most used routes, beside the bare driver asking the same of the same database.

Run ``python -m bench.http_routes [--json]``. A real ``neuroweave serve`` answers over a kept
connection; the baseline runs the very statements of the route through the driver, in a read
transaction, and makes dicts of the rows. Both go to the same embedded server, in turn, in the same
run. ``ours`` and ``baseline`` are milliseconds, so that a ratio of 0.33 is three times the bare
query: the price of HTTP, access, validation and ETags. Requests per second go to stderr.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from bench._report import Results, case, main
from graph import areas, claims, functions, models, regions, revisions
from graph.config import StoreConfig
from graph.store import Store
from graph.trace import Statement, traced

REPEATS, WARM_UP = 120, 15
REGION, FUNCTION = "dosenbach160:1", "perception.vision.motion"

ROUTES: dict[str, tuple[str, Callable[[Store], object]]] = {
    "a region": (f"regions/{REGION}", lambda s: regions.get(s, REGION)),
    "regions by words": (
        "regions?q=gyrus&limit=20",
        lambda s: regions.search(s, q="gyrus", limit=20),
    ),
    "functions of a region": (
        f"regions/{REGION}/functions?limit=20",
        lambda s: (regions.get(s, REGION), regions.functions(s, REGION)),
    ),
    "a function": (f"functions/{FUNCTION}", lambda s: functions.get(s, FUNCTION)),
    "functions": ("functions?limit=50", lambda s: functions.list_functions(s, limit=50)),
    "regions of a function": (
        f"functions/{FUNCTION}/regions?limit=20",
        lambda s: functions.regions(s, FUNCTION, limit=20),
    ),
    "claims about a region": (
        f"claims?region={quote(REGION)}&limit=20",
        lambda s: claims.list_claims(s, region=REGION, limit=20),
    ),
    "models": ("models?limit=50", lambda s: models.list_models(s)),
    "areas": ("areas?limit=50", lambda s: areas.list_areas(s)),
    "history": ("revisions?limit=20", lambda s: revisions.list_revisions(s, limit=20)),
}


@contextmanager
def served(home: Path) -> Iterator[http.client.HTTPConnection]:
    """A server over a data directory, and a connection to it."""
    command = [sys.executable, "-P", "-m", "neuroweave", "serve", "--port", "0", "--no-worker"]
    environment = {**os.environ, "NEUROWEAVE_HOME": str(home)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        said = re.search(r"http://([\d.]+):(\d+)", process.stdout.readline())
        if said is None:
            raise SystemExit("the server did not start")
        connection = http.client.HTTPConnection(said[1], int(said[2]), timeout=60)
        yield connection
        connection.close()
    finally:
        process.terminate()
        process.wait()


def over_http(connection: http.client.HTTPConnection, path: str) -> float:
    """Milliseconds of one request."""
    start = time.perf_counter()
    connection.request("GET", f"/api/v1/{path}")
    answer = connection.getresponse()
    body = answer.read()
    took = 1000 * (time.perf_counter() - start)
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {body[:300]!r}")
    return took


def bare(store: Store, statements: list[Statement]) -> float:
    """Milliseconds of the same statements through the driver."""
    start = time.perf_counter()
    for one in statements:
        with store.session(read=True) as session:
            session.execute_read(
                lambda tx, one=one: [dict(row) for row in tx.run(one.query, one.parameters)]
            )
    return 1000 * (time.perf_counter() - start)


def run() -> Results:
    """All routes over the built-in brain."""
    results: Results = {}
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        served(Path(home)) as connection,
        Store.open(StoreConfig(Path(home))) as store,
    ):
        for name, (path, ask) in ROUTES.items():
            with traced() as statements:
                ask(store)
            pairs = [
                (over_http(connection, path), bare(store, statements))
                for _ in range(WARM_UP + REPEATS)
            ][WARM_UP:]
            ours, base = ([pair[side] for pair in pairs] for side in (0, 1))
            results[name] = case(statistics.median(ours), statistics.median(base), "ms")
            results[f"{name}, p95"] = case(_p95(ours), _p95(base), "ms")
            rates = (1000 / statistics.fmean(times) for times in (ours, base))
            print(f"{name}: {{:.0f}} requests/s, bare {{:.0f}}/s".format(*rates), file=sys.stderr)
    return results


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main(run, __doc__)
