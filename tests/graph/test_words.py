"""Words that people search for: whatever they type, and while others write."""

from __future__ import annotations

import threading
from dataclasses import replace

from atlas.model import Atlas, Region, Source
from graph import atlases, regions
from graph.store import Store

NAMES = ("gyrus", "sulcus", "pole")
ATLAS = Atlas(
    "words",
    "Words",
    "MNI152",
    Source("words", "made up"),
    regions=tuple(
        Region(f"words:{n}", str(n), f"Frontal {NAMES[n % 3]} {n}", "left", n, 0.0, 0.0)
        for n in range(30)
    ),
)


TYPED = {
    '+-&&||!(){}[]^"~*?:\\/': 0,
    "\x00 \u202e": 0,
    "gyr* AND frontal": 0,
    "gyrus OR": 0,
    '"frontal" (gyrus)': 10,
    "İ ﬁ 日本 १": 0,
    "g" * 5_000: 0,
    "frontal " * 200: 30,
}
"""What people type, and how many regions have all of its words."""


def test_what_is_typed_is_words_and_nothing_else(store: Store) -> None:
    atlases.put(store, ATLAS, by="test")
    found = {typed: len(regions.search(store, q=typed)[0]) for typed in TYPED}
    assert found == TYPED


def test_words_are_found_while_regions_change(store: Store) -> None:
    atlases.put(store, ATLAS, by="test")
    done = threading.Event()
    counts: list[int] = []
    faults: list[Exception] = []

    def search() -> None:
        while not done.is_set():
            try:
                counts.append(len(regions.search(store, q="gyrus", limit=20)[0]))
            except Exception as error:  # whatever it is, the test shows it
                faults.append(error)

    readers = [threading.Thread(target=search) for _ in range(4)]
    for reader in readers:
        reader.start()
    for step in range(1, 6):
        moved = tuple(replace(region, y=float(step)) for region in ATLAS.regions)
        atlases.put(store, replace(ATLAS, regions=moved), by="test")
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert set(counts) == {10}
