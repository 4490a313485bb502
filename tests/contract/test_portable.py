"""Every statement stays inside what both servers do right."""

from __future__ import annotations

import re

import pytest

from graph.queries import Query, load, names

AGGREGATE = r"\b(?:count|collect|sum|avg|min|max|stdev|percentile\w+)\s*\("
NOT_PORTABLE = {
    "SHORTEST k": r"\bSHORTEST\s+\d|\bALL\s+SHORTEST\b|\bANY\s+SHORTEST\b",
    "APOC": r"\bapoc\.",
    "GDS": r"\bgds\.",
    "dynamic labels": r":\s*\$\(",
    "IN TRANSACTIONS": r"\bIN\s+(?:\d+\s+)?(?:CONCURRENT\s+)?TRANSACTIONS\b",
    "db.propertyKeys": r"\bdb\.propertyKeys\b",
    "elementId": r"\belementId\s*\(|\bid\s*\(",
    "LOAD CSV": r"\bLOAD\s+CSV\b",
    "constraint other than uniqueness": r"\bREQUIRE\b(?![^;]*\bIS\s+UNIQUE\b)",
    "membership of a parameter list": r"\bIN\s+\$(?!active\s*\|)",
    "aggregate in ORDER BY": rf"\bORDER\s+BY\b[^\n]*{AGGREGATE}",
    "aggregate next to a boolean operator": rf"(?:\b(?:AND|OR|NOT|IN)\s+{AGGREGATE}"
    rf"|{AGGREGATE}[^()]*\)\s+(?:AND|OR|IN|IS)\b)",
    "aggregate in a map projection": rf"\w\s*\{{[^{{}}]*:\s*{AGGREGATE}",
    "full-text index in Cypher on both servers": r"\bFULLTEXT\s+INDEX\b",
}


def _code(query: Query) -> str:
    """The statement without its strings and comments."""
    return re.sub(r"'[^']*'|//[^\n]*", "", query.text)


@pytest.mark.parametrize("rule", NOT_PORTABLE)
def test_no_statement_uses(rule: str) -> None:
    for name in names():
        query = load(name)
        if query.server == "neo4j" and rule.startswith("full-text"):
            continue
        assert not re.search(NOT_PORTABLE[rule], _code(query), re.IGNORECASE | re.DOTALL), name


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("aggregate in ORDER BY", "MATCH (n) RETURN n.x AS x ORDER BY count(n)"),
        ("aggregate next to a boolean operator", "RETURN n.x = 1 AND count(n) > 1 AS many"),
        ("aggregate next to a boolean operator", "RETURN collect(n.x) IS NULL AS none"),
        ("aggregate in a map projection", "RETURN n {.id, c: count(m)} AS row"),
        ("membership of a parameter list", "MATCH (r) WHERE r.id IN $ids RETURN r"),
        ("dynamic labels", "MATCH (n:$(label)) RETURN n"),
        ("constraint other than uniqueness", "FOR (n:A) REQUIRE n.id IS NOT NULL"),
    ],
)
def test_the_rules_catch_what_they_name(rule: str, text: str) -> None:
    assert re.search(NOT_PORTABLE[rule], text, re.IGNORECASE | re.DOTALL)


def test_parameters_are_those_of_the_header() -> None:
    for name in names():
        query = load(name)
        assert set(re.findall(r"\$(\w+)", _code(query))) == set(query.params), name


def test_values_come_by_parameter_only() -> None:
    # Numbers and words in a statement are constants of the model; braces or percent signs of
    # Python templates would be text pasted into a query.
    for name in names():
        assert not re.search(r"%s|%\(|\{\{|\{\w+\}(?!\s*-)", _code(load(name))), name


def test_merge_keys_cannot_be_null() -> None:
    for name in names():
        query = load(name)
        for pattern in re.findall(r"MERGE[^\n]*\{([^}]*)\}", query.text):
            for value in re.findall(r":\s*(row\.\w+|\$\w+)", pattern):
                if value.startswith("row."):
                    assert value.replace("row.", "rows.") in query.keys, f"{name}: {value}"
                else:
                    assert not query.params[value[1:]].endswith("?"), f"{name}: {value}"


def test_lists_have_an_order() -> None:
    # Rows that a page or a person sees come in an order of their own; lookups by key need none.
    for name in names():
        query = load(name)
        if "LIMIT" in query.text:
            assert "ORDER BY" in query.text, name
