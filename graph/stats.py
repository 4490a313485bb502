"""How much there is."""

from __future__ import annotations

from graph.store import Store


def counts(store: Store) -> dict[str, dict[str, int]]:
    """``{"nodes": {label: count}, "relationships": {type: count}}``."""
    nodes = store.read("stats/nodes")
    relationships = store.read("stats/relationships")
    return {
        "nodes": {row["label"]: row["n"] for row in nodes if row["label"] != "Counter"},
        "relationships": {row["type"]: row["n"] for row in relationships},
    }
