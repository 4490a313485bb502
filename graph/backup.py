"""The whole graph, history included, as lines of JSON; written from and read into either server.

A line is a node or a relationship::

    {"node": "Region", "properties": {"id": "a:1", …}}
    {"relationship": "PART_OF", "from": ["Region", "a:1"], "to": ["Atlas", "a"], "properties": {}}

Times are ``{"$time": "2026-11-21T17:00:00Z"}``. Nodes come before relationships, in no order. The
*fingerprint* is the sum of the lines' SHA-256, so that it does not depend on the order: equal
fingerprints mean equal graphs, up to the servers' internal numbers.

Unlike a release this keeps users, revisions and what was withdrawn, and it is read back as it was
written. The statements are made here and not in ``cypher/``: labels and types cannot be parameters
in a way that both servers take. Every name is checked before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from atlas.errors import Conflict, InvalidInput, Unavailable
from graph import schema
from graph.failures import translated
from graph.queries import load as named
from graph.store import Row, Store

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

BATCH = 1_000
KEYS = {"Revision": "seq", "Withdrawn": "record"}
"""Property that tells nodes of a label apart, where it is not ``id``."""

_NAME = re.compile(r"[A-Z][A-Za-z_]{0,60}")
_NODES = "MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties"
_RELATIONSHIPS = """
MATCH (a)-[r]->(b)
RETURN type(r) AS type, properties(r) AS properties,
       labels(a) AS from_labels, a.id AS from_id, a.seq AS from_seq, a.record AS from_record,
       labels(b) AS to_labels, b.id AS to_id, b.seq AS to_seq, b.record AS to_record
"""
_MODULUS = 2**256


@dataclass
class Counted:
    """What passed by: how many nodes and relationships, and their fingerprint."""

    nodes: int = 0
    relationships: int = 0
    _sum: int = field(default=0, repr=False)

    def add(self, line: bytes, *, node: bool) -> None:
        """Count one line (without its end)."""
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(line).digest())) % _MODULUS
        self.nodes += node
        self.relationships += not node

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that do not depend on the order of the lines."""
        return f"{self._sum:064x}"

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "nodes": self.nodes,
            "relationships": self.relationships,
            "fingerprint": self.fingerprint,
        }


def dump(store: Store, file: IO[bytes]) -> Counted:
    """Write the whole graph as it is at one moment; other writers wait meanwhile, readers do not.

    Args:
        store: the open graph.
        file: a seekable file, which is written from its start.

    Raises:
        Unavailable: the server does not answer, or holds something that is not ours.
    """

    def work(tx: ManagedTransaction) -> Counted:
        file.seek(0)
        file.truncate()
        tx.run(named("content/hold").text).consume()
        return _written(tx, file)

    with translated(store), store.writing(), store.session() as session:
        return session.execute_write(work)


def restore(store: Store, lines: Iterable[bytes]) -> Counted:
    """Read a dump into an empty graph: all of it in one transaction, or nothing.

    Args:
        store: the open graph; its schema is made.
        lines: what :func:`dump` wrote; read once.

    Raises:
        Conflict: the graph is not empty.
        InvalidInput: a line that :func:`dump` would not write.
        Unavailable: what the server then holds is not what it was given.
    """
    schema.apply(store)

    def work(tx: ManagedTransaction) -> Counted:
        found = tx.run("MATCH (n) WHERE n.value IS NULL OR n.value > 0 RETURN count(n) AS n")
        if there := found.single(strict=True)["n"]:
            raise Conflict("graph", found=f"{there:,} nodes", expected="an empty one")
        read = Counted()
        for statement, rows in _batches(_parsed(lines, read)):
            made = tx.run(statement, {"rows": rows}).single(strict=True)["n"]
            if made != len(rows):
                raise InvalidInput(
                    "backup", found="a relationship of a node that it lacks", expected="a whole one"
                )
        if _written(tx, None) != read:
            raise Unavailable("graph", found="another content than was written")
        return read

    # Not execute_write: it would try again with lines that have been read.
    with translated(store), store.writing(), store.session() as session:
        with session.begin_transaction() as transaction:
            counted = work(transaction)  # type: ignore[arg-type]
            transaction.commit()
        return counted


def checked(lines: Iterable[bytes]) -> Counted:
    """Read a dump without a server.

    Raises:
        InvalidInput: a line that :func:`dump` would not write.
    """
    counted = Counted()
    for _ in _parsed(lines, counted):
        pass
    return counted


