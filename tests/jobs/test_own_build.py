"""From people's own files to a network that answers, and what a plan and a build agree on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from atlas.errors import InvalidInput
from composer.activation import Inputs
from composer.budget import Budget
from composer.checkpoints import CheckpointStore
from composer.network import load_composition
from composer.predict import predict
from graph import compositions, datasets
from graph.store import Store
from ingest.load import load_builtin
from jobs.build import check_build, plan_build, run_build
from jobs.build_request import BuildRequest
from jobs.own_data import import_own
from tests.conftest import empty
from tests.training.test_own import HELD, files
from training.own.kept import About
from training.own.questions import samples_from

pytestmark = [pytest.mark.server, pytest.mark.slow]

SCENE = Inputs(scenario="audio-visual")


@pytest.fixture(scope="module")
def filled(embedded_store: Store) -> Store:
    empty(embedded_store)
    load_builtin(embedded_store)
    return embedded_store


def silent(message: str, fraction: float) -> None:
    del message, fraction


def test_own_files_become_a_network_that_answers(filled: Store, tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "files"
    folder.mkdir()
    files(folder, "image,audio,label,split")
    about = About("Mine", "CC0")
    done = import_own(filled, home, "mine", folder, about, by="ann", side=16, progress=silent)
    assert done["sizes"] == {"train": 10, "validation": 10, "test": 10}
    assert done["inputs"] == {"image": [3, 10, 12], "audio": [1, 32, 32]}
    row = datasets.get(filled, "mine")
    assert row["content_sha256"] == done["content"]
    assert (row["name"], row["licence"], row["modalities"]) == ("Mine", "CC0", ["image", "audio"])
    request = BuildRequest(SCENE, "mine", trials=1, budget=Budget(parameters=8000))
    check_build(filled, home, request)
    planned = plan_build(filled, home, request).plan
    built = run_build(filled, home, request)
    kept = compositions.get(filled, built["composition"])
    assert kept["plan"] == planned.to_dict()
    wanted = {c["model"] for slot in planned.slots for c in slot.candidates}
    assert {"auditory-lenet3", "visual-lenet3"} <= wanted
    assert {use["model"] for use in kept["uses"]} <= wanted
    left_out = {row["model"] for row in planned.excluded if "model" in row}
    assert left_out >= {"visual-lenet5", "auditory-mediumnet"}
    assert not left_out & wanted
    weights = CheckpointStore.at(home)
    network = load_composition(weights, built["checkpoint"])
    pictures, sounds = ([folder / f"{n}.{kind}" for n in (0, 1, 2)] for kind in ("png", "wav"))
    inputs = samples_from(network, pictures, sounds)
    np.testing.assert_array_equal(np.asarray(inputs["image"]), HELD["image"][:3])
    found = predict(filled, weights, built["composition"], inputs)
    assert set(found["labels"]) <= {"class 0", "class 1", "class 2"}
    read = {branch.input.modality for branch in network.branches.values()}
    assert (found["missing"], found["unused"]) == ([], sorted({"image", "audio"} - read))
    with pytest.raises(InvalidInput, match="inputs: found"):
        predict(filled, weights, built["composition"], {"smell": [1.0], **inputs})
    with pytest.raises(InvalidInput, match="inputs: found no files"):
        samples_from(network, (), ())
