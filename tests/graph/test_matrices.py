"""Evidence matrices: what goes in comes out, and a second time changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from atlas.errors import InvalidInput, NotFound, Unavailable
from atlas.matrix import EvidenceMatrix
from atlas.matrix_store import MatrixStore
from atlas.model import Atlas, Region, Source
from graph import atlases, matrices, revisions
from graph.store import Store

SOURCE = Source("m", "a matrix")


def small(source: str = "m", n: int = 2) -> EvidenceMatrix:
    both = np.arange(n * 3, dtype=np.int32).reshape(n, 3)
    return EvidenceMatrix(
        tuple(f"small:{i}" for i in range(n)),
        ("f", "g", "h"),
        (both - 3).astype(np.float32),
        both,
        both.sum(axis=1, dtype=np.int32) + 1,
        both.sum(axis=0, dtype=np.int32) + 2,
        50,
        source,
        "a z",
    )


def equal(one: EvidenceMatrix, other: EvidenceMatrix) -> bool:
    return one.digest == other.digest and (one.regions, one.functions) == (
        other.regions,
        other.functions,
    )


def test_the_four_counts_add_up() -> None:
    m = small()
    assert (m.both + m.region_only + m.function_only + m.neither == 50).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"z": np.zeros((3, 3), np.float32)},
        {"z": np.full((2, 3), np.nan, np.float32)},
        {"functions": ("f", "f", "g")},
        {"regions": ("small:1", "other:1")},
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        replace(small(), **wrong)  # type: ignore[arg-type]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    store = MatrixStore.at(tmp_path)
    sha256 = store.save(small())
    assert equal(store.load(sha256), small())
    path = store.root / f"{sha256}.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(Unavailable, match=sha256):
        store.load(sha256)


@pytest.mark.server
def test_put_and_get(store: Store) -> None:
    with pytest.raises(NotFound):
        matrices.put(store, small(), SOURCE, by="test")
    regions = tuple(Region(f"small:{i}", str(i), f"r{i}", "left", i, 0, 0) for i in range(2))
    atlas = Atlas("small", "Small", "MNI152", Source("s", "s"), regions=regions)
    atlases.put(store, atlas)
    assert matrices.get(store, "small") is None
    assert matrices.put(store, small(), SOURCE, by="test").created == 1
    before = revisions.list_revisions(store, limit=5, after=None)
    assert matrices.put(store, small(), SOURCE, by="test").unchanged == 1
    assert revisions.list_revisions(store, limit=5, after=None) == before
    found = matrices.get(store, "small")
    assert found is not None
    assert equal(found, small())
    terms = replace(small("a"), vocabulary="terms")
    matrices.put(store, terms, Source("a", "of words"), by="test")
    assert [row["id"] for row in matrices.list_matrices(store)] == ["m:small", "a:small"]
    again = matrices.get(store, "small", "a")
    assert again is not None
    assert equal(again, terms)
    with pytest.raises(InvalidInput, match="matrix source"):
        matrices.put(store, terms, SOURCE, by="test")
