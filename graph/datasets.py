"""Data sets that networks are trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from graph import changes
from graph.changes import Part, PutReport
from graph.gone import missing
from graph.store import Row, Store, Tx
from graph.succession import settled


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A labelled data set; ``digest`` identifies its samples."""

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
    """Create or update data sets; those that people edited or replaced stay as they are."""
    if isinstance(records, DatasetRecord):
        records = [records]
    return changes.put_together(store, [part(records)], by=by, reason=reason, action="put dataset")


def part(records: Sequence[DatasetRecord]) -> Part:
    """What :func:`put` writes, to be put together with other records."""
    return Part("dataset", [_row(one) for one in records], _settle)


def _settle(tx: Tx, rows: list[Row]) -> list[Row]:
    return settled(tx, "dataset", rows)


def list_datasets(store: Store, *, replaced: bool = False) -> list[Row]:
    """Every data set in id order; with ``replaced`` also those that others replaced.

    Rows: id, name, modalities, labels, licence, citation, content_sha256 (of the samples), digest
    (of the record), status (active or deprecated), replaced_by.
    """
    return store.read("dataset/list", replaced=replaced)


def get(store: Store, id: str) -> Row:
    """One data set.

    Raises:
        NotFound: no such data set (Gone: it was withdrawn).
    """
    rows = store.read("dataset/get", id=id)
    if not rows:
        raise missing(store, "dataset", id, "the id of a stored data set")
    return rows[0]


def _row(record: DatasetRecord) -> Row:
    row = asdict(record)
    row["modalities"], row["labels"] = list(record.modalities), list(record.labels)
    row["content_sha256"] = row.pop("digest")
    return row
