"""Candidate models of the active areas: who serves them, and what people say to that.

Plans and activations both ask here, so that a model which is forbidden is in neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from composer.selection import AreaScore, Selection

SERVES = 0.5
"""Weight of a candidate that no curated link speaks for; links weigh up to 1."""


def by_root(areas: Sequence[AreaScore]) -> dict[str, list[AreaScore]]:
    """Areas by their top-level area."""
    groups: dict[str, list[AreaScore]] = {}
    for area in areas:
        groups.setdefault(area.id.split(".", 1)[0], []).append(area)
    return groups


def regions_of(selection: Selection, areas: Sequence[AreaScore]) -> tuple[str, ...]:
    """Ids of the active regions that speak for any of these areas."""
    evidence = (link for area in areas for link in selection.links_of(area))
    return tuple(sorted({link["region"] for link in evidence}))


def candidates(
    selection: Selection, root: str, areas: Sequence[AreaScore]
) -> tuple[dict[str, Any], ...]:
    """Models for one top-level area, ``{model, area, family, modality, weight, by}``.

    Those that serve one of its active parts or, where none does, the area itself; with the curated
    links of its regions, which add, weigh or forbid. Heaviest first.
    """
    serving = _serving(selection, root, areas)
    chosen = {row["model"]: _candidate(row["model"], row["area"], row) for row in serving}
    for link in _links(selection, areas):
        if link["allow"]:
            model, weight = link["model"], float(link["weight"] or 1.0)
            before = chosen.setdefault(model, _candidate(model, root, link))
            if before["by"] == "serves" or weight > before["weight"]:
                chosen[model] = before | {"weight": weight, "by": link["region"]}
    against = {row["model"] for row in forbidden(selection, root, areas)}
    allowed = [chosen[model] for model in sorted(chosen) if model not in against]
    return tuple(sorted(allowed, key=lambda candidate: -candidate["weight"]))


def forbidden(selection: Selection, root: str, areas: Sequence[AreaScore]) -> list[dict[str, str]]:
    """Models that a curated link keeps out of a top-level area, each once: area, model, reason.

    Only what would be a candidate there is kept out: a region may speak for several areas.
    """
    links = _links(selection, areas)
    wanted = {row["model"] for row in _serving(selection, root, areas)}
    wanted |= {link["model"] for link in links if link["allow"]}
    found = {
        link["model"]: f"forbidden for {link['region']} by {link['by'] or 'a curator'}"
        for link in links
        if not link["allow"] and link["model"] in wanted
    }
    return [{"area": root, "model": model, "reason": why} for model, why in sorted(found.items())]


def listed(selection: Selection) -> dict[str, list[dict[str, str]]]:
    """The keys ``models`` ``{id, area}`` and ``forbidden`` ``{id, area, reason}`` of ``activate``.

    They are those that a plan chooses from; a model of several active parts stands under each.
    """
    pairs: set[tuple[str, str]] = set()
    against: list[dict[str, str]] = []
    for root, areas in by_root(selection.active_areas).items():
        refused = forbidden(selection, root, areas)
        out = {row["model"] for row in refused}
        serving = {(row["area"], row["model"]) for row in _serving(selection, root, areas)}
        curated = {(c["area"], c["model"]) for c in candidates(selection, root, areas)}
        pairs |= {pair for pair in serving | curated if pair[1] not in out}
        against += refused
    return {
        "models": [{"id": model, "area": area} for area, model in sorted(pairs)],
        "forbidden": [
            {"id": row["model"], "area": row["area"], "reason": row["reason"]} for row in against
        ],
    }


def _serving(selection: Selection, root: str, areas: Sequence[AreaScore]) -> list[dict[str, Any]]:
    """Models that serve the active parts of an area or, where none does, the area itself."""
    parts = {area.id for area in areas} - {root}
    serving = [row for row in selection.models if row["area"] in parts]
    return serving or [row for row in selection.models if row["area"] == root]


def _links(selection: Selection, areas: Sequence[AreaScore]) -> list[dict[str, Any]]:
    regions = set(regions_of(selection, areas))
    return [link for link in selection.links if link["region"] in regions]


def _candidate(model: str, area: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "model": model,
        "area": area,
        "family": row["family"],
        "modality": row["modality"],
        "weight": SERVES,
        "by": "serves",
    }
