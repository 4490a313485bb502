"""Plans on the built-in graph: what adds, forbids and excludes, and what coupling rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from composer.activation import Inputs, activate
from composer.library import register_models
from composer.plan import Plan, make_plan
from graph import edits
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
    return make_plan(store, activate(store, inputs), modalities=modalities or None)


def candidates(found: Plan, area: str) -> set[str]:
    slot = next(slot for slot in found.slots if slot.area == area)
    return {candidate["model"] for candidate in slot.candidates}


def test_a_plan_repeats_and_explains_itself(brain: Store) -> None:
    found = plan(brain)
    assert found.digest == plan(brain).digest
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
    assert "visual-lenet3" not in candidates(plan(brain), "visual")
    assert "auditory-lenet3" in candidates(plan(brain), "auditory")


def test_a_curated_link_adds_a_model(brain: Store) -> None:
    region = next(iter(next(s for s in plan(brain).slots if s.area == "visual").regions))
    link(brain, "link_model", region, "auditory-lenet3")
    assert "auditory-lenet3" in candidates(plan(brain), "visual")


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


def test_nothing_active_gives_an_empty_plan(brain: Store) -> None:
    found = plan(brain, Inputs(regions=("seitzman300:17",)))
    assert found.slots == ()
    assert found.to_dict()["fusion"] == []
