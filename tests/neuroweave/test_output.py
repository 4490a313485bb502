"""Tables for people, on terminals of any width."""

from __future__ import annotations

import json

import pytest

from neuroweave.cli.output import listing, print_table

COLUMNS = ("id", "name", "value", "licence")
ROWS = [
    ("brainnetome246:some_long_id", "a name of several words", 39.0, "none_stated_by_the_authors"),
    ("brainnetome246:short", "another name that is longer still", -7.25, None),
]


def printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    print_table(COLUMNS, ROWS, spare=("licence", "value"))
    return capsys.readouterr().out.splitlines()


def test_a_wide_terminal_shows_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(capsys, monkeypatch, 120)
    assert lines[1].split() == list(COLUMNS)
    assert "another name that is longer still" in lines[4]
    assert [line.split()[-2] for line in lines[3:4]] == ["39.00"]
    assert "Not shown" not in "".join(lines)


def test_a_narrow_terminal_wraps_prose_and_breaks_no_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(capsys, monkeypatch, 80)
    assert max(map(len, lines)) <= 80
    words = " ".join(lines).split()
    for word in ("brainnetome246:some_long_id", "none_stated_by_the_authors", "39.00", "-7.25"):
        assert word in words


def test_a_very_narrow_terminal_leaves_the_least_needed_out_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(capsys, monkeypatch, 50)
    assert lines[1].split() == ["id", "name", "value"]
    assert lines[-1].startswith("Not shown for want of room: licence ")
    narrower = printed(capsys, monkeypatch, 20)
    assert narrower[1].split() == ["id", "name"]
    assert max(len(line) for line in narrower[:-1]) <= 20


def test_an_empty_list_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    listing([], None, False, COLUMNS)
    assert capsys.readouterr().out == "There are none.\n"
    listing([], None, True, COLUMNS)
    assert json.loads(capsys.readouterr().out) == {"items": [], "next": None}
