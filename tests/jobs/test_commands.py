"""``neuroweave jobs`` on a ledger: again, and forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jobs.job import Status
from jobs.ledger import Ledger
from neuroweave.cli import app


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEUROWEAVE_HOME", str(tmp_path))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["jobs", *words])


def test_retry_and_purge(home: Path) -> None:
    ledger = Ledger.at(home)
    job = ledger.cancel(ledger.submit("build", {}, by="ada").id)
    again = json.loads(run("retry", job.id, "--json").stdout)
    assert (again["id"], again["status"]) == (job.id, "queued")
    assert run("retry", job.id).exit_code != 0, "it has not ended"
    assert ledger.cancel(job.id).status is Status.CANCELLED
    assert json.loads(run("purge", "--older-than", "1", "--json").stdout) == {"forgotten": 0}
    assert run("purge", "--older-than", "0").stdout == "1 jobs forgotten\n"
    assert json.loads(run("list", "--json").stdout)["items"] == []
    ledger.close()


def test_settings_of_the_ledger_are_checked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limits in ('{"dance": 1}', '{"build": 0}'):
        monkeypatch.setenv("NEUROWEAVE_JOBS_LIMITS", limits)
        assert run("list").exit_code != 0
    monkeypatch.setenv("NEUROWEAVE_JOBS_LIMITS", '{"build": 2}')
    assert run("list").exit_code == 0
