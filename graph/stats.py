"""How much there is."""

from __future__ import annotations

from graph.store import Store

_APART = ("Counter", "Withdrawn")
"""Labels of what is kept beside the graph's own nodes."""


def counts(store: Store) -> dict[str, dict[str, int]]:
    """``{"nodes": {label: count}, "relationships": {type: count}}``, without withdrawn records."""
    nodes = store.read("stats/nodes")
    relationships = store.read("stats/relationships")
    return {
        "nodes": {row["label"]: row["n"] for row in nodes if row["label"] not in _APART},
        "relationships": {row["type"]: row["n"] for row in relationships},
    }
