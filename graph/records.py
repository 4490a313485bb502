"""Records of any noun, written with their relations and with what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from atlas.errors import NotFound
from graph import (
    areas,
    atlases,
    changes,
    checkpoints,
    claims,
    comments,
    compositions,
    content,
    functions,
    model_links,
    models,
    scenarios,
)
from graph.store import Row, Store, Tx

Record = tuple[str, str]
"""Noun and id."""

LABELS: Mapping[str, str] = MappingProxyType(
    {noun.label: noun.name for noun in content.NOUNS.values() if noun.label}
)
"""Noun by the label of its nodes."""

_RELATE: Mapping[str, Callable[[Tx, list[Row]], None]] = MappingProxyType(
    {
        "area": areas.relate,
        "checkpoint": checkpoints.relate,
        "comment": comments.relate,
        "composition": compositions.relate,
        "function": functions.relate,
        "model": models.relate,
        "region": atlases.relate,
        "scenario": scenarios.relate,
    }
)

_PROJECTED = ("claim", "model_link")

_NONE: Mapping[Record, Row] = MappingProxyType({})


def key(record: Record) -> str:
    """A record in one word, as history names it.

    >>> key(("claim", "c1"))
    'claim:c1'
    """
    return ":".join(record)


def get(store: Store, noun: str, id: str) -> Row:
    """The content of a live record, and the digest that an editor refers to.

    Raises:
        NotFound: no such record.
    """
    row = store.reading(lambda tx: read(tx, [(noun, id)])).get((noun, id))
    if row is None:
        raise NotFound(noun, found=id, expected="the id of a stored record")
    return {**row, "digest": changes.digest_of(row)}


def read(tx: Tx, wanted: Sequence[Record]) -> dict[Record, Row]:
    """The content of those of the records that are live."""
    ids: dict[str, list[str]] = {}
    for noun, id in wanted:
        ids.setdefault(noun, []).append(id)
    return {
        (noun, row["id"]): row for noun, some in ids.items() for row in content.read(tx, noun, some)
    }


def write(
    tx: Tx,
    rows: Mapping[str, Sequence[Row]],
    seq: int,
    at: str,
    stored: Mapping[Record, Row] = _NONE,
) -> changes.PutReport:
    """Create records, or give those that exist this content; only what differs is written.

    Args:
        tx: a running transaction that has its revision.
        rows: content by noun; what it refers to is there, or among the rows.
        seq: number of the revision.
        at: its time.
        stored: content of records that this transaction has read already, which is not read
            a second time.
    """
    report = changes.PutReport()
    touched: dict[str, list[Row]] = {}
    for noun in content.NOUNS:
        if rows.get(noun):
            known = {id: row for (other, id), row in stored.items() if other == noun}
            difference = changes.compare(tx, noun, rows[noun], known)
            former = changes.write(tx, noun, difference, seq, at, known)
            touched[noun] = [*former, *difference.fresh]
            if noun in _RELATE:
                _RELATE[noun](tx, difference.fresh)
            report += difference.report
    project(tx, touched)
    return report


def withdraw(tx: Tx, gone: Mapping[Record, Row], undone: int, seq: int) -> None:
    """Take away records that revision ``undone`` created; ``gone`` holds their content.

    Their nodes stay, under the label ``Withdrawn``, with their history.
    """
    # Claims go first: their links are taken away while what these tie together is still there.
    stated = {record: row for record, row in gone.items() if record[0] in _PROJECTED}
    for some in (stated, {record: row for record, row in gone.items() if record not in stated}):
        before = {key(record): changes.text(row) for record, row in some.items()}
        tx.run("record/withdraw", undone=undone, seq=seq, before=before, nouns=dict(LABELS))
        by_noun: dict[str, list[Row]] = {}
        for (noun, _), row in some.items():
            by_noun.setdefault(noun, []).append(row)
        project(tx, by_noun)


def project(tx: Tx, rows: Mapping[str, Sequence[Row]]) -> None:
    """Bring the links that people query in line with claims and model links."""
    claims.refresh(tx, [(row["region"], row["function"]) for row in rows.get("claim", ())])
    model_links.refresh(tx, [(row["region"], row["model"]) for row in rows.get("model_link", ())])
