"""From active regions to functions, functional areas and candidate models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas import scoring
from atlas.activation import ActivationPattern, RegionActivation
from atlas.chance import z_scores
from atlas.decode.correlation import Correlation, correlate
from atlas.decode.thresholds import Sign
from atlas.errors import NotFound
from atlas.model import Area
from composer.candidates import listed
from graph import areas, matrices, selection
from graph import functions as function_terms
from graph.store import Store
from graph.succession import Succession

AREA_Z = 3.09
"""An area is active when one of its functions lies this far above chance (p < .001, one-sided)."""


@dataclass(frozen=True, slots=True)
class FunctionScore:
    """How strongly the active regions speak for one function, and which claims say so.

    ``score`` is s_f, ``z`` how far it lies above random regions (see ``atlas.chance``); or the
    score is a correlation over ``n`` regions, ``z`` and ``p`` Fisher's (see
    ``atlas.decode.correlation``).

    An evidence matrix keeps the ids it was computed with: ``column`` is the matrix' own, where
    that is another. A function that was split has its parts in ``split_into``, for the column
    cannot say which of them it is about; it counts for no area.
    """

    id: str
    name: str
    score: float
    z: float
    links: tuple[dict[str, Any], ...]
    p: float | None = None
    n: int | None = None
    column: str | None = None
    split_into: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its name, with what its column is called and what it was split into."""
        if self.split_into:
            return f"{self.name} (split: {', '.join(self.split_into)})"
        return f"{self.name} (was {self.column})" if self.column else self.name

    def to_dict(self) -> dict[str, Any]:
        """JSON form; ``claims`` flattens the links' claims with their region."""
        claims = [
            {"region": link["region"], **claim} for link in self.links for claim in link["claims"]
        ]
        return {
            "id": self.id,
            "name": self.name,
            "score": self.score,
            "z": self.z,
            "p": self.p,
            "n": self.n,
            "column": self.column,
            "split_into": list(self.split_into),
            "claims": claims,
        }


@dataclass(frozen=True, slots=True)
class AreaScore:
    """One functional area: its best score, its best z, and the function that has that z."""

    id: str
    name: str
    modality: str
    score: float
    z: float
    function: str
    realizes: tuple[str, ...]

    @property
    def active(self) -> bool:
        """Whether the area stands out from chance."""
        return self.score > 0 and self.z >= AREA_Z

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "id": self.id,
            "name": self.name,
            "modality": self.modality,
            "score": self.score,
            "z": self.z,
            "function": self.function,
            "active": self.active,
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """Functions, areas and models that an activation pattern selects, strongest first.

    ``models`` serve the active areas; ``links`` are what people say of models and the regions
    that speak for a function (see :mod:`composer.candidates`).
    """

    functions: tuple[FunctionScore, ...]
    areas: tuple[AreaScore, ...]
    models: tuple[dict[str, Any], ...]
    links: tuple[dict[str, Any], ...] = ()

    @property
    def active_areas(self) -> tuple[AreaScore, ...]:
        """The areas over the threshold."""
        return tuple(area for area in self.areas if area.active)

    def links_of(self, area: AreaScore) -> list[dict[str, Any]]:
        """Region-function links that speak for an area, heaviest first."""
        links = {
            (link["region"], link["function"]): link
            for function in self.functions
            if area_has(area.realizes, function.id)
            for link in function.links
        }
        return [links[pair] for pair in sorted(links, key=lambda p: (-links[p]["weight"], p))]

    def to_dict(self) -> dict[str, Any]:
        """The keys functions, areas, models and forbidden of ``activate``."""
        return {
            "functions": [function.to_dict() for function in self.functions],
            "areas": [area.to_dict() for area in self.areas],
            **listed(self),
        }


def select(store: Store, pattern: ActivationPattern) -> Selection:
    """Score functions and areas for a pattern and look up the active areas' models.

    An empty pattern selects nothing.
    """
    strengths = pattern.strengths
    if not strengths:
        return Selection((), (), ())
    links = selection.evidence(store, strengths)
    return _selected(store, _functions(store, pattern.atlas, strengths, links))


