"""What selection asks of the graph: evidence, areas, connections, candidate models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from atlas.chance import Moments
from graph import functions as function_terms
from graph.store import Row, Store
from graph.succession import Succession

_CLAIM = ("id", "source", "statistic", "value", "q", "n_studies", "weight")


def evidence(store: Store, strengths: Mapping[str, float]) -> list[Row]:
    """Links of the active regions with the claims behind them.

    Returns:
        Rows region, function, name, weight, claims ``[{id, source, statistic, value, q,
        n_studies, weight}]`` (strongest first), sorted by region and function.
    """
    rows = store.read("selection/evidence", regions=sorted(strengths))
    links = []
    for (region, function), group in groupby(rows, lambda row: (row["region"], row["function"])):
        claims = list(group)
        links.append(
            {
                "region": region,
                "function": function,
                "name": claims[0]["function_name"],
                "weight": claims[0]["link_weight"],
                "claims": [{key: claim[key] for key in _CLAIM} for claim in claims],
            }
        )
    return links


def function_moments(store: Store, atlas_id: str) -> tuple[int, dict[str, Moments]]:
    """How many regions an atlas has, and of each function its spread over all of them."""
    total = store.read("selection/region_count", atlas=atlas_id)[0]["n"]
    rows = store.read("selection/function_moments", atlas=atlas_id)
    # Each server adds in an order of its own; rounding makes their sums equal again.
    return total, {
        row["function"]: Moments(row["n"], round(row["total"], 9), round(row["squares"], 9))
        for row in rows
    }


def function_regions(store: Store, atlas_id: str, functions: Iterable[str]) -> list[Row]:
    """Links of an atlas' regions to these functions or any below: region, function, weight.

    Functions that others have replaced stand for those.

    Raises:
        NotFound: no such function.
    """
    asked = sorted(set(functions))
    for function in asked:
        function_terms.get(store, function)
    wanted = sorted(Succession.load(store).all("function", asked))
    return store.read("selection/function_regions", atlas=atlas_id, functions=wanted)


def connectivity(store: Store, region_ids: Iterable[str]) -> list[Row]:
    """Connections among the regions: a, b, kind, weight, source; empty where none is stored."""
    ids = sorted(set(region_ids))
    return store.read("selection/connectivity", regions=ids, active=dict.fromkeys(ids, True))


def candidates(store: Store, area_ids: Iterable[str]) -> list[Row]:
    """Models that serve these areas, or an area above or below one of them.

    Rows: area (as asked), serves (area ids), model, family, modality, checkpoints ``[{sha256,
    dataset, metric, value}]``; sorted by area and model.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in store.read("selection/candidates", areas=sorted(set(area_ids))):
        entry = found.setdefault(
            (row["area"], row["model"]),
            {
                "area": row["area"],
                "serves": [],
                "model": row["model"],
                "family": row["family"],
                "modality": row["modality"],
                "checkpoints": [],
            },
        )
        if row["serves"] not in entry["serves"]:
            entry["serves"].append(row["serves"])
        checkpoint = {"sha256": row["checkpoint"]}
        checkpoint |= {key: row[key] for key in ("dataset", "metric", "value")}
        if row["checkpoint"] and checkpoint not in entry["checkpoints"]:
            entry["checkpoints"].append(checkpoint)
    return list(found.values())


def region_models(store: Store, region_ids: Iterable[str]) -> list[Row]:
    """Curated links of the regions: region, model, family, modality, allow, weight, by."""
    return store.read("selection/region_models", regions=sorted(set(region_ids)))
