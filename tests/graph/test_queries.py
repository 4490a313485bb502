"""Headers of named queries, and values on their way out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.errors import InvalidInput
from graph.pages import full_text
from graph.queries import load, names, parse
from graph.values import digest, plain

HEADER = """// purpose: What it does,
// over two lines.
// params: id: STRING, after: STRING?,
//   rows: LIST<MAP>
// keys: rows.id
// mode: read
// columns: a, b

RETURN 1 AS a, 2 AS b
"""


def test_headers_are_read() -> None:
    query = parse("x/y", HEADER)
    assert query.purpose == "What it does, over two lines."
    assert query.params == {"id": "STRING", "after": "STRING?", "rows": "LIST<MAP>"}
    assert query.columns == ("a", "b")
    assert query.text == "RETURN 1 AS a, 2 AS b"
    assert query.mode == "read"


@pytest.mark.parametrize("missing", ["purpose", "mode", "columns"])
def test_headers_are_complete(missing: str) -> None:
    text = HEADER.replace(f"// {missing}:", "// :")
    with pytest.raises(InvalidInput, match="x/y header"):
        parse("x/y", text)


def test_parameters_have_types() -> None:
    with pytest.raises(InvalidInput, match="expected name: TYPE"):
        parse("x/y", HEADER.replace("id: STRING", "id"))


@pytest.mark.parametrize("name", ["region/nothing", "region", "../graph/ask", "region/../x", ""])
def test_unknown_queries(name: str) -> None:
    with pytest.raises(InvalidInput, match="the name of a file in cypher/"):
        load(name)


def test_keys_are_not_null() -> None:
    query = parse("x/y", HEADER)
    query.check({"id": "a", "after": None, "rows": [{"id": "b"}]})
    with pytest.raises(InvalidInput, match=r"rows\.id"):
        query.check({"id": "a", "after": None, "rows": [{"id": "b"}, {"id": None}]})
    with pytest.raises(InvalidInput, match="id: found null"):
        query.check({"id": None, "after": None, "rows": []})


def test_every_file_has_a_complete_header() -> None:
    for name in names():
        query = load(name)
        assert query.purpose.endswith("."), name
        if query.mode == "read" and not name.startswith("schema/ready"):
            assert query.columns, name


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_plain_values_are_json(value: object) -> None:
    out = plain(value)
    assert json.loads(json.dumps(out, allow_nan=False)) == out
    assert plain(out) == out


@given(st.dictionaries(st.text(), st.integers()))
def test_digests_ignore_the_order_of_keys(value: dict[str, int]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


@given(st.text())
def test_search_words_hold_no_query_syntax(text: str) -> None:
    query = full_text(text)
    if query is not None:
        for part in query.split(" "):
            assert part.startswith("+")
            assert part.endswith("*")
            assert part[1:-1].isalnum()
