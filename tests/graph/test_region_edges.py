"""Overlaps, borders and connections: stored once, replaced as a set, with their history."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atlas.errors import InvalidInput, NotFound
from atlas.overlap import Overlap
from graph import atlases, connections, neighbours, overlaps, regions, revisions, selection
from graph.changes import PutReport
from graph.store import Store
from tests.graph.small import ATLAS, OTHER, region

SECOND = replace(
    ATLAS,
    id="b",
    regions=tuple(replace(region(n), id=f"b:{n}") for n in (1, 2)),
)
ROWS = [
    Overlap("b:1", "a:1", 0.5, 0.4, 0.95, "contains", 80.0),
    Overlap("b:2", "a:1", 0.1, 0.1, 0.05, "overlaps", 8.0),
]


@pytest.fixture
def brain(store: Store) -> Store:
    atlases.put(store, ATLAS)
    atlases.put(store, SECOND)
    return store


def history(store: Store) -> int:
    return len(revisions.list_revisions(store)[0])


def test_overlaps_are_seen_from_both_sides(brain: Store) -> None:
    assert overlaps.put(brain, "b", "a", ROWS) == PutReport(created=2)
    before = history(brain)
    assert overlaps.put(brain, "b", "a", ROWS) == PutReport(unchanged=2)
    assert history(brain) == before
    here = overlaps.list_overlaps(brain, "b", "a", "b:1")
    assert [(r["inside"], r["contains"], r["qualification"]) for r in here] == [
        (0.4, 0.95, "contains")
    ]
    there = overlaps.list_overlaps(brain, "a", "b")
    assert [(r["a"], r["b"], r["inside"], r["qualification"]) for r in there] == [
        ("a:1", "b:1", 0.95, "contained"),
        ("a:1", "b:2", 0.05, "overlaps"),
    ]
    assert overlaps.put(brain, "a", "b", []) == PutReport()
    assert history(brain) == before + 1
    assert overlaps.list_overlaps(brain, "a", "b") == []


def test_overlaps_of_strangers_are_refused(brain: Store) -> None:
    with pytest.raises(InvalidInput, match="regions of a and b"):
        overlaps.put(brain, "a", "b", [replace(ROWS[0], b="c:1")])
    with pytest.raises(NotFound):
        overlaps.put(brain, "a", "c", ROWS)
    assert overlaps.list_overlaps(brain, "a", "b") == []


def test_borders_are_found_from_either_region(brain: Store) -> None:
    borders = [(1, 2, 3, 12.0), (2, 10, 1, 4.0), (2, 99, 1, 4.0)]
    assert neighbours.put(brain, "a", borders) == PutReport(created=2)
    assert neighbours.put(brain, "a", borders) == PutReport(unchanged=2)
    assert neighbours.list_neighbours(brain, "a:2") == [
        {"id": "a:1", "name": "Motion area", "area_mm2": 12.0},
        {"id": "a:10", "name": "Hearing core", "area_mm2": 4.0},
    ]
    assert neighbours.put(brain, "a", borders[:1]) == PutReport(unchanged=1)
    assert neighbours.list_neighbours(brain, "a:10") == []


def test_a_source_replaces_its_own_connections_only(brain: Store) -> None:
    pairs = [("a:2", "a:1", 0.5), ("a:1", "a:10", 0.25)]
    assert connections.put(brain, "a", OTHER, "functional", pairs) == PutReport(created=2)
    before = history(brain)
    assert connections.put(brain, "a", OTHER, "functional", pairs) == PutReport(unchanged=2)
    assert history(brain) == before
    connections.put(brain, "a", OTHER, "structural", [("a:1", "a:2", 7.0)])
    changed = [("a:1", "a:2", 0.75)]
    assert connections.put(brain, "a", OTHER, "functional", changed) == PutReport(changed=1)
    rows = selection.connectivity(brain, ["a:1", "a:2", "a:10"])
    assert [(r["a"], r["b"], r["kind"], r["weight"]) for r in rows] == [
        ("a:1", "a:2", "functional", 0.75),
        ("a:1", "a:2", "structural", 7.0),
    ]
    assert {row["region"] for row in regions.connections(brain, "a:2")} == {"a:1"}
    listed = connections.list_sources(brain, "a")
    assert [(r["source"], r["kind"], r["connections"]) for r in listed] == [
        ("s2", "functional", 1),
        ("s2", "structural", 1),
    ]


def test_a_new_citation_alone_is_written(brain: Store) -> None:
    pairs = [("a:2", "a:1", 0.5)]
    connections.put(brain, "a", OTHER, "functional", pairs)
    before = history(brain)
    connections.put(brain, "a", replace(OTHER, citation="Else 2021"), "functional", pairs)
    assert history(brain) == before + 1
    assert connections.list_sources(brain)[0]["citation"] == "Else 2021"


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a:1", "a:1", 0.5)], "with itself"),
        ([("a:1", "a:2", 0.5), ("a:2", "a:1", 0.4)], "a pair twice"),
    ],
)
def test_bad_connections_are_refused(
    brain: Store, pairs: list[tuple[str, str, float]], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        connections.put(brain, "a", OTHER, "functional", pairs)


def test_unknown_regions_leave_nothing_behind(brain: Store) -> None:
    with pytest.raises(NotFound, match="a:77"):
        connections.put(brain, "a", OTHER, "functional", [("a:1", "a:2", 1.0), ("a:1", "a:77", 1)])
    assert connections.list_sources(brain) == []
