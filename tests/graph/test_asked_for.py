"""A list of what is not there is an error; it is empty for what is there and has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from atlas.errors import NotFound
from atlas.model import FunctionTerm
from graph import (
    checkpoints,
    claims,
    connections,
    datasets,
    functions,
    library,
    links,
    model_links,
    models,
    regions,
)
from graph.datasets import DatasetRecord
from graph.gone import Gone
from graph.library import Search
from graph.models import ModelRecord
from graph.store import Store
from tests.conftest import empty
from tests.graph import small

pytestmark = pytest.mark.server


def found(store: Store, **asked: Any) -> list[Any]:  # noqa: ANN401 - fields of the search
    return list(library.found(store, Search(**asked)))


LISTS: list[tuple[Callable[..., Any], str, str]] = [
    (claims.list_claims, "region", ""),
    (claims.list_claims, "function", "taste"),
    (claims.list_claims, "source", ""),
    (links.list_links, "region", ""),
    (links.list_links, "function", "taste"),
    (model_links.list_links, "region", "a:1"),
    (model_links.list_links, "model", "m"),
    (connections.list_sources, "atlas", "a"),
    (regions.search, "atlas", ""),
    (regions.search, "function", "taste"),
    (checkpoints.list_checkpoints, "model", "m"),
    (checkpoints.list_checkpoints, "dataset", "d"),
    (found, "model", ""),
    (found, "area", "auditory"),
]
"""List, filter, and what is there and has none (where the small graph has such)."""


def test_an_unknown_record_is_told_from_one_that_has_nothing(embedded_store: Store) -> None:
    store = embedded_store
    empty(store)
    small.fill(store)
    functions.put(store, [FunctionTerm("taste", "taste")], by="t")
    models.put(store, [ModelRecord("m", "M", "lenet5", areas=("visual",))], by="t")
    datasets.put(store, DatasetRecord("d", "D"), by="t")
    for listed, asked, idle in LISTS:
        with pytest.raises(NotFound, match=f"{asked}: found nowhere"):
            listed(store, **{asked: "nowhere"})
        if idle:
            assert listed(store, **{asked: idle}) in ([], ([], None)), (listed, asked)
    near = {"near": (0.0, 0.0, 0.0), "radius_mm": 1.0}
    assert regions.search(store, atlas="a", function="hearing", **near) == ([], None)
    with pytest.raises(NotFound, match="atlas"):
        regions.search(store, atlas="nowhere", **near)
    library.withdraw(store, "model", "m", by="t")
    with pytest.raises(Gone, match="which was withdrawn"):
        checkpoints.list_checkpoints(store, model="m")
