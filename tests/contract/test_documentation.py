"""docs/graph-model.md names what the statements write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graph.guard import check
from graph.queries import load, names

PAGE = Path(__file__).resolve().parents[2] / "docs" / "graph-model.md"


def _written(pattern: str) -> set[str]:
    return {found for name in names() for found in re.findall(pattern, load(name).text)}


def test_labels_and_relationships_are_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for label in _written(r"\(\w*:([A-Z]\w+)"):
        assert f"| `{label}` |" in page, label
    for kind in _written(r"\[\w*:([A-Z_]+)"):
        assert f"[:{kind}]" in page, kind


def test_statements_use_documented_names_only() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"\[:([A-Z_]+)\]", page)) == _written(r"\[\w*:([A-Z_]+)")


def test_properties_are_documented() -> None:
    rows = {
        row.split("`")[1]: row
        for row in PAGE.read_text(encoding="utf-8").splitlines()
        if row.startswith("| `")
    }
    for name in names():
        noun, _, verb = name.partition("/")
        if verb == "put" and noun != "link":
            row = rows["".join(part.capitalize() for part in noun.split("_"))]
            assert f"`{name}`" in row
            for written in re.findall(r"\bn\.(\w+) = row\.", load(name).text):
                assert written == "digest" or f"`{written}`" in row, f"{name}: {written}"


@pytest.mark.parametrize(
    "query", re.findall(r"```cypher\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
)
def test_examples_pass_the_guard(query: str) -> None:
    assert check(query) == query
