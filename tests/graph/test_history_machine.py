"""Any sequence of edits and undos: projections hold, and an undo restores the digest."""

from __future__ import annotations

from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from atlas.errors import Conflict, Forbidden, NotFound
from graph import claims, content, edits, history, model_links, models
from graph.edits import Edit
from graph.models import ModelRecord
from graph.store import Store
from tests.conftest import empty
from tests.graph.small import fill

REGIONS = st.sampled_from(["a:1", "a:2", "a:10"])
FUNCTIONS = st.sampled_from(["vision.motion", "hearing"])
MODELS = st.sampled_from(["m1", "m2"])
WEIGHTS = st.sampled_from([0.25, 0.5, 1.0])
PEOPLE = st.sampled_from(["ann", "bob"])
REFUSED = (Conflict, Forbidden, NotFound)


class Editing(RuleBasedStateMachine):
    """The edits of two people on a small brain."""

    store: ClassVar[Store]

    def __init__(self) -> None:
        super().__init__()
        empty(self.store)
        fill(self.store)
        records = [ModelRecord(id, id, "lenet5", areas=("visual",)) for id in ("m1", "m2")]
        models.put(self.store, records, by="test")
        self.claims = ["c1", "c2", "c3"]
        self.done: list[int] = []

    def _apply(self, edit: Edit, by: str, own: bool) -> None:
        before = content.digest(self.store)
        try:
            found = edits.apply(self.store, [edit], by=by, allow_self_review=own)
        except REFUSED:
            assert content.digest(self.store) == before
            return
        if found.seq:
            self.done.append(found.seq)
        self.claims += [change.id for change in found.changes if change.noun == "claim"]

    @rule(region=REGIONS, function=FUNCTIONS, weight=WEIGHTS, by=PEOPLE)
    def add(self, region: str, function: str, weight: float, by: str) -> None:
        stated = {"region": region, "function": function, "weight": weight}
        edit = Edit("add_claim", **stated, rationale="Seen.", citation="PMID:1")  # type: ignore[arg-type]
        self._apply(edit, by, own=False)

    @rule(data=st.data(), by=PEOPLE, own=st.booleans())
    def review(self, data: Any, by: str, own: bool) -> None:  # noqa: ANN401
        id = data.draw(st.sampled_from(sorted(set(self.claims))))
        action = data.draw(st.sampled_from(["accept", "reject", "restore"]))
        self._apply(Edit(action, id=id), by, own)

    @rule(data=st.data(), weight=WEIGHTS, by=PEOPLE, own=st.booleans())
    def weigh(self, data: Any, weight: float, by: str, own: bool) -> None:  # noqa: ANN401
        id = data.draw(st.sampled_from(sorted(set(self.claims))))
        self._apply(Edit("edit", id=id, weight=weight, rationale="Else."), by, own)

    @rule(region=REGIONS, model=MODELS, allow=st.booleans(), by=PEOPLE)
    def link(self, region: str, model: str, allow: bool, by: str) -> None:
        action: edits.Action = "link_model" if allow else "forbid_model"
        edit = Edit(action, region=region, model=model, rationale="So.", status="accepted")
        self._apply(edit, by, own=True)

    @rule(data=st.data())
    def undo(self, data: Any) -> None:  # noqa: ANN401
        if self.done:
            seq = data.draw(st.sampled_from(self.done))
            before = content.digest(self.store)
            try:
                new = history.undo(self.store, seq, by="ann")
            except Conflict:
                assert content.digest(self.store) == before
                return
            assert history.diff(self.store, seq - 1, seq) == history.diff(self.store, new, new - 1)
            again = history.undo(self.store, new, by="bob")
            assert content.digest(self.store) == before
            self.done.append(history.undo(self.store, again, by="ann"))

    @invariant()
    def projections_hold(self) -> None:
        assert claims.recompute(self.store) == 0
        assert model_links.recompute(self.store) == 0


@pytest.mark.slow
def test_any_sequence_of_edits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Editing, "store", store, raising=False)
    few = settings(
        max_examples=4,
        stateful_step_count=10,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(Editing, settings=few)
