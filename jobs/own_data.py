"""People's own data sets: their files kept under a name, and stated in the graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from atlas.errors import Conflict, InvalidInput, NotFound
from atlas.progress import Progress
from graph import datasets, library
from graph.gone import missing
from graph.store import Row, Store
from graph.succession import standing
from jobs.branches import dataset_record
from jobs.job import Status
from training.datasets import built_in, find_dataset

if TYPE_CHECKING:
    from jobs.ledger import Ledger
    from training.own.kept import About


def import_own(
    store: Store,
    home: Path,
    name: str,
    source: Path,
    about: About,
    *,
    by: str,
    rate: int | None = None,
    size: tuple[int, int] | None = None,
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
    given = read(source, rate=rate, size=size)
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


def remove_own(
    store: Store,
    home: Path,
    ledger: Ledger,
    name: str,
    *,
    by: str,
    reason: str = "",
    dry_run: bool = False,
) -> dict[str, Any]:
    """Take a data set away that nothing refers to: its record, files and cached features.

    The record stays where another data set has replaced it. Undoing the revision brings the
    record back, not the files.

    Returns:
        dataset, bytes (of its files), features (how many files of them were cached), revision (None
        where no record was withdrawn), dry_run.

    Raises:
        NotFound: nobody has brought in such a data set (Gone: it was taken away).
        Conflict: something refers to it, or a job is under way with it; names what.
    """
    from training.own.removal import remove, what_goes

    row = _recorded(store, name)
    try:
        going = what_goes(name, home)
    except (NotFound, InvalidInput) as error:
        if row is None and not built_in(name):
            raise missing(store, "dataset", name, error.expected) from error
        found = f"{name}, whose files were not brought in here"
        raise Conflict("dataset", found=found, expected=error.expected) from error
    ids = sorted({name, *filter(None, standing(store, "dataset", name))})
    named = [one for id in ids for one in library.referrers(store, "dataset", id)]
    library.refuse_referred("dataset", [*_under_way(ledger, name), *named])
    revision = None
    if not dry_run:
        if row is not None and not row["replaced_by"]:
            revision = library.withdraw(store, "dataset", name, by=by, reason=reason)
        going = remove(name, home)
    return {
        "dataset": name,
        "bytes": going.bytes,
        "features": len(going.features),
        "revision": revision,
        "dry_run": dry_run,
    }


def _recorded(store: Store, name: str) -> Row | None:
    try:
        return datasets.get(store, name)
    except NotFound:
        return None


def _under_way(ledger: Ledger, name: str) -> list[str]:
    """Builds on this data set that wait or run."""
    found: list[str] = []
    for status in (Status.QUEUED, Status.RUNNING):
        after: str | None = ""
        while after is not None:
            page, after = ledger.list(status=status, kind="build", limit=1000, after=after or None)
            found += [f"job {job.id}" for job in page if job.payload.get("dataset") == name]
    return found
