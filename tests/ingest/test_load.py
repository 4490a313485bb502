"""The built-in data in the graph, on both servers."""

from __future__ import annotations

import pytest

from graph import links, regions, scenarios, stats
from graph.store import Store
from ingest import builtin
from ingest.coordinates import dosenbach160, seitzman300
from ingest.load import load_builtin, summary


def test_loading_twice_changes_nothing_and_says_so(store: Store) -> None:
    said: list[tuple[str, float]] = []
    first = load_builtin(store, lambda message, fraction: said.append((message, fraction)))
    before = stats.counts(store)
    assert {kind: n["created"] for kind, n in first.items()} == {
        "atlases": 2 + 160 + 300,  # and their regions
        "functions": len(builtin.functions()),
        "areas": len(builtin.areas()),
        "claims": len(builtin.evidence()[1]),
        "matrices": 2,
        "scenarios": 3,
    }
    fractions = [fraction for _, fraction in said]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)

    second = load_builtin(store)
    assert summary(second) == "nothing changed, everything was there"
    assert stats.counts(store) == before

    for atlas in (dosenbach160(), seitzman300()):
        stored = {region.id: region for region in regions.of_atlas(store, atlas.id)}
        assert stored == {region.id: region for region in atlas.regions}
    active = scenarios.activates(store, "audio-visual")
    assert {row["region"].split(":")[0] for row in active} == {"dosenbach160", "seitzman300"}
    claim = builtin.evidence()[1][0]
    (link,), _ = links.list_links(store, region=claim.region, function=claim.function)
    assert link["weight"] == pytest.approx(claim.weight)
