"""Results of free queries as files."""

from __future__ import annotations

import gzip
import io

import networkx as nx
import nibabel
import numpy as np
import pytest

from atlas.errors import InvalidInput, NotFound
from composer.query_export import export_query, region_id
from graph.ask import ask
from graph.store import Store
from tests.conftest import empty
from tests.graph.small import fill

QUERY = (
    "MATCH (r:Region)-[h:HAS_FUNCTION]->(f) RETURN r.id AS region, f.id AS f, h.weight AS weight"
)


@pytest.fixture
def brain(embedded_store: Store) -> Store:
    empty(embedded_store)
    fill(embedded_store)
    return embedded_store


@pytest.mark.server
def test_rows_as_a_table_and_regions_as_a_network_and_a_mask(brain: Store) -> None:
    found = ask(brain, QUERY)
    table = export_query(brain, found.fields, found.rows, "csv")
    assert table.content.decode().splitlines()[0] == "region,f,weight"
    assert len(table.content.splitlines()) == 1 + len(found.rows)
    made = export_query(brain, found.fields, found.rows, "graphml")
    graph = nx.read_graphml(io.BytesIO(made.content))
    weights = {id: node["weight"] for id, node in graph.nodes(data=True)}
    assert weights == {"a:1": 0.5, "a:2": 0.75, "a:10": 1.0}


@pytest.mark.server
def test_whole_nodes_are_regions_too(brain: Store) -> None:
    found = ask(brain, "MATCH (r:Region {id: 'a:2'}) RETURN 7 AS n, r")
    made = export_query(brain, found.fields, found.rows, "graphml")
    assert list(nx.read_graphml(io.BytesIO(made.content))) == ["a:2"]
    assert b'""id""' in export_query(brain, found.fields, found.rows, "csv").content


@pytest.mark.server
def test_texts_in_tables_are_no_formulas(brain: Store) -> None:
    assert export_query(brain, ["x"], [["=1+1"]], "csv").content == b"x\r\n'=1+1\r\n"


@pytest.mark.server
def test_spheres_are_painted(brain: Store) -> None:
    from graph import atlases
    from tests.atlas.examples import spheres

    ball = spheres((10.0, 0.0, 0.0, 5.0))
    atlases.put(brain, ball)
    made = export_query(brain, ["region", "weight"], [[ball.regions[0].id, 0.25]], "nifti")
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(made.content))
    data = np.asarray(image.dataobj)
    assert set(np.unique(data).tolist()) == {0.0, 0.25}
    assert made.name.endswith("desc-query.nii.gz")


@pytest.mark.server
@pytest.mark.parametrize(
    ("fields", "rows", "said"),
    [
        (["n"], [], "no rows"),
        (["n"], [[7]], "none of them regions"),
        (["r"], [["a:1"], ["b:1"]], "regions of one atlas"),
        (["r", "weight"], [["a:1", 4.5]], r"\(0, 1\]"),
        (["r", "weight"], [["a:1", None]], r"\(0, 1\]"),
    ],
)
def test_what_cannot_be_exported(
    brain: Store, fields: list[str], rows: list[list[object]], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        export_query(brain, fields, rows, "graphml")


@pytest.mark.server
def test_regions_that_are_not_there(brain: Store) -> None:
    with pytest.raises(NotFound):
        export_query(brain, ["r"], [["a:99"]], "graphml")
    with pytest.raises(InvalidInput, match="one of"):
        export_query(brain, ["r"], [["a:1"]], "xls")


def test_ids_of_regions() -> None:
    assert region_id("a:b:7") == "a:b:7"
    assert [region_id(v) for v in (None, 7, "a", ":7", "a:", {"name": "x"}, ["a:1"])] == [None] * 7
