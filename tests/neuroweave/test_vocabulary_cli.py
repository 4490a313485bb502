"""The vocabulary at the command line: planned, changed and taken back, as a person does it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from getpass import getuser
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from graph import content, datasets, revisions
from graph.datasets import DatasetRecord
from graph.store import Store
from neuroweave import cli
from neuroweave.cli import app
from tests.api import world
from tests.conftest import empty
from tests.training.test_own import npz

pytestmark = pytest.mark.server

Refused = Callable[..., str]

VISION = "perception.vision"


@pytest.fixture(scope="module")
def filled(embedded_store: Store) -> Store:
    empty(embedded_store)
    world.fill(embedded_store)
    datasets.put(embedded_store, DatasetRecord("d1", "Digits", ("image",)), by="test")
    return embedded_store


@pytest.fixture(autouse=True)
def home(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROWEAVE_HOME", str(filled.config.home))


def said(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def answer(*words: str) -> Any:  # noqa: ANN401 - JSON
    found = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """What a command says that ends with 2."""

    def command(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["neuroweave", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == 2
        return capsys.readouterr().err

    return command


def undone(seq: int) -> None:
    assert said("undo", str(seq)).exit_code == 0


def test_a_function_is_renamed_and_its_old_id_still_works(filled: Store, refused: Refused) -> None:
    before = content.digest(filled)
    plan = answer("functions", "rename", VISION, "perception.sight", "--dry-run")
    assert (plan["seq"], plan["problems"]) == (None, [])
    assert content.digest(filled) == before
    read = answer("functions", "show", VISION)["digest"]
    words = ("functions", "rename", VISION, "perception.sight", "--reason", "as others say")
    assert "it has changed" in refused(*words, "--expected", "0" * 64)
    done = answer(*words, "--expected", read)
    assert done["follow"] == plan["follow"] == {"area": 2, "claim": 2, "model": 1}
    newest = revisions.list_revisions(filled, limit=1)[0][0]
    assert (newest["by"], newest["reason"]) == (getuser(), "as others say")
    old, new = world.MOTION, world.MOTION.replace("vision", "sight")
    for command in (("claims", "list"), ("link", "show")):
        rows = answer(*command, "--function", old)["items"]
        assert {row["function"] for row in rows} == {new}
        assert rows == answer(*command, "--function", new)["items"]
    active = answer("activate", "--functions", old, "--atlas", "tiny")
    assert {row["id"] for row in active["regions"]} == {"tiny:1", "tiny:2"}
    assert new in {row["id"] for row in active["functions"]}
    undone(done["seq"])
    assert content.digest(filled) == before


def test_a_function_is_split_by_a_table_and_merged_again(
    filled: Store, refused: Refused, tmp_path: Path
) -> None:
    before = content.digest(filled)
    parts = ("--part", "perception.a", "--part", "perception.b=the rest")
    words = ("functions", "split", world.HEARING, *parts)
    assert "a part for each" in refused(*words)
    assert "in the way" in said(*words, "--dry-run").stdout
    table = tmp_path / "parts.csv"
    table.write_text("id,part\nc3,perception.a\n")
    done = answer(*words, "--table", str(table))
    assert done["becomes"] == {world.HEARING: ["perception.a", "perception.b"]}
    merged = answer("functions", "merge", "perception.a", "perception.b", "--into", "perception.c")
    assert [row["function"] for row in answer("claims", "list", "--region", "tiny:3")["items"]] == [
        "perception.c"
    ]
    undone(merged["seq"])
    undone(done["seq"])
    assert content.digest(filled) == before


def test_areas_data_sets_and_words_likewise(filled: Store, refused: Refused) -> None:
    before = content.digest(filled)
    made = [answer("areas", "add", "auditory.pitch", "--set", f"realizes={world.HEARING}")]
    read = answer("areas", "show", "auditory.pitch")
    assert read["realizes"] == [world.HEARING]
    words = ("areas", "edit", "auditory.pitch", "--name", "Pitch", "--reason", "short")
    made.append(answer(*words, "--expected", read["digest"]))
    assert "it has changed" in refused(*words, "--expected", read["digest"])
    made.append(answer("datasets", "add", "d2", "--set", "licence=MIT", "--set", "labels=0;1"))
    made.append(answer("datasets", "edit", "d2", "--set", "citation=Doe 2020"))
    assert answer("datasets", "show", "d2")["labels"] == ["0", "1"]
    made.append(answer("datasets", "rename", "d2", "d3"))
    made.append(answer("datasets", "merge", "d1", "d3", "--into", "d1"))
    assert [row["id"] for row in answer("datasets", "list")["items"]] == ["d1"]
    assert answer("datasets", "show", "d2")["replaced_by"] == ["d3"]
    made.append(answer("datasets", "deprecate", "d1"))
    assert answer("datasets", "list")["items"][0]["status"] == "deprecated"
    made.append(answer("dictionaries", "add", "optimizer:lion", "--set", "definition=by signs"))
    assert [row["name"] for row in answer("dictionaries", "list", "optimizer")["items"]] == ["lion"]
    for change in reversed(made):
        undone(change["seq"])
    assert content.digest(filled) == before
    assert "one of name, modalities" in refused("datasets", "add", "d9", "--set", "colour=red")


def test_a_data_set_is_imported_and_removed(
    filled: Store, tmp_path: Path, refused: Refused
) -> None:
    answer("datasets", "import", "mine", "--from", str(npz(tmp_path)))
    datasets_of = {row["id"] for row in answer("datasets", "list")["items"]}
    assert datasets_of >= {"mine", "d1"}
    for size, reason in (("6", "as 48x64"), ("6x8", "without picture files")):
        told = refused("datasets", "import", "b", "--from", str(npz(tmp_path)), "--size", size)
        assert reason in told
    would = answer("datasets", "remove", "mine", "--dry-run")
    assert set(would) == {"dataset", "bytes", "features", "revision", "dry_run"}
    assert "would go" in said("datasets", "remove", "mine", "--dry-run").stdout
    assert "not brought in here" in refused("datasets", "remove", "d1")
    told = said("datasets", "remove", "mine", "--reason", "too small")
    assert (told.exit_code, "deleted" in told.stdout) == (0, True)
    newest = revisions.list_revisions(filled, limit=1)[0][0]
    assert (newest["action"], newest["reason"]) == ("withdraw dataset", "too small")
    assert f"revision {newest['seq']}" in told.stdout
    assert "which was withdrawn" in refused("datasets", "remove", "mine")
