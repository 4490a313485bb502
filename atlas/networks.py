"""The network among active regions: its graph, and what networkx measures on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atlas.model import Region

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, slots=True)
class NodeMeasures:
    """What one region is in its network.

    ``degree`` counts connections, ``strength`` adds their absolute weights; ``betweenness`` is the
    share of shortest paths through it, in [0, 1], a connection being as long as the inverse of its
    weight (Rubinov & Sporns 2010, NeuroImage 52:1059); ``community`` counts from 0, the largest
    first (Louvain: Blondel et al. 2008, J Stat Mech P10008).
    """

    region: str
    degree: int
    strength: float
    betweenness: float
    community: int


def to_networkx(
    regions: Iterable[Region],
    weights: Mapping[str, float],
    rows: Iterable[Mapping[str, Any]],
) -> nx.Graph:
    """The undirected graph of the regions in ``weights``.

    Nodes carry name, hemisphere, network, x, y, z and the activation ``weight``; edges carry
    ``weight``, ``kind`` and ``source`` of the ``CONNECTS_TO`` row. Where a pair has several, a
    functional one goes before a structural one, as in :mod:`atlas.coupling`.
    """
    import networkx as nx

    graph = nx.Graph()
    for region in regions:
        if region.id in weights:
            graph.add_node(
                region.id,
                name=region.name,
                hemisphere=region.hemisphere,
                network=region.network,
                x=region.x,
                y=region.y,
                z=region.z,
                weight=weights[region.id],
            )
    for row in sorted(rows, key=lambda row: str(row["kind"]), reverse=True):  # functional last
        a, b = row["a"], row["b"]
        if a in graph and b in graph and a != b:
            graph.add_edge(
                a, b, weight=float(row["weight"]), kind=row["kind"], source=row["source"]
            )
    return graph


def measures(graph: nx.Graph, seed: int = 0) -> list[NodeMeasures]:
    """Measure every node, in the graph's order; communities depend on nothing but the seed.

    >>> import networkx as nx
    >>> [m.betweenness for m in measures(nx.path_graph(["a", "b", "c"]))]
    [0.0, 1.0, 0.0]
    """
    import networkx as nx

    absolute = nx.Graph()
    absolute.add_nodes_from(graph)
    for a, b, data in graph.edges(data=True):
        strength = abs(float(data.get("weight", 1.0)))
        if strength > 0:
            absolute.add_edge(a, b, weight=strength, length=1.0 / strength)
    between = nx.betweenness_centrality(absolute, weight="length")
    found = nx.community.louvain_communities(absolute, weight="weight", seed=seed)
    member = _numbered(found)
    return [
        NodeMeasures(
            region=node,
            degree=int(absolute.degree(node)),
            strength=float(absolute.degree(node, weight="weight")),
            betweenness=float(between[node]),
            community=member[node],
        )
        for node in graph
    ]


def _numbered(communities: Sequence[set[str]]) -> dict[str, int]:
    ordered = sorted(communities, key=lambda nodes: (-len(nodes), min(nodes)))
    return {node: number for number, nodes in enumerate(ordered) for node in nodes}
