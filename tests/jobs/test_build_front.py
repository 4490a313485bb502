"""A build that weighs accuracy against costs: its front, the pick of another network, the API."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from api.routes.compositions import get_composition
from atlas.errors import InvalidInput
from composer.activation import Inputs
from composer.budget import Budget
from composer.checkpoints import CheckpointStore
from composer.network import load_composition
from graph import compositions
from graph.store import Store
from ingest.load import load_builtin
from jobs.build import run_build
from jobs.build_request import BuildRequest
from jobs.own_data import import_own
from search.objectives import COSTS
from tests.conftest import empty
from tests.training.test_own import files
from training.own.kept import About

pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_a_front_is_built_kept_and_picked_from(embedded_store: Store, tmp_path: Path) -> None:
    store, home, folder = embedded_store, tmp_path / "home", tmp_path / "files"
    empty(store)
    load_builtin(store)
    folder.mkdir()
    files(folder, "image,audio,label,split")
    import_own(store, home, "mine", folder, About("Mine", "CC0"), by="ann", side=16,
               progress=lambda message, fraction: None)  # fmt: skip
    request = BuildRequest(
        Inputs(scenario="audio-visual"), "mine", trials=6, budget=Budget(parameters=8000),
        minimize=COSTS,
    )  # fmt: skip
    built = run_build(store, home, request)
    front = built["front"]
    (kept,) = (place for place, row in enumerate(front, 1) if row["kept"])
    assert len(front) > 1
    assert built["kind"] == front[kept - 1]["kind"] != "committee"
    assert built["validation"]["result"] == front[kept - 1]["value"]
    assert get_composition(store, built["composition"])["front"] == front
    again = run_build(store, home, replace(request, minimize=COSTS[::-1], pick=kept))
    assert again == {**built, "reused": True}

    other = 1 + kept % len(front)
    picked = run_build(store, home, replace(request, pick=other))
    assert picked["composition"] != built["composition"]
    assert [row["kept"] for row in picked["front"]].index(True) == other - 1
    assert picked["validation"]["result"] == front[other - 1]["value"]
    assert picked["validation"]["best_single"] == built["validation"]["best_single"]
    network = load_composition(CheckpointStore.at(home), picked["checkpoint"]).network
    size = sum(weight.numel() for weight in network.parameters())
    assert size == front[other - 1]["parameters"]
    row = compositions.get(store, picked["composition"])
    assert BuildRequest.from_dict(row["request"]).pick == other
    assert run_build(store, home, replace(request, pick=other)) == {**picked, "reused": True}
    with pytest.raises(InvalidInput, match=f"found 99, expected 1 to {len(front)}"):
        run_build(store, home, replace(request, pick=99))

    seen: list[str] = []
    more = run_build(store, home, replace(request, trials=9), lambda said, _: seen.append(said))
    tried = {said.split()[1] for said in seen if said.startswith("candidate")}
    assert tried == {"7", "8", "9"}, "what fewer trials have searched is not searched again"
    assert more["composition"] != built["composition"]
    afresh = run_build(store, home, replace(request, trials=9, fresh=True))
    assert afresh == more
