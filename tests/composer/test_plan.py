"""Plans on the built-in graph: what adds, forbids and excludes, and what coupling rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from atlas.activation import Peak
from composer.activation import Inputs, activate
from composer.budget import Budget
from composer.candidates import SERVES
from composer.inputs import InputSpec
from composer.library import register_models
from composer.plan import Plan, make_plan
from composer.supply import Offered, Supply
from graph import edits, models
from graph.store import Store
from ingest.load import load_builtin
from tests.conftest import empty

pytestmark = pytest.mark.server

SCENE = Inputs(scenario="audio-visual")


@pytest.fixture(scope="module")
def filled(embedded_store: Store) -> Store:
    empty(embedded_store)
    load_builtin(embedded_store)
    register_models(embedded_store)
    return embedded_store


@pytest.fixture
def brain(filled: Store) -> Iterator[Store]:
    yield filled
    change(filled, "MATCH (:Region)-[l:MODELLED_BY|CONNECTS_TO]->() DELETE l")
    change(filled, "MATCH (l:ModelLink) DETACH DELETE l")


def change(store: Store, statement: str, **parameters: Any) -> None:  # noqa: ANN401
    with store.session() as session:
        session.execute_write(lambda tx: tx.run(statement, parameters).consume())


def link(store: Store, action: edits.Action, region: str, model: str) -> None:
    edit = edits.Edit(action, region=region, model=model, rationale="A test.", status="accepted")
    edits.apply(store, [edit], by="test", allow_self_review=True)


def plan(store: Store, inputs: Inputs = SCENE, *modalities: str) -> Plan:
    return make_plan(store, activate(store, inputs), offer=fed(store, *modalities))


def fed(store: Store, *modalities: str, side: int = 16) -> Supply | None:
    """A data set with samples of these modalities; none: no data set."""
    if not modalities:
        return None
    sizes = {"image": (side, side), "audio": (112, 112)}
    inputs = {name: InputSpec(name, *sizes[name]) for name in modalities}  # type: ignore[arg-type]
    raw = {"image": np.zeros((1, 8, 8)), "audio": np.zeros((1, 2048))}
    samples = {name: raw[name] for name in modalities}
    return Supply(store, store.config.home, Offered(inputs, samples, ("a", "b")))


def candidates(found: Plan, area: str) -> set[str]:
    slot = next(slot for slot in found.slots if slot.area == area)
    return {candidate["model"] for candidate in slot.candidates}


def test_a_plan_repeats_and_explains_itself(brain: Store) -> None:
    found = plan(brain)
    assert found.digest == plan(brain).digest
    assert replace(found, notes=("in other words",), excluded=()).digest == found.digest
    assert replace(found, slots=found.slots[:1]).digest != found.digest
    assert sorted(slot.area for slot in found.slots) == ["auditory", "visual"]
    assert sorted(found.to_dict()["fusion"]) == ["auditory", "visual"]
    for slot in found.slots:
        for row in slot.because:
            assert row["region"] in found.active
            assert row["claims"]


def test_a_curated_link_forbids_a_model(brain: Store) -> None:
    region = next(iter(next(s for s in plan(brain).slots if s.area == "visual").regions))
    assert "visual-lenet3" in candidates(plan(brain), "visual")
    link(brain, "forbid_model", region, "visual-lenet3")
    (row,) = [row for row in plan(brain).excluded if "model" in row]
    assert row["model"] == "visual-lenet3"
    assert row["reason"].startswith(f"forbidden for {region} by ")
    assert "visual-lenet3" not in candidates(plan(brain), "visual")
    assert "auditory-lenet3" in candidates(plan(brain), "auditory")


def test_what_an_area_never_had_is_not_forbidden_there(brain: Store) -> None:
    found = plan(brain)
    (why,) = [row for row in found.excluded if row["area"] == "language"]
    assert why["reason"].startswith("no model serves language")
    for region in next(slot for slot in found.slots if slot.area == "auditory").regions:
        link(brain, "forbid_model", region, "auditory-lenet3")
    after = plan(brain).excluded
    assert why in after
    assert [row["area"] for row in after if row.get("model") == "auditory-lenet3"] == ["auditory"]


def test_a_curated_link_adds_a_model(brain: Store) -> None:
    region = next(iter(next(s for s in plan(brain).slots if s.area == "visual").regions))
    link(brain, "link_model", region, "auditory-lenet3")
    assert "auditory-lenet3" in candidates(plan(brain), "visual")


def test_a_slot_reads_what_its_candidates_do(brain: Store) -> None:
    """Areas of language read text; a curated model that hears makes their slot one that hears."""
    (slot,) = (slot for slot in plan(brain).slots if slot.area == "auditory")
    for region in slot.regions:
        link(brain, "link_model", region, "auditory-lenet3")
    (added,) = (slot for slot in plan(brain).slots if slot.area == "language")
    assert (added.modality, [one["model"] for one in added.candidates]) == (
        "audio",
        ["auditory-lenet3"],
    )


def test_an_activation_lists_the_models_that_a_plan_may_take(brain: Store) -> None:
    before = activate(brain, SCENE).to_dict()
    assert before["forbidden"] == []
    (slot,) = (slot for slot in plan(brain).slots if slot.area == "visual")
    region = slot.regions[0]
    link(brain, "forbid_model", region, "visual-lenet3")
    link(brain, "link_model", region, "auditory-lenet3")
    after, made = activate(brain, SCENE).to_dict(), plan(brain)
    (row,) = after["forbidden"]
    assert {"id": "visual-lenet3", "area": "visual"}.items() <= row.items()
    assert row["reason"].startswith(f"forbidden for {region} by ")
    listed = {(row["area"].split(".")[0], row["id"]) for row in after["models"]}
    offered = {(slot.area, model) for slot in made.slots for model in candidates(made, slot.area)}
    assert listed == offered
    assert ("visual", "visual-lenet3") not in listed
    assert ("visual", "auditory-lenet3") in listed


def test_a_data_set_without_sound_leaves_the_auditory_area_out_and_says_so(brain: Store) -> None:
    found = plan(brain, SCENE, "image")
    assert [slot.area for slot in found.slots] == ["visual"]
    reasons = {row["area"]: row["reason"] for row in found.excluded}
    assert reasons["auditory"] == "its models need audio; the data set offers image"


def test_measured_connections_replace_the_prior_where_there_are_any(brain: Store) -> None:
    before = plan(brain)
    slots = {slot.area: slot.regions for slot in before.slots}
    pairs = [{"a": a, "b": b} for a in slots["auditory"] for b in slots["visual"] if a != b]
    change(
        brain,
        "UNWIND $pairs AS pair MATCH (a:Region {id: pair.a}), (b:Region {id: pair.b}) "
        "CREATE (a)-[:CONNECTS_TO {kind: 'functional', weight: 0.9, source: 'a matrix'}]->(b)",
        pairs=pairs,
    )
    after = plan(brain)
    assert "not measured" in before.coupling_basis
    assert "a matrix" in after.coupling_basis
    assert after.coupling[0]["value"] == pytest.approx(0.9, abs=0.1)
    assert after.coupling[0]["value"] > before.coupling[0]["value"]


def test_nothing_active_gives_an_empty_plan_that_says_why(brain: Store) -> None:
    found = plan(brain, Inputs(regions=("seitzman300:17",)))
    assert found.slots == ()
    assert found.to_dict()["fusion"] == []
    assert found.excluded
    assert all("3.09 needed" in row["reason"] for row in found.excluded)
    assert found.notes == ("nothing to build: 1 active regions, 0 areas above chance, no slot",)


def test_peaks_in_no_region_are_told(brain: Store) -> None:
    nowhere, auditory = Peak(-60, -60, 80), Peak(-54, -22, 8)
    found = plan(brain, Inputs(peaks=(nowhere,)))
    assert found.notes[-1] == "1 (100%) of the peaks lie in no region of seitzman300"
    assert (found.active, found.coupling_basis) == ({}, "no pairs")
    assert "1 (50%) of the peaks" in plan(brain, Inputs(peaks=(nowhere, auditory))).notes[-1]


def test_a_plan_is_drawn(brain: Store) -> None:
    found = plan(brain).to_dict()
    (row,) = found["coupling"]
    assert found["drawing"]["text"].splitlines()[0] == f"┬ {row['value']:.3f}"
    assert "flowchart LR" in found["drawing"]["mermaid"]


def test_what_is_too_expensive_drops_out_with_its_reason(brain: Store) -> None:
    free = {row["id"]: row for row in models.list_models(brain)}
    visual = sorted(candidates(plan(brain), "visual"), key=lambda m: free[m]["parameters"])
    limit = free[visual[0]]["parameters"]
    found = make_plan(brain, activate(brain, SCENE), budget=Budget(parameters=limit))
    assert visual[0] in candidates(found, "visual")
    assert all(free[m]["parameters"] <= limit for m in candidates(found, "visual"))
    reasons = {row["model"]: row["reason"] for row in found.excluded if "model" in row}
    assert (
        f"{free[visual[-1]]['parameters']:,} parameters, {limit:,} allowed" == reasons[visual[-1]]
    )


@pytest.mark.parametrize(
    "budget", [Budget(parameters=1), Budget(memory_mb=1e-6), Budget(latency_ms=1e-6)]
)
def test_a_budget_too_small_for_any_candidate_leaves_nothing(brain: Store, budget: Budget) -> None:
    found = make_plan(brain, activate(brain, SCENE), budget=budget)
    assert found.slots == ()
    reasons = {row["area"]: row["reason"] for row in found.excluded}
    assert "visual-lenet3: " in reasons["visual"]
    assert "allowed" in reasons["visual"]
    assert found.notes[0].startswith("nothing to build")


def test_shapes_that_no_family_takes_are_said(brain: Store) -> None:
    supply = fed(brain, "image", "audio", side=1)
    found = make_plan(brain, activate(brain, SCENE), offer=supply)
    assert [slot.area for slot in found.slots] == ["auditory"]
    reasons = {row["area"]: row["reason"] for row in found.excluded}
    assert "visual-lenet3: there are no weights of it here, and none can be" in reasons["visual"]
    assert "found (1, 1, 1), expected (channels, height, width) of at least" in reasons["visual"]
    assert "one slot only (auditory): there is nothing to fuse" in found.notes


def test_slots_that_share_a_modality_are_noted(brain: Store) -> None:
    change(brain, "MATCH (m:Model) WHERE m.modality = 'audio' SET m.modality = 'image'")
    try:
        found = plan(brain, SCENE, "image")
    finally:
        change(
            brain,
            "MATCH (m:Model) WHERE m.id STARTS WITH 'auditory' SET m.modality = 'audio'",
        )
    assert len(found.slots) == 2
    assert any("all read image" in note for note in found.notes)


def test_a_heavier_link_puts_its_model_first(brain: Store) -> None:
    region = next(iter(next(s for s in plan(brain).slots if s.area == "visual").regions))
    edit = edits.Edit(
        "link_model", region=region, model="visual-sparsenet", weight=0.9, rationale="A test.",
        status="accepted",
    )  # fmt: skip
    edits.apply(brain, [edit], by="test", allow_self_review=True)
    slot = next(slot for slot in plan(brain).slots if slot.area == "visual")
    first = slot.candidates[0]
    assert {candidate["weight"] for candidate in slot.candidates[1:]} == {SERVES}
    assert (first["model"], first["weight"], first["by"]) == ("visual-sparsenet", 0.9, region)