def _written(tx: ManagedTransaction, file: IO[bytes] | None) -> Counted:
    counted = Counted()
    for record in tx.run(_NODES):
        line: Row = {"node": _label(record["labels"]), "properties": _plain(record["properties"])}
        _put(line, file, counted, node=True)
    for record in tx.run(_RELATIONSHIPS):
        line = {
            "relationship": record["type"],
            "from": _end(record, "from"),
            "to": _end(record, "to"),
            "properties": _plain(record["properties"]),
        }
        _put(line, file, counted, node=False)
    return counted


def _put(line: Row, file: IO[bytes] | None, counted: Counted, *, node: bool) -> None:
    text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    counted.add(text, node=node)
    if file is not None:
        file.write(text + b"\n")


def _label(labels: Iterable[str]) -> str:
    found = list(labels)
    if len(found) != 1 or not _NAME.fullmatch(found[0]):
        raise Unavailable("graph", found=f"a node labelled {found}", expected="one label of ours")
    return found[0]


def _end(record: Any, side: str) -> list[str | int]:  # noqa: ANN401 - the driver's record
    label = _label(record[f"{side}_labels"])
    return [label, record[f"{side}_{KEYS.get(label, 'id')}"]]


def _plain(properties: dict[str, Any]) -> Row:
    return {name: _value(value) for name, value in properties.items() if value is not None}


def _value(value: object) -> object:
    if isinstance(value, list):
        return [_value(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "iso_format"):
        return {"$time": value.iso_format().replace("+00:00", "Z")}
    found = f"a value of type {type(value).__name__}"
    raise Unavailable("graph", found=found, expected="text, numbers, times and lists of them")


def _parsed(lines: Iterable[bytes], counted: Counted) -> Iterator[Row]:
    for line in lines:
        try:
            row = json.loads(line)
            kind = "node" if "node" in row else "relationship"
            ends = [] if kind == "node" else [row["from"], row["to"]]
            names = [row[kind], *(label for label, _ in ends)]
            sound = all(isinstance(name, str) and _NAME.fullmatch(name) for name in names)
            sound = sound and all(isinstance(key, str | int) for _, key in ends)
            sound = sound and isinstance(row["properties"], dict)
        except (ValueError, KeyError, TypeError) as error:
            raise _unsound(counted) from error
        if not sound:
            raise _unsound(counted)
        counted.add(line.rstrip(b"\n"), node=kind == "node")
        yield row


def _unsound(counted: Counted) -> InvalidInput:
    number = counted.nodes + counted.relationships + 1
    return InvalidInput("backup", found=f"graph line {number}", expected="a node or relationship")


def _batches(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Statements and their rows; rows of one kind lie mostly together."""
    waiting: dict[tuple[str, ...], list[Row]] = {}
    nodes = True
    for row in rows:
        if nodes and "node" not in row:
            yield from ((_statement(kind), some) for kind, some in waiting.items())
            waiting, nodes = {}, False
        kind = _kind(row)
        some = waiting.setdefault(kind, [])
        some.append(_parameters(row))
        if len(some) == BATCH:
            yield _statement(kind), waiting.pop(kind)
    yield from ((_statement(kind), some) for kind, some in waiting.items())


def _kind(row: Row) -> tuple[str, ...]:
    if "node" in row:
        return (row["node"],)
    return row["from"][0], row["relationship"], row["to"][0]


def _parameters(row: Row) -> Row:
    values = {name: _driven(value) for name, value in row["properties"].items()}
    if "node" in row:
        return values
    return {"a": row["from"][1], "b": row["to"][1], "properties": values}


def _driven(value: object) -> object:
    if isinstance(value, dict):
        from neo4j.time import DateTime

        try:
            return DateTime.from_iso_format(value["$time"])
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("backup", found=value, expected="a time") from error
    return value


def _statement(kind: tuple[str, ...]) -> str:
    if kind == ("Counter",):  # the schema has made it
        return "UNWIND $rows AS row MERGE (n:Counter {id: row.id}) SET n = row RETURN count(n) AS n"
    if len(kind) == 1:
        return f"UNWIND $rows AS row CREATE (n:{kind[0]}) SET n = row RETURN count(n) AS n"
    a, type_, b = kind
    a_key, b_key = KEYS.get(a, "id"), KEYS.get(b, "id")
    return (
        f"UNWIND $rows AS row MATCH (a:{a} {{{a_key}: row.a}}) MATCH (b:{b} {{{b_key}: row.b}}) "
        f"CREATE (a)-[r:{type_}]->(b) SET r = row.properties RETURN count(r) AS n"
    )
