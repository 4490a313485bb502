"""From an activation to a composition plan: slots, coupling, fusion tree. Plain data, no torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from atlas.coupling import coupling_matrix
from atlas.scoring import area_coupling
from composer.activation import Activation
from composer.selection import AreaScore
from graph import selection
from graph.store import Store

FusionTree = str | list[Any]
BECAUSE = 5


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the network: one functional area, filled by one of its candidate models."""

    area: str
    modality: str
    score: float
    sub_areas: tuple[str, ...]
    regions: tuple[str, ...]
    candidates: tuple[dict[str, Any], ...]
    because: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "area": self.area,
            "modality": self.modality,
            "score": self.score,
            "sub_areas": list(self.sub_areas),
            "candidates": list(self.candidates),
            "because": list(self.because),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Slots in fusion order, how strongly they are coupled, and what was left out and why."""

    atlas: str
    active: dict[str, float]
    slots: tuple[Slot, ...]
    coupling: tuple[dict[str, Any], ...]
    fusion: FusionTree
    coupling_basis: str
    excluded: tuple[dict[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """The keys of ``plan``: slots, coupling, fusion (and what stands beside them)."""
        return {
            "atlas": self.atlas,
            "active": self.active,
            "slots": [slot.to_dict() for slot in self.slots],
            "coupling": list(self.coupling),
            "coupling_basis": self.coupling_basis,
            "fusion": self.fusion,
            "excluded": list(self.excluded),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON form."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def make_plan(
    store: Store, activation: Activation, *, modalities: Sequence[str] | None = None
) -> Plan:
    """Turn the active areas into slots.

    Every active top-level area becomes one slot, with the score of its strongest part; its
    candidates are the models that serve one of the active sub-areas, or, where none does, the
    area itself. ``MODELLED_BY`` links of the slot's regions add or forbid candidates. With
    ``modalities`` (those of a data set) candidates that need another one drop out, and an area
    that is left without any is excluded, with the reason. A plan may be empty; building it is
    then refused.
    """
    links = _curated(store, activation)
    slots: list[Slot] = []
    excluded: list[dict[str, str]] = []
    for root, areas in _by_root(activation.selection.active_areas).items():
        slot = _slot(activation, root, areas, links)
        usable = [c for c in slot.candidates if modalities is None or c["modality"] in modalities]
        if usable:
            slots.append(replace(slot, candidates=tuple(usable)))
        else:
            excluded.append({"area": root, "reason": _reason_against(slot, modalities)})
    basis, rows = _coupling(store, activation, slots)
    tree = fusion_tree([slot.area for slot in slots], rows)
    order = list(_leaves(tree))
    slots.sort(key=lambda slot: order.index(slot.area))
    return Plan(
        activation.atlas.id,
        activation.pattern.strengths,
        tuple(slots),
        tuple(rows),
        tree,
        basis,
        tuple(excluded),
    )


def _by_root(areas: Sequence[AreaScore]) -> dict[str, list[AreaScore]]:
    groups: dict[str, list[AreaScore]] = {}
    for area in areas:
        groups.setdefault(area.id.split(".", 1)[0], []).append(area)
    return groups


def _slot(
    activation: Activation, root: str, areas: list[AreaScore], links: list[dict[str, Any]]
) -> Slot:
    evidence = [link for area in areas for link in activation.selection.links_of(area)]
    regions = tuple(sorted({link["region"] for link in evidence}))
    leading = areas[0]
    sub_areas = tuple(area.id for area in areas if area.id != root)
    return Slot(
        area=root,
        modality=leading.modality,
        score=leading.score,
        sub_areas=sub_areas,
        regions=regions,
        candidates=_candidates(activation, sub_areas or (root,), root, regions, links),
        because=tuple(_because(activation, leading)),
    )


def _candidates(
    activation: Activation,
    sub_areas: Sequence[str],
    root: str,
    regions: Sequence[str],
    links: list[dict[str, Any]],
) -> tuple[dict[str, Any], ...]:
    models = activation.selection.models
    serving = [row for row in models if row["area"] in sub_areas]
    serving = serving or [row for row in models if row["area"] == root]
    chosen = {row["model"]: _candidate(row["model"], row["area"], row) for row in serving}
    own = [link for link in links if link["region"] in set(regions)]
    for link in own:
        if link["allow"]:
            chosen.setdefault(link["model"], _candidate(link["model"], root, link))
    forbidden = {link["model"] for link in own if not link["allow"]}
    return tuple(chosen[model] for model in sorted(chosen) if model not in forbidden)


def _candidate(model: str, area: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"model": model, "area": area, "family": row["family"], "modality": row["modality"]}


def _because(activation: Activation, area: AreaScore) -> list[dict[str, Any]]:
    """The strongest links behind an area, so that the plan explains itself."""
    known = activation.regions
    return [
        {
            "region": link["region"],
            "region_name": known[link["region"]].name,
            "claims": [claim["id"] for claim in link["claims"]],
            "function": link["function"],
            "weight": link["weight"],
            "area": area.id,
        }
        for link in activation.selection.links_of(area)[:BECAUSE]
    ]


def _reason_against(slot: Slot, modalities: Sequence[str] | None) -> str:
    if not slot.candidates:
        return f"no model serves {' or '.join((*slot.sub_areas, slot.area))}"
    needed = ", ".join(sorted({candidate["modality"] for candidate in slot.candidates}))
    return f"its models need {needed}; the data set offers {', '.join(modalities or ())}"


def _curated(store: Store, activation: Activation) -> list[dict[str, Any]]:
    return selection.region_models(store, [region.region for region in activation.pattern.regions])


def _coupling(
    store: Store, activation: Activation, slots: Sequence[Slot]
) -> tuple[str, list[dict[str, Any]]]:
    strengths = activation.pattern.strengths
    measured = selection.connectivity(store, list(strengths))
    between = coupling_matrix([activation.regions[region] for region in strengths], measured)
    regions = {slot.area: slot.regions for slot in slots}
    pairs = area_coupling(strengths, regions, between.regions, between.matrix)
    return between.basis, [{"a": a, "b": b, "value": value} for (a, b), value in pairs.items()]


def fusion_tree(areas: Sequence[str], rows: Sequence[dict[str, Any]]) -> FusionTree:
    """Join the most strongly coupled areas first (agglomerative, average linkage).

    >>> fusion_tree(["a", "b", "c"], [
    ...     {"a": "a", "b": "b", "value": 0.1}, {"a": "a", "b": "c", "value": 0.7},
    ...     {"a": "b", "b": "c", "value": 0.2}])
    ['b', ['a', 'c']]
    """
    value = {frozenset((row["a"], row["b"])): float(row["value"]) for row in rows}
    clusters: list[tuple[FusionTree, tuple[str, ...]]] = [(area, (area,)) for area in areas]

    def linkage(one: tuple[str, ...], two: tuple[str, ...]) -> float:
        pairs = [value.get(frozenset((x, y)), 0.0) for x in one for y in two]
        return sum(pairs) / len(pairs)

    while len(clusters) > 1:
        pairs = [(i, j) for i in range(len(clusters)) for j in range(i + 1, len(clusters))]
        i, j = max(pairs, key=lambda pair: linkage(clusters[pair[0]][1], clusters[pair[1]][1]))
        second, first = clusters.pop(j), clusters.pop(i)
        clusters.append(([first[0], second[0]], first[1] + second[1]))
    return clusters[0][0] if clusters else []


def _leaves(tree: FusionTree) -> Sequence[str]:
    if isinstance(tree, str):
        return [tree]
    return [leaf for branch in tree for leaf in _leaves(branch)]
