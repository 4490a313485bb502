"""What records refer to, tied again from their content as :mod:`graph.content` reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from graph import changes
from graph.store import Row, Tx


def tie(tx: Tx, noun: str, rows: Sequence[Row]) -> None:
    """Tie the nodes of these records to what they refer to, after ``graph.changes.write``.

    Claims are tied when they are written; links of their pairs are projected by
    ``graph.claims.refresh``.
    """
    for query, made in _RELATIONS.get(noun, {}).items():
        changes.run(tx, query, [one for row in rows for one in made(row)])


Made = Callable[[Row], list[Row]]


def _under(column: str) -> Made:
    def made(row: Row) -> list[Row]:
        return [{"id": row["id"], "parent": row[column]}] if row[column] else []

    return made


def _each(column: str, name: str) -> Made:
    return lambda row: [{"id": row["id"], name: item} for item in row[column]]


def _itself(row: Row) -> list[Row]:
    return [row]


def _activated(row: Row) -> list[Row]:
    return [
        {"id": row["id"], "region": region, "strength": strength}
        for region, strength in row["activates"].items()
    ]


def _used(row: Row) -> list[Row]:
    return [{"id": row["id"], **use} for use in row["uses"]]


def _served(row: Row) -> list[Row]:
    return [{"id": row["id"], "scenario": row["scenario"]}] if row["scenario"] else []


_RELATIONS: Mapping[str, Mapping[str, Made]] = MappingProxyType(
    {
        "region": {"region/child": _under("parent")},
        "function": {"function/parents": _under("parent")},
        "area": {"area/parents": _under("parent"), "area/realize": _each("realizes", "function")},
        "model": {"model/serve": _each("areas", "area")},
        "checkpoint": {"checkpoint/derive": _under("derived_from")},
        "scenario": {"scenario/activate": _activated},
        "composition": {"composition/serve": _served, "composition/use": _used},
        "connections": {"connection/write": _itself},
        "relations": {"relation/write": _itself},
        "borders": {"neighbour/write": _itself},
        "overlaps": {"overlap/write": _itself},
    }
)
