"""The analysis of an atlas' functions over the evidence in the graph."""

from __future__ import annotations

from collections.abc import Sequence

from atlas.analysis import Analysis, analyse, groups_at
from atlas.spread import PERMUTATIONS, Progress
from composer.activation import load_atlas
from graph import functions as function_terms
from graph import links
from graph.store import Store

LEVEL = 2
"""Depth of the tree at which functions are grouped: ``perception.vision``."""


def analyse_atlas(
    store: Store,
    atlas_id: str,
    *,
    source: str | None = None,
    level: int = LEVEL,
    groups: Sequence[str] | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Analysis:
    """Analyse one atlas (see :func:`atlas.analysis.analyse`).

    Args:
        store: the open graph.
        atlas_id: id of the atlas.
        source: only the evidence of this source; all sources together if None.
        level: depth at which functions are grouped; 0 takes every function as it is linked.
        groups: ids of the groups, instead of a level.
        permutations: random sets for each group.
        seed: of the random sets.
        progress: called with the fraction done.

    Raises:
        NotFound: no such atlas, source or function.
        InvalidInput: a negative level, or nothing to analyse.
    """
    atlas = load_atlas(store, atlas_id)
    rows = links.of_atlas(store, atlas_id, source)
    for group in groups or ():
        function_terms.get(store, group)
    names = groups_at((row[1] for row in rows), level) if groups is None else list(groups)
    return analyse(
        atlas.id,
        atlas.regions,
        rows,
        names,
        whole=level > 0 or groups is not None,
        permutations=permutations,
        seed=seed,
        progress=progress,
    )
