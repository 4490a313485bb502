"""Edits per second: the road that people's edits take, beside a bare write of the same values.

Run ``python -m bench.edits [--json]``. Both sides write to the same embedded server in the same
run, alternating. ``ours`` is a whole edit: the state it was read in is compared, the revision and
what the record was before are kept, the projection follows, all in one transaction. ``baseline``
is what one would write without all that: ``SET`` of the weight in a transaction of its own, which
loses updates and keeps no history. The ratio is the price of an edit that can be taken back.
``100 edits at once`` are one revision against a hundred bare writes. Milliseconds for each edit.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

from bench._report import Case, Results, case, main
from bench.region_query import fill
from graph import edits
from graph.config import StoreConfig
from graph.edits import Edit
from graph.store import Store

ROUNDS, BATCH = 5, 100
_BARE = "MATCH (c:Claim {id: $id})-[:ABOUT_REGION]->(r) SET c.weight = $weight RETURN c.id"


def run() -> Results:
    """All cases on a fresh store."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        Store.open(StoreConfig(Path(home))) as store,
    ):
        fill(store)
        return {
            "edit of one claim": _versus(store, 1),
            f"{BATCH} edits at once": _versus(store, BATCH),
        }


def _versus(store: Store, many: int) -> Case:
    """Medians of several rounds, taken in turn; milliseconds for each edit."""
    taken: dict[str, list[float]] = {"ours": [], "bare": []}
    digests: dict[str, str] = {}
    for number in range(ROUNDS + 1):
        # Each side has claims of its own: what the other wrote would be no change any more.
        sides = (("bare", _bare, BATCH), ("ours", partial(_edit, digests=digests), 0))
        for name, work, start_id in sides:
            start = time.perf_counter()
            for first in range(0, BATCH, many):
                weight = (number * BATCH + first + 1) / 10_000
                work(store, [f"c{start_id + first + n}" for n in range(many)], weight)
            taken[name].append(1000 * (time.perf_counter() - start) / BATCH)
    ours, bare = (statistics.median(taken[name][1:]) for name in ("ours", "bare"))
    return case(ours, bare, "ms")


def _edit(store: Store, ids: list[str], weight: float, digests: dict[str, str]) -> None:
    wanted = [
        Edit("edit", "claim", id, weight=weight, rationale="measured", expected=digests.get(id))
        for id in ids
    ]
    made = edits.apply(store, wanted, by="bench", allow_self_review=True)
    digests.update({id: digest for (_, id), digest in made.digests.items()})


def _bare(store: Store, ids: list[str], weight: float) -> None:
    for id in ids:
        with store.session() as session:
            session.execute_write(lambda tx, id=id: tx.run(_BARE, id=id, weight=weight).consume())


if __name__ == "__main__":
    main(run, __doc__)
