"""Tables as JSON, CSV and Arrow, and what they were made from."""

from __future__ import annotations

import csv
import inspect
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.app import PREFIX, create_app
from api.context import Context
from api.reproduce import method_of
from api.tables import ARROW, CSV, JSON, Table, _arrow, chosen, is_table
from atlas.spreadsheet import csv_table, json_text
from graph.store import Store
from neuroweave.client import Client
from tests.api import world
from tests.conftest import empty

NAMES = "MATCH (r:Region) RETURN r.id AS id, r.x AS x ORDER BY id"


@pytest.fixture(scope="module")
def client(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    empty(embedded_store)
    world.fill(embedded_store)
    settings = world.config(tmp_path_factory.mktemp("tables"))
    with world.opened(embedded_store, settings) as context:
        yield _client(context)


def _client(context: Context) -> TestClient:
    app = create_app(context.config, context)
    app.state.context = context
    return TestClient(app, raise_server_exceptions=False)


def rows_of(content: bytes) -> list[dict[str, Any]]:
    import pyarrow as pa

    rows: list[dict[str, Any]] = pa.ipc.open_stream(content).read_all().to_pylist()
    return rows


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/json", JSON),
        ("text/csv", CSV),
        (ARROW, ARROW),
        ("application/*", JSON),
        ("text/html, */*;q=0.1", JSON),
        ("application/json;q=0, */*", CSV),
        ("text/csv;q=0.2, application/json;q=0.1", CSV),
    ],
)
def test_the_best_liked_format_is_chosen(accept: str, expected: str) -> None:
    assert chosen(accept) == expected


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_cells_are_no_formulas(text: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_table([text], [[text]]).decode(), newline="")))
    assert rows == [[f"'{text}"], [f"'{text}"]]


def test_numbers_and_nested_values_keep_their_form() -> None:
    table = Table(["a", "b", "c"], [[-1.5, [1, {"x": None}], None], [2, "text", True]])
    assert (
        csv_table(table.columns, table.rows).decode().splitlines()[1]
        == '-1.5,"[1, {""x"": null}]",'
    )
    found = rows_of(_arrow(table))
    assert [row["a"] for row in found] == [-1.5, 2.0]
    assert found[0]["b"] == json.dumps([1, {"x": None}])
    assert [row["c"] for row in found] == [None, True]


def test_nested_values_are_written_alike_in_csv_and_arrow() -> None:
    value = [1, {"x": "é"}]
    found = rows_of(_arrow(Table(["a"], [[value], ["text"]])))[0]["a"]
    assert next(csv.reader([csv_table(["é"], [[value]]).decode().splitlines()[1]])) == [found]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from("ab"), one),
)


@given(st.lists(json_values, max_size=4))
def test_a_column_keeps_every_value_or_is_its_json(values: list[Any]) -> None:
    found = [row["a"] for row in rows_of(_arrow(Table(["a"], [[one] for one in values])))]
    assert found in (values, [None if one is None else json_text(one) for one in values])


@pytest.mark.server
def test_a_list_in_every_format(client: TestClient) -> None:
    query = {"atlas": "tiny", "limit": 3}
    pages = {
        media: client.get(f"{PREFIX}/regions", params=query, headers={"accept": media})
        for media in (JSON, CSV, ARROW)
    }
    items = pages[JSON].json()["items"]
    assert len(items) == 3
    for media, page in pages.items():
        assert page.status_code == 200
        assert page.headers["content-type"].startswith(media)
        assert "Accept" in page.headers["vary"]
        assert page.headers["etag"]
    assert len({page.headers["etag"] for page in pages.values()}) == 3
    as_csv = list(csv.DictReader(io.StringIO(pages[CSV].text)))
    assert [row["id"] for row in as_csv] == [row["id"] for row in items]
    assert [float(row["x"]) for row in as_csv] == [row["x"] for row in items]
    assert [row["id"] for row in rows_of(pages[ARROW].content)] == [row["id"] for row in items]
    following = pages[CSV].headers["link"].partition(">")[0].lstrip("<")
    after = client.get(following).json()["items"]
    assert after[0]["id"] not in {row["id"] for row in items}


@pytest.mark.server
def test_the_result_of_a_query_in_every_format(client: TestClient) -> None:
    body = {"query": NAMES, "limit": 2}
    expected = client.post(f"{PREFIX}/cypher", json=body).json()
    assert expected["truncated"]
    for media in (CSV, ARROW):
        answer = client.post(f"{PREFIX}/cypher", json=body, headers={"accept": media})
        assert answer.headers["x-truncated"] == "true"
        if media == ARROW:
            found = [list(row.values()) for row in rows_of(answer.content)]
        else:
            found = [[id, float(x)] for id, x in list(csv.reader(io.StringIO(answer.text)))[1:]]
        assert found == expected["rows"]


@pytest.mark.server
def test_what_is_not_offered_is_refused(client: TestClient) -> None:
    answer = client.get(f"{PREFIX}/regions", headers={"accept": "text/html"})
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"
    wrong = client.get(f"{PREFIX}/regions", params={"explain": "plan"})
    assert wrong.status_code == 422


@pytest.mark.server
def test_an_answer_explains_itself(client: TestClient) -> None:
    query = {"atlas": "tiny", "limit": 2, "explain": "query"}
    said = client.get(f"{PREFIX}/regions", params=query).json()
    assert [one["name"] for one in said["statements"]] == ["region/search"]
    asked = {key: said["statements"][0][key] for key in ("query", "parameters")}
    again = client.post(f"{PREFIX}/cypher", json=asked).json()
    page = client.get(f"{PREFIX}/regions", params={"atlas": "tiny", "limit": 2}).json()
    found = [row[again["fields"].index("id")] for row in again["rows"]]
    assert found[:2] == [row["id"] for row in page["items"]]
    compile(said["python"], "said", "exec")
    assert "client.regions(atlas='tiny', limit=2)" in said["python"]
    assert said["http"].startswith("curl ")
    body = {"query": "RETURN $x AS x", "parameters": {"x": 1}}
    said = client.post(f"{PREFIX}/cypher?explain=query", json=body).json()
    assert said["statements"] == [{"name": "", **body}]
    assert "client.cypher('RETURN $x AS x', parameters={'x': 1})" in said["python"]


def test_every_table_has_its_method_and_its_formats(tmp_path: Path) -> None:
    app = create_app(world.config(tmp_path))
    tables = 0
    for path, methods in app.openapi()["paths"].items():
        for operation in methods.values():
            content = operation["responses"].get("200", {}).get("content", {})
            schema = content.get(JSON, {}).get("schema", {})  # with ?explain= another beside it
            reference = schema.get("anyOf", [schema])[0].get("$ref", "")
            model = reference.rpartition("/")[2]
            if not (model.startswith("Page_") or model == "CypherResult"):
                continue
            tables += 1
            assert {JSON, CSV, ARROW} <= content.keys(), path
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert "explain" in names, path
            assert inspect.isfunction(getattr(Client, method_of(operation["operationId"])))
    assert tables > 15
    assert not is_table(None)