def select_by_correlation(store: Store, pattern: ActivationPattern, sign: Sign) -> Selection:
    """Rank functions by the correlation of the regions' means with the evidence matrix.

    The links of a function are those of the regions on the chosen side, as in :func:`select`.
    Columns of functions that have been renamed or merged since stand under the successor, those
    of a merged one side by side, for a mean of them would be evidence that nobody has.

    Raises:
        NotFound: no evidence matrix is stored for the atlas.
        InvalidInput: see :func:`atlas.decode.correlation.correlate`.
    """
    matrix = matrices.get(store, pattern.atlas)
    if matrix is None:
        raise NotFound(
            "score",
            found=f"no evidence matrix of {pattern.atlas}",
            expected="one, to correlate with",
            hint="`neuroweave atlas import builtin` brings those of the built-in atlases, "
            "`neuroweave claims compute` makes others; the score `sum` does without",
        )
    values = {r.region: _value(r) for r in pattern.regions}
    turn = -1.0 if sign == "negative" else 1.0
    scores = correlate({r: turn * v for r, v in values.items() if v is not None}, matrix)
    links = _by_function(selection.evidence(store, pattern.strengths))
    names, known = function_terms.names(store), Succession.load(store)
    return _selected(store, tuple(_column(s, known, names, links) for s in scores))


def _column(
    score: Correlation,
    known: Succession,
    names: Mapping[str, str],
    links: Mapping[str, list[dict[str, Any]]],
) -> FunctionScore:
    """The score of one column of a matrix, under the id that its function has now."""
    successors = known.of("function", score.function)
    id = successors[0] if len(successors) == 1 else score.function
    return FunctionScore(
        id=id,
        name=names.get(id, id),
        score=score.r,
        z=score.z,
        links=tuple(links.get(id, ())),
        p=score.p,
        n=score.n,
        column=None if id == score.function else score.function,
        split_into=successors if len(successors) > 1 else (),
    )


def _value(region: RegionActivation) -> float | None:
    """What a region has for a correlation: t of a series, else the mean of a map."""
    return region.mean if region.statistic is None else region.statistic


def _selected(store: Store, functions: tuple[FunctionScore, ...]) -> Selection:
    found = _areas(store, functions)
    active = [area.id for area in found if area.active]
    models = [row for row in selection.candidates(store, active) if row["area"] in row["serves"]]
    regions = {link["region"] for function in functions for link in function.links}
    links = selection.region_models(store, regions)
    return Selection(functions, found, tuple(models), tuple(links))


def _functions(
    store: Store, atlas_id: str, strengths: Mapping[str, float], links: list[dict[str, Any]]
) -> tuple[FunctionScore, ...]:
    n_regions, moments = selection.function_moments(store, atlas_id)
    triples = [(link["region"], link["function"], link["weight"]) for link in links]
    counts = {function: known.n for function, known in moments.items()}
    scores = scoring.function_scores(strengths, triples, counts, n_regions)
    z = z_scores(strengths, triples, moments, n_regions)
    names = {link["function"]: link["name"] for link in links}
    by_function = _by_function(links)
    return tuple(
        FunctionScore(function, names[function], score, z[function], tuple(by_function[function]))
        for function, score in scores.items()
        if score > 0
    )


def _by_function(links: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for link in links:
        found[link["function"]].append(link)
    return found


def _areas(store: Store, functions: Sequence[FunctionScore]) -> tuple[AreaScore, ...]:
    table = {
        row["id"]: Area(row["id"], row["name"], tuple(row["realizes"]), row["modality"] or "")
        for row in areas.list_areas(store)
    }
    counting = [function for function in functions if not function.split_into]
    best: dict[str, float] = {}
    for function in counting:
        best[function.id] = max(function.score, best.get(function.id, function.score))
    scores = scoring.area_scores(best, list(table.values()))
    return tuple(_area(table[area_id], score, counting) for area_id, score in scores.items())


def _area(area: Area, score: float, functions: Sequence[FunctionScore]) -> AreaScore:
    own = [function for function in functions if area_has(area.realizes, function.id)]
    leading = max(own, key=lambda function: function.z, default=None)
    return AreaScore(
        id=area.id,
        name=area.name,
        modality=area.modality,
        score=score,
        z=leading.z if leading else 0.0,
        function=leading.id if leading else "",
        realizes=area.realizes,
    )


def area_has(realizes: Sequence[str], function: str) -> bool:
    """Whether a function is one of ``realizes`` or lies below one of them."""
    return any(scoring.within(function, root) for root in realizes)
