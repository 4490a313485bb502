"""From claims to links: the rule behind ``HAS_FUNCTION``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from graph.store import Row

Rule = Callable[[Mapping[str, float]], float]

DEFAULT_RULE = "max"
RULES: Mapping[str, Rule] = MappingProxyType({"max": lambda weights: max(weights.values())})
"""Named ways to combine the weights of several sources, ``{source: weight} -> weight``."""


def project(claims: Iterable[Row], rule: str = DEFAULT_RULE) -> list[Row]:
    """One link per region-function pair, from its accepted claims.

    Args:
        claims: rows region, function, source, id, weight, in any order.
        rule: a name in :data:`RULES`.

    Returns:
        Rows region, function, weight, claims, sources, source_weights, rule, sorted by region
        and function. A source's own weight is that of its strongest claim; ``sources`` and
        ``source_weights`` run in parallel, so that no source disappears in the combination.

    >>> project([{"region": "a:1", "function": "f", "source": "s", "id": "c", "weight": 0.5}])
    [{'region': 'a:1', 'function': 'f', 'weight': 0.5, 'claims': ['c'], 'sources': ['s'],
      'source_weights': [0.5], 'rule': 'max'}]
    """
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    weights: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for claim in claims:
        pair = (claim["region"], claim["function"])
        ids[pair].add(claim["id"])
        own = weights[pair]
        own[claim["source"]] = max(own.get(claim["source"], 0.0), float(claim["weight"]))
    combine = RULES[rule]
    links = []
    for region, function in sorted(ids):
        by_source = dict(sorted(weights[region, function].items()))
        links.append(
            {
                "region": region,
                "function": function,
                "weight": combine(by_source),
                "claims": sorted(ids[region, function]),
                "sources": list(by_source),
                "source_weights": list(by_source.values()),
                "rule": rule,
            }
        )
    return links
