"""Stored queries over HTTP and in the client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.store import Store
from neuroweave.client import ApiError, Client
from tests.api import world
from tests.conftest import empty

pytestmark = pytest.mark.server

BY_ID = "MATCH (r:Region {id: $id}) RETURN r.name AS name"


@pytest.fixture(scope="module")
def client(embedded_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    empty(embedded_store)
    world.fill(embedded_store)
    settings = world.config(tmp_path_factory.mktemp("queries"))
    with (
        world.opened(embedded_store, settings) as context,
        world.serving(context) as served,
        Client(served.url) as opened,
    ):
        yield opened


def test_built_in_ones_are_listed_and_run(client: Client) -> None:
    listed = client.queries(q="region.get").set_index("id")
    assert dict(listed.loc["region.get", "parameters"]) == {"id": "STRING"}
    assert "$id" in client.query("region.get")["query"]
    found = client.run_query("region.get", id="tiny:1")
    assert found.loc[0, "name"] == "left motion"
    assert found.attrs["truncated"] is False
    with pytest.raises(ApiError) as refused:
        client.run_query("region.get", id=1)
    assert refused.value.status == 422


def test_a_question_is_saved_changed_run_and_deleted(client: Client) -> None:
    first = client.save_query("by-id", BY_ID, {"id": "STRING"}, description="A name")
    assert (first["version"], first["owner"]) == (1, "local")
    again = client.save_query("by-id", BY_ID, {"id": "STRING"}, description="A name")
    assert again == first
    changed = BY_ID.replace("r.name AS name", "r.hemisphere AS side")
    assert client.save_query("by-id", changed, {"id": "STRING"})["version"] == 2
    assert list(client.run_query("by-id", id="tiny:1").columns) == ["side"]
    assert client.run_query("by-id@1", id="tiny:1").loc[0, "name"] == "left motion"
    client.delete_query("by-id")
    with pytest.raises(ApiError) as gone:
        client.query("by-id")
    assert gone.value.status == 404


def test_what_writes_is_not_saved(client: Client) -> None:
    with pytest.raises(ApiError) as refused:
        client.save_query("evil", "MATCH (n) DETACH DELETE n")
    assert refused.value.status == 403
    with pytest.raises(ApiError) as built_in:
        client.delete_query("region.get")
    assert built_in.value.status == 403


def test_what_a_statement_finds_is_a_file(client: Client, tmp_path: Path) -> None:
    query = "MATCH (r:Region)-[h:HAS_FUNCTION]->() RETURN r.id AS region, max(h.weight) AS weight"
    rows = client.cypher(query)
    table = client.export_query(tmp_path / "rows.csv", query).read_text().splitlines()
    assert table[0] == "region,weight"
    assert len(table) == len(rows) + 1
    network = client.export_query(tmp_path / "regions.graphml", query, "graphml").read_text()
    assert all(region in network for region in rows["region"])
    with pytest.raises(ApiError) as refused:
        client.export_query(tmp_path / "none.csv", "MATCH (n) DETACH DELETE n")
    assert refused.value.status == 403
    assert not (tmp_path / "none.csv").exists()
