"""Data sets that networks are trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from atlas.errors import NotFound
from graph import changes
from graph.changes import PutReport
from graph.store import Row, Store


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A labelled data set; ``digest`` identifies its content."""

    id: str
    name: str
    modalities: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    licence: str = ""
    citation: str = ""
    digest: str = ""


def put(
    store: Store, records: Sequence[DatasetRecord] | DatasetRecord, *, by: str, reason: str = ""
) -> PutReport:
    """Create or update data sets."""
    if isinstance(records, DatasetRecord):
        records = [records]
    return changes.put(store, "dataset", [_row(one) for one in records], by=by, reason=reason)


def list_datasets(store: Store) -> list[Row]:
    """Every data set in id order, with the keys of ``DatasetRecord``."""
    return [_plain(row) for row in store.read("dataset/list")]


def get(store: Store, id: str) -> Row:
    """One data set.

    Raises:
        NotFound: no such data set.
    """
    rows = store.read("dataset/get", id=id)
    if not rows:
        raise NotFound("dataset", found=id, expected="the id of a stored data set")
    return _plain(rows[0])


def _row(record: DatasetRecord) -> Row:
    row = asdict(record)
    row["modalities"], row["labels"] = list(record.modalities), list(record.labels)
    row["content_sha256"] = row.pop("digest")
    return row


def _plain(row: Row) -> Row:
    row["digest"] = row.pop("content_sha256")
    return row
