"""What the graph says: every live record as plain data, the same on every server.

Content is what people state and what follows from their files. Times, revision numbers and
projections are not part of it, nor are records that were withdrawn. Two graphs with equal content
have equal digests, however and whenever they were filled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graph.queries import load
from graph.store import Row, Store, Tx

BATCH = 2_000

Content = dict[str, list[Row]]
"""Noun → its records in order of their keys; every noun of :data:`NOUNS` is there."""


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of record, read by ``cypher/content/<name>.cypher``.

    ``label`` is that of its nodes, empty where a record is a relationship or part of a node.
    ``key`` tells records apart. ``values`` are the columns that hold numbers, lists or maps; the
    others hold text. ``refers`` says of which noun the ids in a column are: one id, a list of
    them, the keys of a map, or a list of maps that hold one under what ``inside`` names. A record
    can do without what its ``loose`` columns refer to.
    """

    name: str
    label: str = ""
    key: tuple[str, ...] = ("id",)
    values: tuple[str, ...] = ()
    refers: tuple[tuple[str, str], ...] = ()
    inside: tuple[tuple[str, str], ...] = ()
    loose: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """Name of the query that reads it."""
        return f"content/{self.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """What is known of each record."""
        return load(self.query).columns

    def key_of(self, row: Row) -> tuple[str, ...]:
        """What tells the record apart from others of its noun."""
        return tuple(row[name] for name in self.key)

    def references(self, row: Row) -> Iterable[tuple[str, str, str]]:
        """(column, noun, id) of every record that this one refers to."""
        nested = dict(self.inside)
        for column, noun in self.refers:
            value = row.get(column) or ()
            items: Iterable[Any] = [value] if isinstance(value, str) else value
            for item in items:
                yield column, noun, item[nested[column]] if column in nested else item


_COUNTS = ("both", "region_only", "function_only", "neither")
_PLACE = ("x", "y", "z", "volume_mm3", "radius_mm", "surface_mm2", "centroid", "bounds")
_ENDS = (("a", "region"), ("b", "region"))

NOUNS: dict[str, Noun] = {
    noun.name: noun
    for noun in (
        Noun("source", "Source", values=("accepted",)),
        Noun("atlas", "Atlas", refers=(("source", "source"),)),
        Noun(
            "region",
            "Region",
            values=("ordinal", *_PLACE),
            refers=(("atlas", "atlas"), ("parent", "region")),
            loose=("parent",),
        ),
        Noun(
            "function",
            "Function",
            values=("aliases", "replaced_by"),
            refers=(("parent", "function"),),
        ),
        Noun(
            "area",
            "Area",
            values=("realizes", "replaced_by"),
            refers=(("parent", "area"), ("realizes", "function")),
        ),
        Noun(
            "claim",
            "Claim",
            values=("value", "q", "lower", "n_studies", "weight", *_COUNTS),
            refers=(("region", "region"), ("function", "function"), ("source", "source")),
        ),
        Noun(
            "matrix",
            "Matrix",
            values=("n_regions", "n_functions", "n_studies"),
            refers=(("atlas", "atlas"), ("source", "source")),
        ),
        Noun(
            "model",
            "Model",
            values=("areas", "functions", "parameters", "metrics"),
            refers=(("areas", "area"),),
        ),
        Noun("term", "Term", values=("aliases", "replaced_by")),
        Noun("dataset", "Dataset", values=("modalities", "labels", "replaced_by")),
        Noun(
            "checkpoint",
            "Checkpoint",
            values=("value", "bytes", "seed"),
            refers=(("model", "model"), ("dataset", "dataset"), ("derived_from", "checkpoint")),
        ),
        Noun(
            "scenario",
            "Scenario",
            values=("regions", "activates"),
            refers=(("activates", "region"),),
            loose=("activates",),
        ),
        Noun(
            "composition",
            "Composition",
            values=("seed", "trials", "uses"),
            refers=(("scenario", "scenario"), ("uses", "checkpoint")),
            inside=(("uses", "checkpoint"),),
        ),
        Noun(
            "model_link",
            "ModelLink",
            values=("allow", "weight"),
            refers=(("region", "region"), ("model", "model")),
        ),
        Noun(
            "comment",
            "Comment",
            refers=(("claim", "claim"), ("model_link", "model_link")),
        ),
        Noun(
            "connections",
            key=("a", "b", "kind", "source"),
            values=("weight",),
            refers=(*_ENDS, ("source", "source")),
        ),
        Noun(
            "relations",
            key=("a", "b", "kind", "source"),
            refers=(("a", "function"), ("b", "function"), ("source", "source")),
        ),
        Noun("borders", key=("a", "b"), values=("area_mm2",), refers=_ENDS),
        Noun("overlaps", key=("a", "b"), values=("dice", "inside", "contains"), refers=_ENDS),
    )
}
"""Every kind of record, in an order in which each only refers to itself and to earlier ones."""


def read(tx: Tx, noun: str, ids: Iterable[str]) -> list[Row]:
    """The content of these records, in order of their ids; unknown ids are left out.

    Every record of the noun that exists is read, also one that was withdrawn.
    """
    wanted = sorted(set(ids))
    rows: list[Row] = []
    for start in range(0, len(wanted), BATCH):
        rows += tx.run(NOUNS[noun].query, ids=wanted[start : start + BATCH])
    return [_settled(row) for row in sorted(rows, key=NOUNS[noun].key_of)]


def collect(tx: Tx) -> Content:
    """The whole content, within a running transaction in which nobody else can write."""
    ids: dict[str, set[str]] = {}
    for row in tx.run("content/ids"):
        ids.setdefault(row["label"], set()).add(row["id"])
    live = {noun.name: ids.get(noun.label, set()) for noun in NOUNS.values() if noun.label}
    return {
        noun.name: read(tx, noun.name, live[noun.name]) if noun.label else _between(tx, noun, live)
        for noun in NOUNS.values()
    }


def snapshot(store: Store) -> Content:
    """The whole content at one moment; writers wait until it is read."""

    def work(tx: Tx) -> Content:
        tx.run("content/hold")
        return collect(tx)

    return store.transaction(work)


def digest(store: Store) -> str:
    """sha256 of the content: equal for equal content, on every server and at any time."""
    return digest_of(snapshot(store))


def digest_of(content: Mapping[str, Iterable[Row]]) -> str:
    """sha256 over one line per record, nouns in order of their names, records of their keys.

    A line is the noun, a space, and the record as canonical JSON (sorted keys, ASCII, shortest
    form of every number) without the columns that are null. So a noun or a column that a later
    version adds does not change the digest of content that has none of it.

    >>> one = {"source": [{"id": "s", "name": "A", "version": None}]}
    >>> digest_of(one) == digest_of({"source": [{"name": "A", "id": "s"}], "claim": []})
    True
    """
    whole = hashlib.sha256()
    for name in sorted(content):
        for row in sorted(content[name], key=NOUNS[name].key_of):
            whole.update(f"{name} {canonical(row)}\n".encode())
    return whole.hexdigest()


def canonical(row: Row) -> str:
    """The record as one line that equal records share."""
    stated = {key: value for key, value in row.items() if value is not None}
    return json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _between(tx: Tx, noun: Noun, live: Mapping[str, set[str]]) -> list[Row]:
    """Records that are no nodes, as far as what they stand between is live."""
    rows = [
        row
        for row in tx.run(noun.query)
        if all(id in live[other] for _, other, id in noun.references(row))
    ]
    return sorted(rows, key=noun.key_of)


def _settled(row: Row) -> Row:
    if "activates" in row:
        row["activates"] = {item["region"]: item["strength"] for item in row["activates"]}
    return row
