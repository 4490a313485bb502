"""``neuroweave queries``, in this process, over a small graph."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from graph.store import Store
from neuroweave.cli import app
from tests.api import world
from tests.conftest import empty

pytestmark = pytest.mark.server

BY_ID = "MATCH (r:Region {id: $id}) RETURN r.name AS name"


@pytest.fixture
def home(embedded_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    empty(embedded_store)
    world.fill(embedded_store)
    monkeypatch.setenv("NEUROWEAVE_HOME", str(embedded_store.config.home))


def answer(*arguments: str) -> Any:  # noqa: ANN401 - JSON
    found = CliRunner().invoke(app, ["queries", *arguments, "--json"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_a_question_is_kept_and_asked(home: None) -> None:
    assert "region.get" in {row["id"] for row in answer("list")["items"]}
    saved = answer("save", "by-id", BY_ID, "-p", "id=STRING", "--description", "A name")
    assert (saved["id"], saved["version"]) == ("by-id", 1)
    assert answer("show", "by-id")["query"] == BY_ID
    assert answer("run", "by-id", "-p", "id=tiny:1")["rows"] == [["left motion"]]
    deleted = CliRunner().invoke(app, ["queries", "delete", "by-id"])
    assert deleted.exit_code == 0
    assert "by-id" not in {row["id"] for row in answer("list")["items"]}


def test_a_number_stays_a_text_where_one_is_declared(home: None) -> None:
    answer("save", "by-label", "MATCH (r:Region {label: $l}) RETURN r.id AS id", "-p", "l=STRING")
    assert answer("run", "by-label", "-p", "l=1")["rows"] == [["tiny:1"]]
