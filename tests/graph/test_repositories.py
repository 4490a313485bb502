"""Nouns written and read back, on both servers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atlas.activation import Peak, Scenario
from atlas.errors import Conflict, InvalidInput, NotFound
from atlas.model import Area, FunctionTerm
from graph import (
    areas,
    atlases,
    checkpoints,
    compositions,
    datasets,
    functions,
    links,
    models,
    regions,
    revisions,
    scenarios,
    schema,
    selection,
    sources,
    stats,
)
from graph.changes import PutReport
from graph.checkpoints import CheckpointRecord
from graph.compositions import CompositionRecord
from graph.datasets import DatasetRecord
from graph.failures import translated
from graph.models import ModelRecord
from graph.store import Store
from tests.graph.small import ATLAS, FUNCTIONS, fill, region


def test_schema_is_idempotent(store: Store) -> None:
    before = store.read("schema/indexes")
    schema.apply(store)
    schema.apply(store)
    assert store.read("schema/indexes") == before
    assert {row["name"] for row in before} >= {"region_id", "claim_status", "region_text"}


def test_ids_are_unique(store: Store) -> None:
    fill(store)

    def again() -> None:
        with translated(store), store.session() as session:
            session.execute_write(lambda tx: tx.run("CREATE (:Region {id: 'a:1'})").consume())

    with pytest.raises(Conflict):
        again()


def test_an_atlas_comes_in_once(store: Store) -> None:
    assert atlases.put(store, ATLAS) == PutReport(created=4)
    assert atlases.put(store, ATLAS) == PutReport(unchanged=4)
    assert len(revisions.list_revisions(store)[0]) == 1
    renamed = replace(ATLAS, regions=(replace(ATLAS.regions[0], name="V5"), *ATLAS.regions[1:]))
    assert atlases.put(store, renamed) == PutReport(changed=1, unchanged=3)
    assert regions.of_atlas(store, "a") == list(renamed.regions)
    assert atlases.get(store, "a")["n_regions"] == 3
    assert atlases.list_atlases(store)[0]["licence"] == "CC0"
    assert sources.list_sources(store)[0]["citation"] == "Someone 2020"


def test_a_parcellation_cannot_lose_regions(store: Store) -> None:
    atlases.put(store, ATLAS)
    with pytest.raises(Conflict, match="without 1 of its stored regions"):
        atlases.put(store, replace(ATLAS, regions=ATLAS.regions[:2]))


@pytest.mark.parametrize(
    "lookup", [atlases.get, regions.get, functions.get, scenarios.get, models.get, datasets.get]
)
def test_unknown_ids_are_named(store: Store, lookup) -> None:  # noqa: ANN001
    with pytest.raises(NotFound, match="found nobody"):
        lookup(store, "nobody")


def test_region_search_combines_its_conditions(store: Store) -> None:
    fill(store)

    def ids(**conditions: object) -> list[str]:
        return [row["id"] for row in regions.search(store, **conditions)[0]]  # type: ignore[arg-type]

    assert ids() == ["a:1", "a:10", "a:2"]
    assert ids(q="mot") == ["a:1"]
    assert ids(q="VISUAL area") == ["a:1", "a:2"]
    assert ids(q="visual hearing") == []
    assert ids(q='*:* OR "') == []
    assert ids(function="vision") == ["a:1", "a:2"]
    assert ids(function="vision", q="colour") == ["a:2"]
    assert ids(near=(11.0, 0.0, 0.0)) == ["a:2", "a:1", "a:10"]
    assert ids(near=(11.0, 0.0, 0.0), radius_mm=5) == ["a:2"]
    assert ids(near=(11.0, 0.0, 0.0), function="vision.motion") == ["a:1"]
    with pytest.raises(NotFound, match="atlas"):
        ids(atlas="nobody")
    with pytest.raises(InvalidInput, match="limit"):
        ids(limit=0)


@pytest.mark.parametrize("near", [None, (11.0, 0.0, 0.0)])
def test_pages_hold_every_region_once(store: Store, near: tuple[float, ...] | None) -> None:
    fill(store)
    whole = [row["id"] for row in regions.search(store, near=near)[0]]
    seen, after = [], None
    for _ in range(3):
        rows, after = regions.search(store, near=near, limit=1, after=after)
        seen += [row["id"] for row in rows]
    assert seen == whole
    assert after is None


def test_functions_form_a_tree(store: Store) -> None:
    fill(store)
    assert functions.get(store, "vision")["children"] == ["vision.colour", "vision.motion"]
    assert functions.get(store, "vision.motion")["parent"] == "vision"
    below = functions.regions(store, "vision")[0]
    assert [(row["region"], row["weight"]) for row in below] == [("a:2", 0.75), ("a:1", 0.5)]
    assert functions.regions(store, "vision", descendants=False)[0] == []
    first, after = functions.regions(store, "vision", limit=1)
    assert first == below[:1]
    assert functions.regions(store, "vision", limit=1, after=after) == (below[1:], None)
    with pytest.raises(InvalidInput, match="after: found a:2"):
        functions.regions(store, "vision", after="a:2")
    assert [row["id"] for row in functions.list_functions(store, q="visu moti")[0]] == [
        "vision.motion"
    ]
    assert len(functions.list_functions(store)[0]) == len(FUNCTIONS)
    with pytest.raises(NotFound, match="function parent: found taste"):
        functions.put(store, [FunctionTerm("taste.sweet", "sweet")], by="test")


def test_areas_realize_functions(store: Store) -> None:
    fill(store)
    table = {row["id"]: row for row in areas.list_areas(store)}
    assert table["visual"]["realizes"] == ["vision"]
    assert table["visual.motion"]["parent"] == "visual"
    areas.put(store, [Area("visual", "Visual", ("vision.colour",), "image")], by="test")
    assert areas.list_areas(store)[1]["realizes"] == ["vision.colour"]
    with pytest.raises(NotFound, match="area realizes: found taste"):
        areas.put(store, [Area("gustatory", "Taste", ("taste",))], by="test")
    assert len(areas.list_areas(store)) == 3, "nothing half-written"


def test_links_by_region_function_and_page(store: Store) -> None:
    fill(store)
    rows, after = links.list_links(store, limit=2)
    assert [(row["region"], row["function"]) for row in rows] == [
        ("a:1", "vision.motion"),
        ("a:10", "hearing"),
    ]
    rest, end = links.list_links(store, limit=2, after=after)
    assert [row["region"] for row in rest] == ["a:2"]
    assert end is None
    assert links.list_links(store, region="a:1")[0] == rows[:1]
    assert links.list_links(store, function="hearing")[0] == rows[1:]
    assert links.list_links(store, region="a:1", function="hearing")[0] == []
    assert rows[0]["sources"] == [{"source": "s1", "weight": 0.5}]


def test_selection_explains_itself_by_claims(store: Store) -> None:
    fill(store)
    rows = selection.evidence(store, {"a:1": 1.0, "a:10": 0.5})
    assert [(row["region"], row["function"], row["weight"]) for row in rows] == [
        ("a:1", "vision.motion", 0.5),
        ("a:10", "hearing", 1.0),
    ]
    assert rows[0]["claims"][0]["id"] == "c1"
    assert rows[0]["claims"][0]["q"] == 0.01
    assert selection.connectivity(store, ["a:1", "a:2"]) == []


def _library(store: Store) -> None:
    fill(store)
    datasets.put(store, DatasetRecord("d", "Digits", ("image",), ("0", "1"), digest="d0"), by="t")
    models.put(
        store,
        [
            ModelRecord("m1", "One", "lenet5", areas=("visual.motion",), taps={"c": [6, 8, 8]}),
            ModelRecord("m2", "Two", "lenet3", areas=("auditory",)),
        ],
        by="t",
    )
    checkpoints.put(
        store,
        [
            CheckpointRecord("k1", "m1", "d", "sgd", "torch", "accuracy", 0.9, 10, {"lr": 0.1}),
            CheckpointRecord("k2", "m1", "d", "sgd", "torch", "accuracy", 0.8, 10, {}, "k1", 3),
        ],
        by="t",
    )


def test_the_library_is_read_back_as_written(store: Store) -> None:
    _library(store)
    assert models.get(store, "m1")["taps"] == {"c": [6, 8, 8]}
    assert models.get(store, "m1")["areas"] == ["visual.motion"]
    assert [row["id"] for row in models.list_models(store)] == ["m1", "m2"]
    assert checkpoints.get(store, "k2")["derived_from"] == "k1"
    assert checkpoints.get(store, "k1")["hyper"] == {"lr": 0.1}
    assert [row["sha256"] for row in checkpoints.list_checkpoints(store, model="m1")] == [
        "k1",
        "k2",
    ]
    with pytest.raises(NotFound, match="dataset"):
        checkpoints.list_checkpoints(store, dataset="other")
    assert datasets.get(store, "d")["content_sha256"] == "d0"
    assert datasets.list_datasets(store)[0]["labels"] == ["0", "1"]
    with pytest.raises(NotFound, match="checkpoint model: found m9"):
        checkpoints.put(
            store, CheckpointRecord("k9", "m9", "d", "", "", "accuracy", 0.0, 1), by="t"
        )


def test_candidates_serve_an_area_or_one_above_or_below(store: Store) -> None:
    _library(store)
    found = selection.candidates(store, ["visual"])
    assert [row["model"] for row in found] == ["m1"]
    assert [one["sha256"] for one in found[0]["checkpoints"]] == ["k1", "k2"]
    assert [row["model"] for row in selection.candidates(store, ["visual.motion"])] == ["m1"]
    assert selection.candidates(store, ["auditory"])[0]["checkpoints"] == []


def test_scenarios_are_read_back_as_written(store: Store) -> None:
    fill(store)
    scene = Scenario("z", "Scene", "MNI152", (Peak(1.0, 2.0, 3.0, 4.0, "V5"),), citation="X")
    report = scenarios.put(store, scene, {"a:1": 1.0, "a:2": 0.25}, by="test")
    assert report == PutReport(created=1)
    assert scenarios.put(store, scene, {"a:2": 0.25, "a:1": 1.0}, by="test").unchanged == 1
    assert scenarios.get(store, "z") == scene
    assert scenarios.put(store, scene, {"a:1": 0.5}, by="test").changed == 1
    assert scenarios.activates(store, "z") == [
        {"region": "a:1", "name": "Motion area", "strength": 0.5}
    ]
    with pytest.raises(InvalidInput, match=r"expected \(0, 1\]"):
        scenarios.put(store, scene, {"a:1": 0.0}, by="test")


def test_a_composition_explains_its_parts(store: Store) -> None:
    _library(store)
    scene = Scenario("z", "Scene", "MNI152", regions=("a:1",))
    scenarios.put(store, scene, {"a:1": 1.0, "a:10": 0.5}, by="test")
    active = {"a:1": 1.0, "a:10": 0.5}
    record = CompositionRecord(
        id="n",
        scenario="z",
        plan={"active": active},
        spec={"kind": "single"},
        uses=[{"slot": "visual", "checkpoint": "k1", "taps": ["c"]}],
        weights_sha256="ff",
        validation={"result": 0.9},
    )
    assert compositions.put(store, record, by="test").created == 1
    assert compositions.put(store, record, by="test").unchanged == 1
    stored = compositions.get(store, "n")
    assert stored["plan"] == record.plan
    assert stored["uses"] == [{"slot": "visual", "taps": ["c"], "checkpoint": "k1", "model": "m1"}]
    assert compositions.list_compositions(store)[0][0]["validation"] == {"result": 0.9}
    rows = compositions.chain(store, "n", limit=5)
    assert [(r["region"], r["claim"], r["function"], r["area"], r["model"]) for r in rows] == [
        ("a:1", "c1", "vision.motion", "visual.motion", "m1")
    ]
    with pytest.raises(NotFound, match="composition checkpoint: found k7"):
        compositions.put(
            store,
            replace(record, id="o", uses=[{"slot": "v", "checkpoint": "k7", "taps": []}]),
            by="test",
        )


def test_stats_count_what_is_there(store: Store) -> None:
    assert stats.counts(store) == {"nodes": {}, "relationships": {}}
    fill(store)
    counted = stats.counts(store)
    assert counted["nodes"]["Region"] == 3
    assert counted["relationships"]["HAS_FUNCTION"] == 3


def test_queries_refuse_null_and_unknown_parameters(store: Store) -> None:
    with pytest.raises(InvalidInput, match="region/get id: found null"):
        store.read("region/get", id=None)
    with pytest.raises(InvalidInput, match=r"area/parents rows.parent: found null"):
        store.write("area/parents", rows=[{"id": "visual", "parent": None}])
    with pytest.raises(InvalidInput, match="region/get parameters"):
        store.read("region/get", id="a", more=1)
    with pytest.raises(ValueError, match="declares mode write"):
        store.read("schema/counter")


def test_regions_keep_the_order_of_their_atlas(store: Store) -> None:
    shuffled = replace(ATLAS, regions=(region(7), region(3), region(11)))
    atlases.put(store, shuffled)
    assert [one.label for one in regions.of_atlas(store, "a")] == ["7", "3", "11"]
