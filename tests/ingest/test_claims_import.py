"""Published evidence in the graph: sources stand beside each other, and nothing is half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.errors import InvalidInput, NotFound
from atlas.model import Atlas, Claim, Region, Source
from graph import atlases, claims, functions, regions, stats
from graph.changes import PutReport
from graph.store import Store
from ingest import builtin, claims_import
from ingest.ontologies.load import load
from ingest.published import brainnetome
from tests.data_dir import BRAIN, needs_brain

FOLDER = BRAIN / "research_only" / "brainnetome246"
COMPUTED = Source("computed", "A computed source", licence="CC0")


def brainnetome_atlas(store: Store) -> None:
    names = brainnetome.read(FOLDER).names
    parcels = tuple(
        Region(f"bn:{id}", id, name, "unknown", 0.0, 0.0, 0.0) for id, name in names.items()
    )
    atlases.put(store, Atlas("bn", "Brainnetome", "MNI152", COMPUTED, regions=parcels))
    functions.put(store, builtin.functions())


@needs_brain
def test_sources_disagree_in_the_open(store: Store) -> None:
    brainnetome_atlas(store)
    other = Claim("x", "bn:108", "perception.vision.face", "computed", "z", 9.5, 0.9)
    against = Claim("y", "bn:108", "emotion.anger", "computed", "z", 2.1, 0.1)
    claims.put(store, COMPUTED, [other, against], by="test")
    dry = claims_import.from_brainnetome(store, FOLDER, "bn", ("forward", "reverse"), dry_run=True)
    with pytest.raises(NotFound, match="brainnetome-brainmap-forward"):
        claims.list_claims(store, source="brainnetome-brainmap-forward")
    done = claims_import.from_brainnetome(store, FOLDER, "bn", ("forward", "reverse"))
    assert [one.claims for one in done] == [one.claims for one in dry]
    again = claims_import.from_brainnetome(store, FOLDER, "bn", ("forward", "reverse"))
    assert not any(one.claims.written for one in again)

    # FuG_R_3_3: one function that both know, each with its own statistic and value
    rows, _ = claims.list_claims(store, region="bn:108", function="emotion.anger")
    shown = {row["source"]: (row["statistic"], row["value"]) for row in rows}
    assert shown == {
        "brainnetome-brainmap-forward": ("likelihood ratio", 3.57),
        "brainnetome-brainmap-reverse": ("posterior", 0.0154),
        "computed": ("z", 2.1),
    }
    link = next(r for r in regions.functions(store, "bn:108") if r["function"] == "emotion.anger")
    assert len(link["sources"]) == 3
    assert link["weight"] == max(one["weight"] for one in link["sources"])
    hearing, _ = claims.list_claims(
        store, function="perception.audition", source="brainnetome-brainmap-forward"
    )
    assert len(hearing) == 16
    # MVOcC _L_5_3, also called Cun_L_5_3: vision by the posterior alone, no ratio speaks for it
    rows, _ = claims.list_claims(store, region="bn:193", function="perception.vision.motion")
    assert [(row["statistic"], row["value"], row["inference"]) for row in rows] == [
        ("posterior", 0.0385, "reverse")
    ]


@needs_brain
def test_another_atlas_is_refused_and_nothing_written(store: Store) -> None:
    functions.put(store, builtin.functions())
    parcels = (Region("bn:1", "1", "SFG_R_7_1", "right", 0.0, 0.0, 0.0),)
    atlases.put(store, Atlas("bn", "Not it", "MNI152", COMPUTED, regions=parcels))
    before = stats.counts(store)
    with pytest.raises(InvalidInput, match="246 of 246 regions differ"):
        claims_import.from_brainnetome(store, FOLDER, "bn")
    with pytest.raises(NotFound, match="atlas"):
        claims_import.from_brainnetome(store, FOLDER, "nobody")
    assert stats.counts(store) == before


def test_a_table_with_an_unknown_region_writes_nothing(store: Store, tmp_path: Path) -> None:
    functions.put(store, builtin.functions())
    parcels = (Region("t:1", "1", "One", "left", 0.0, 0.0, 0.0, network="occipital"),)
    atlases.put(store, Atlas("t", "Tiny", "MNI152", COMPUTED, regions=parcels))
    path = tmp_path / "mine.tsv"
    path.write_text("region\tfunction\tstatistic\tvalue\tweight\nt:1\temotion\tz\t3\t.5\n")
    (found,) = claims_import.from_table(store, path)
    assert (found.source, found.claims) == ("mine", PutReport(created=1))
    before = stats.counts(store)
    path.write_text(path.read_text() + "t:9\temotion\tz\t3\t.5\n")
    with pytest.raises(NotFound, match="t:9"):
        claims_import.from_table(store, path)
    assert stats.counts(store) == before
    (found,) = claims_import.from_networks(store, "t")
    assert found.claims == PutReport(created=1)


@needs_brain
def test_an_ontology_comes_once(store: Store) -> None:
    functions.put(store, builtin.functions())
    (concepts,) = load(store, "cognitive-atlas", BRAIN / "functions" / "cognitive_atlas")
    assert concepts.functions.created == len(concepts.placement.fresh) > 800
    assert functions.get(store, "cognition.reasoning.abductive_reasoning")["definition"]
    (again,) = load(store, "cognitive-atlas", BRAIN / "functions" / "cognitive_atlas")
    assert not again.functions.written
