"""From an activation to a composition plan: slots, coupling, fusion tree. Plain data, no torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from atlas.coupling import coupling_matrix
from atlas.scoring import area_coupling
from composer.activation import Activation
from composer.budget import Budget
from composer.candidates import by_root, candidates, forbidden, regions_of
from composer.offer import Offer
from composer.selection import AREA_Z, AreaScore
from composer.tree import FusionTree, drawn, fusion_tree, leaves
from graph import models, selection
from graph.store import Store

BECAUSE = 5


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the network: one functional area, filled by one of its candidate models.

    ``candidates`` are ``{model, area, family, modality, weight, by}``, heaviest first: a curated
    link says how much a model is worth for a region; what merely serves the area counts as .5.
    Where there is a data set ``weights`` is the sha256 of the published weights that a network for
    it is made from; None: it is trained.
    """

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
    """Slots in fusion order, how strongly they are coupled, and what was left out and why.

    ``excluded`` are ``{area, reason}`` for whole areas and ``{area, model, reason}`` for one of
    an area's models; ``notes`` say what a reader might trip over.
    """

    atlas: str
    active: dict[str, float]
    slots: tuple[Slot, ...]
    coupling: tuple[dict[str, Any], ...]
    fusion: FusionTree
    coupling_basis: str
    excluded: tuple[dict[str, str], ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The keys of ``plan``: slots, coupling, fusion (and what stands beside them)."""
        return {
            "atlas": self.atlas,
            "active": self.active,
            "slots": [slot.to_dict() for slot in self.slots],
            "coupling": list(self.coupling),
            "coupling_basis": self.coupling_basis,
            "fusion": self.fusion,
            "drawing": drawn(self.fusion, self.coupling),
            "excluded": list(self.excluded),
            "notes": list(self.notes),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of what decides about the network: not of what is only said about it."""
        whole = self.to_dict()
        decides = {key: whole[key] for key in ("atlas", "active", "slots", "coupling", "fusion")}
        text = json.dumps(decides, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def make_plan(
    store: Store,
    activation: Activation,
    *,
    offer: Offer | None = None,
    budget: Budget | None = None,
) -> Plan:
    """Turn the active areas into slots.

    Every active top-level area becomes one slot, with the score of its strongest part; its
    candidates are the models that serve one of the active sub-areas, or, where none does, the
    area itself. ``MODELLED_BY`` links of the slot's regions add, weigh or forbid candidates.
    Candidates of which the ``offer`` says that no network can be had for a data set, or that exceed
    the ``budget``, drop out; an area that is left without any is excluded. Every exclusion has its
    reason. A plan may be empty; building it is then refused. With a
    :class:`~composer.supply.Supply` as offer the candidates are those of a build.
    """
    if offer is None and budget and budget.to_dict():
        offer = Offer(store, store.config.home)
    known = {row["id"]: row for row in models.list_models(store)} if offer else {}
    slots: list[Slot] = []
    excluded = _below(activation)
    remarks: list[str] = []
    for root, areas in by_root(activation.selection.active_areas).items():
        slot = _slot(activation, root, areas)
        against: list[dict[str, str]] = []
        if offer:
            slot, against, noted = _filtered(slot, known, offer, budget or Budget())
            remarks += noted
        refused = forbidden(activation.selection, root, areas)
        if slot.candidates:
            slots.append(slot)
            excluded += [*against, *refused]
        else:
            excluded.append({"area": root, "reason": _reason_against(slot, against, refused)})
    basis, rows = _coupling(store, activation, slots)
    tree = fusion_tree([slot.area for slot in slots], rows)
    order = leaves(tree)
    slots.sort(key=lambda slot: order.index(slot.area))
    return Plan(
        activation.atlas.id,
        activation.pattern.strengths,
        tuple(slots),
        tuple(rows),
        tree,
        basis,
        tuple(excluded),
        (*_notes(activation, slots, rows), *dict.fromkeys(remarks)),
    )


def _slot(activation: Activation, root: str, areas: list[AreaScore]) -> Slot:
    leading = areas[0]
    chosen = candidates(activation.selection, root, areas)
    return Slot(
        area=root,
        modality=_modality(leading.modality, chosen),
        score=leading.score,
        sub_areas=tuple(area.id for area in areas if area.id != root),
        regions=regions_of(activation.selection, areas),
        candidates=chosen,
        because=tuple(_because(activation, leading)),
    )


def _filtered(
    slot: Slot, known: Mapping[str, dict[str, Any]], offer: Offer, budget: Budget
) -> tuple[Slot, list[dict[str, str]], list[str]]:
    """The slot with the candidates that can be had and afforded, why not the others, and notes."""
    kept, against, notes = [], [], []
    for candidate in slot.candidates:
        model, modality = candidate["model"], candidate["modality"]
        row = known[model]
        source = offer.source(row, modality)
        reason = source.against or budget.against(
            row,
            lambda: offer.latency_ms(row, modality, source.weights),  # noqa: B023 - at once
        )
        if reason is not None:
            against.append({"area": slot.area, "model": model, "reason": reason})
            continue
        kept.append(
            candidate if offer.modalities is None else {**candidate, "weights": source.weights}
        )
        if source.note:
            notes.append(f"{model}: {source.note}; a new network of its family is trained")
    modality = _modality(slot.modality, kept)
    return replace(slot, candidates=tuple(kept), modality=modality), against, notes


def _modality(own: str, chosen: Sequence[Mapping[str, Any]]) -> str:
    """What a slot reads: what its area does or, where no candidate can, what the heaviest does."""
    if not chosen or own in {candidate["modality"] for candidate in chosen}:
        return own
    return str(chosen[0]["modality"])


def _below(activation: Activation) -> list[dict[str, str]]:
    """Areas that something speaks for, yet not louder than chance."""
    active = by_root(activation.selection.active_areas)
    reached: dict[str, AreaScore] = {}
    for area in activation.selection.areas:
        root = area.id.split(".", 1)[0]
        if root not in active and area.score > 0:
            reached[root] = max(reached.get(root, area), area, key=lambda one: one.z)
    return [
        {
            "area": root,
            "reason": f"not above chance: z = {area.z:.2f} in {area.id}, {AREA_Z} needed",
        }
        for root, area in sorted(reached.items())
    ]


def _notes(
    activation: Activation, slots: Sequence[Slot], rows: Sequence[dict[str, Any]]
) -> Iterator[str]:
    """What a reader of the plan might trip over."""
    if not slots:
        n, areas = len(activation.pattern.regions), len(activation.selection.active_areas)
        yield f"nothing to build: {n} active regions, {areas} areas above chance, no slot"
    if len(slots) == 1:
        yield f"one slot only ({slots[0].area}): there is nothing to fuse"
    readers: dict[str, list[str]] = {}
    for slot in slots:
        readers.setdefault(slot.modality, []).append(slot.area)
    for modality, areas_of in sorted(readers.items()):
        if len(areas_of) > 1:
            yield f"{', '.join(areas_of)} all read {modality}: the same samples go to each"
    values = [row["value"] for row in rows]
    if len(values) > 1 and values.count(max(values)) > 1:
        yield "several pairs are coupled equally strongly: the areas of higher score join first"
    outside = activation.pattern.outside
    if outside.count:
        what = "peaks" if outside.peaks else "voxels over the threshold"
        share = f"{outside.count:,} ({outside.share:.0%}) of the {what}"
        yield f"{share} lie in no region of {activation.atlas.id}"


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


def _reason_against(
    slot: Slot, against: Sequence[dict[str, str]], forbidden: Sequence[dict[str, str]]
) -> str:
    """Why an area is left without a candidate."""
    reasons = list(dict.fromkeys(row["reason"] for row in against))
    if len(reasons) > 1 or (reasons and not reasons[0].startswith("its models")):
        reasons = [f"{row['model']}: {row['reason']}" for row in against]
    reasons += [f"{row['model']}: {row['reason']}" for row in forbidden]
    return "; ".join(reasons) or f"no model serves {' or '.join((*slot.sub_areas, slot.area))}"


def _coupling(
    store: Store, activation: Activation, slots: Sequence[Slot]
) -> tuple[str, list[dict[str, Any]]]:
    strengths = activation.pattern.strengths
    measured = selection.connectivity(store, list(strengths))
    known = activation.regions
    between = coupling_matrix([known[region] for region in strengths], measured)
    regions = {slot.area: slot.regions for slot in slots}
    pairs = area_coupling(strengths, regions, between.regions, between.matrix)
    return between.basis, [{"a": a, "b": b, "value": value} for (a, b), value in pairs.items()]
