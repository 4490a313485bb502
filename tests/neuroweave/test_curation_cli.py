"""Curating at the command line, as a person does it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from getpass import getuser
from pathlib import Path
from typing import Any

import pytest

from graph import content, edits
from graph.store import Store
from neuroweave import cli
from neuroweave.cli.history import SHOWN
from tests.api import world
from tests.api.world import MOTION
from tests.conftest import empty

DOI = "10.1038/nmeth.1635"

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture(scope="module")
def filled(embedded_store: Store) -> Store:
    empty(embedded_store)
    world.fill(embedded_store)
    edits.set_licence(embedded_store, "CC0-1.0", by="test")
    return embedded_store


@pytest.fixture
def run(filled: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with ``--json``; exit code, what it printed, and its errors."""
    monkeypatch.setenv("NEUROWEAVE_HOME", str(filled.config.home))

    def command(*words: str) -> tuple[int, Any, str]:
        monkeypatch.setattr(sys, "argv", ["neuroweave", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        printed = json.loads(said.out) if "--json" in words and said.out else said.out
        return int(end.value.code or 0), printed, said.err

    return command


def added(run: Run, region: str, *more: str) -> dict[str, Any]:
    words = ("--weight", "0.5", "--rationale", "seen", "--citation", DOI, *more)
    code, record, _ = run("link", "add", region, MOTION, *words, "--json")
    assert code == 0
    return dict(record)


def weights(run: Run, region: str, *more: str) -> list[float]:
    found = run("link", "show", "--region", region, *more, "--json")[1]
    return [one["weight"] for one in found["items"]]


@pytest.mark.server
def test_a_claim_from_its_statement_to_its_undoing(run: Run, filled: Store) -> None:
    before = content.digest(filled)
    record = added(run, "tiny:30", "--comment", "a first look")
    assert (record["status"], record["proposed_by"]) == ("accepted", getuser())
    id = record["id"]
    assert weights(run, "tiny:30") == [0.5]
    code, changed, _ = run("link", "set", id, "--weight", "0.25", "--json")
    assert (code, changed["weight"]) == (0, 0.25)
    stale = run("link", "set", id, "--weight", "0.9", "--expected", record["digest"])
    assert stale[0] == 2
    assert "it has changed since it was read" in stale[2]
    assert run("link", "reject", id, "--comment", "confounded", "--by", "rita")[0] == 0
    assert weights(run, "tiny:30") == []
    assert run("link", "restore", id)[0] == 0
    assert run("link", "accept", id)[0] == 0
    assert run("link", "comment", id, "left side only")[0] == 0
    shown = run("link", "show", id, "--json")[1]
    assert [one["text"] for one in shown["comments"]] == [
        "a first look",
        "confounded",
        "left side only",
    ]
    revisions = [one["seq"] for one in shown["revisions"]]
    mine = run("history", "--region", "tiny:30", "--by", "rita", "--json")[1]["items"]
    assert [one["action"] for one in mine] == ["reject"]
    code, one, _ = run("history", str(mine[0]["seq"]), "--json")
    assert one["changes"][0]["fields"]["status"] == ["accepted", "rejected"]
    table = run("history", str(mine[0]["seq"]))[1]
    assert "→" in table
    differing = run("diff", str(min(revisions) - 1), str(max(revisions)), "--json")[1]
    assert ("claim", id, "created") in {
        (row["noun"], row["id"], row["change"]) for row in differing["items"]
    }
    last = run("history", "--limit", "1", "--json")[1]["items"][0]["seq"]
    refused = run("undo", str(min(revisions)))
    assert refused[0] == 2
    assert str(mine[0]["seq"]) in refused[2]
    for seq in range(last, min(revisions) - 1, -1):
        assert run("undo", str(seq), "--reason", "tidy")[0] == 0
    assert content.digest(filled) == before


@pytest.mark.server
def test_a_proposal_waits_for_somebody(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    record = added(run, "tiny:31", "--propose", "--by", "ada")
    assert record["status"] == "proposed"
    waiting = run("link", "review", "--region", "tiny:31", "--json")[1]["items"]
    assert [one["id"] for one in waiting] == [record["id"]]
    assert weights(run, "tiny:31") == []
    assert weights(run, "tiny:31", "--include-proposed") == [0.5]
    monkeypatch.setenv("NEUROWEAVE_SELF_REVIEW", "no")
    own = run("link", "accept", record["id"], "--by", "ada")
    assert own[0] == 2
    assert "somebody else" in own[2]
    assert run("link", "accept", record["id"], "--by", "ben")[0] == 0
    assert weights(run, "tiny:31") == [0.5]
    assert added(run, "tiny:32")["status"] == "proposed"


@pytest.mark.server
def test_models_of_a_region(run: Run) -> None:
    words = ("link", "model", "add", "tiny:33", "lenet5/image", "--rationale")
    record = run(*words, "edges first", "--json")[1]
    assert (record["allow"], record["weight"], record["status"]) == (True, 1.0, "accepted")
    forbidden = run(*words, "too small", "--forbid", "--json")[1]
    assert (forbidden["id"], forbidden["allow"]) == (record["id"], False)
    assert "never use it there" in run(*words, "far too small", "--forbid")[1]
    assert run("link", "reject", record["id"])[0] == 0
    listed = run("link", "model", "list", "--region", "tiny:33", "--json")[1]["items"]
    assert [one["status"] for one in listed] == ["rejected"]


@pytest.mark.server
def test_a_table_of_edits(run: Run, filled: Store, tmp_path: Path) -> None:
    table = tmp_path / "edits.csv"
    table.write_text(
        f"action;region;function;weight;why;doi\nadd;tiny:34;{MOTION};0,5;seen;{DOI}\n"
    )
    before = content.digest(filled)
    code, seen, _ = run("edits", str(table), "--dry-run", "--json")
    assert (code, seen["seq"], seen["columns"]["why"]) == (0, None, "rationale")
    assert content.digest(filled) == before
    assert "nothing was changed" in run("edits", str(table), "--dry-run")[1]
    code, done, _ = run("edits", str(table), "--reason", "a meeting", "--json")
    assert done["would"] == seen["would"]
    assert weights(run, "tiny:34") == [0.5]
    assert run("undo", str(done["seq"]))[0] == 0
    assert content.digest(filled) == before


@pytest.mark.server
def test_a_long_table_of_edits_is_shown_in_part(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "many.csv"
    rows = [f"tiny:35,{MOTION},0.5,seen {number},{DOI}" for number in range(SHOWN + 3)]
    rows += [f"tiny:none,{MOTION},0.5,seen {number},{DOI}" for number in range(SHOWN + 2)]
    table.write_text("\n".join(["region,function,weight,why,doi", *rows]))
    code, shown, said = run("edits", str(table), "--dry-run")
    assert (code, shown.count("created")) == (2, SHOWN)
    assert "3 more changes" in shown
    assert said.count("found tiny:none") == SHOWN
    assert "2 more faults" in said


@pytest.mark.server
def test_mistakes_are_named_and_change_nothing(run: Run, filled: Store, tmp_path: Path) -> None:
    table = tmp_path / "edits.tsv"
    table.write_text("action\tid\tweight\nreject\tc1\t\nreject\tnope\t\nset\tc2\ttwo\n")
    before = content.digest(filled)
    code, seen, said = run("edits", str(table), "--dry-run", "--json")
    assert (code, [one["row"] for one in seen["problems"]]) == (2, [3, 4])
    code, _, said = run("edits", str(table))
    assert code == 2
    assert "row 3: claim: found nope" in said
    assert "row 4: weight: found 'two'" in said
    for words, field in [
        (("link", "set", "c1"), "set"),
        (("link", "set", "nope", "--weight", "0.1"), "id"),
        (("link", "set", "c1", "--weight", "7"), "weight"),
        (("link", "restore", "c1"), "claim:c1"),
        (("undo", "99999"), "revision"),
        (("history", "99999"), "revision"),
        (("history", "--since", "soon"), "since"),
        (("edits",), "FILE"),
        (("edits", str(tmp_path / "none.csv")), "edits"),
    ]:
        code, _, said = run(*words)
        assert (code, said.startswith(f"error: {field}: ")) == (2, True), said
    assert content.digest(filled) == before


def test_the_template_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ingest import edit_tables

    monkeypatch.setattr(sys, "argv", ["neuroweave", "edits", "--template"])
    with pytest.raises(SystemExit):
        cli.main()
    template = capsys.readouterr().out
    examples = template.replace("# add_claim,", "add_claim,").replace("# reject,", "reject,")
    batch = edit_tables.read(examples)
    assert [edit.action for _, edit in batch.edits] == ["add_claim", "reject"]
    assert (batch.faults, batch.ignored) == ([], [])
