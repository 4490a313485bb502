"""From active regions to functions, functional areas and candidate models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas import scoring
from atlas.activation import ActivationPattern
from atlas.model import Area
from graph import areas, selection
from graph.store import Store

AREA_SHARE = 0.5
"""An area is active when its score reaches this share of the strongest area's score."""


@dataclass(frozen=True, slots=True)
class FunctionScore:
    """How strongly the active regions speak for one function, and which claims say so."""

    id: str
    name: str
    score: float
    links: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON form; ``claims`` flattens the links' claims with their region."""
        claims = [
            {"region": link["region"], **claim} for link in self.links for claim in link["claims"]
        ]
        return {"id": self.id, "name": self.name, "score": self.score, "claims": claims}


@dataclass(frozen=True, slots=True)
class AreaScore:
    """One functional area with the function that carries it; ``active`` when over the threshold."""

    id: str
    name: str
    modality: str
    score: float
    function: str
    realizes: tuple[str, ...]
    active: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "id": self.id,
            "name": self.name,
            "modality": self.modality,
            "score": self.score,
            "function": self.function,
            "active": self.active,
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """Functions, areas and models that an activation pattern selects, strongest first."""

    functions: tuple[FunctionScore, ...]
    areas: tuple[AreaScore, ...]
    models: tuple[dict[str, Any], ...]

    @property
    def active_areas(self) -> tuple[AreaScore, ...]:
        """The areas over the threshold."""
        return tuple(area for area in self.areas if area.active)

    def links_of(self, area: AreaScore) -> list[dict[str, Any]]:
        """Region-function links that speak for an area, heaviest first."""
        links = [link for f in self.functions if area_has(area.realizes, f.id) for link in f.links]
        return sorted(links, key=lambda link: (-link["weight"], link["region"], link["function"]))

    def to_dict(self) -> dict[str, Any]:
        """The keys functions, areas and models of ``activate``."""
        return {
            "functions": [function.to_dict() for function in self.functions],
            "areas": [area.to_dict() for area in self.areas],
            "models": [{"id": row["model"], "area": row["area"]} for row in self.models],
        }


def select(store: Store, pattern: ActivationPattern) -> Selection:
    """Score functions and areas for a pattern (DESIGN section 7) and look up the areas' models.

    An empty pattern selects nothing.
    """
    strengths = pattern.strengths
    if not strengths:
        return Selection((), (), ())
    links = selection.evidence(store, strengths)
    functions = _functions(store, pattern.atlas, strengths, links)
    found = _areas(store, {function.id: function.score for function in functions})
    active = [area.id for area in found if area.active]
    models = [row for row in selection.candidates(store, active) if row["area"] in row["serves"]]
    return Selection(functions, found, tuple(models))


def _functions(
    store: Store, atlas_id: str, strengths: Mapping[str, float], links: list[dict[str, Any]]
) -> tuple[FunctionScore, ...]:
    n_regions, counts = selection.function_counts(store, atlas_id)
    triples = [(link["region"], link["function"], link["weight"]) for link in links]
    scores = scoring.function_scores(strengths, triples, counts, n_regions)
    names = {link["function"]: link["name"] for link in links}
    by_function: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for link in links:
        by_function[link["function"]].append(link)
    found = [
        FunctionScore(function, names[function], score, tuple(by_function[function]))
        for function, score in scores.items()
        if score > 0
    ]
    return tuple(sorted(found, key=lambda function: (-function.score, function.id)))


def _areas(store: Store, function_scores: Mapping[str, float]) -> tuple[AreaScore, ...]:
    table = {
        row["id"]: Area(row["id"], row["name"], tuple(row["realizes"]), row["modality"] or "")
        for row in areas.list_areas(store)
    }
    scores = scoring.area_scores(function_scores, list(table.values()))
    top = max(scores.values(), default=0.0)
    return tuple(
        AreaScore(
            id=area_id,
            name=table[area_id].name,
            modality=table[area_id].modality,
            score=score,
            function=_leading_function(table[area_id], function_scores),
            realizes=table[area_id].realizes,
            active=score > 0 and score >= AREA_SHARE * top,
        )
        for area_id, score in scores.items()
    )


def _leading_function(area: Area, scores: Mapping[str, float]) -> str:
    """The strongest of the functions that an area realizes; the scores come strongest first."""
    return next((function for function in scores if area_has(area.realizes, function)), "")


def area_has(realizes: Sequence[str], function: str) -> bool:
    """Whether a function is one of ``realizes`` or lies below one of them."""
    return any(scoring.within(function, root) for root in realizes)
