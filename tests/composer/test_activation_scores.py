"""From a file to scored functions, by either score, through the graph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from atlas.activation import Scenario
from atlas.errors import InvalidInput, NotFound
from atlas.matrix import EvidenceMatrix
from atlas.model import Area, Claim, Counts, FunctionTerm, Source
from composer.activation import Inputs, activate
from graph import areas, atlases, claims, functions, matrices, merging, scenarios, vocabulary
from graph.store import Store
from graph.vocabulary import Request
from tests.atlas.examples import image, spheres

N = 12
ATLAS = spheres(*[(10.0 * i, 0.0, 0.0, 3.0) for i in range(N)])
SOURCE = Source("made", "Made up")
Z = np.column_stack([np.linspace(-3, 5, N), np.tile([4, -1], N // 2)]).astype(np.float32)


@pytest.fixture
def brain(store: Store) -> Store:
    atlases.put(store, ATLAS, by="test")
    functions.put(store, [FunctionTerm("rise", "Rise"), FunctionTerm("turn", "Turn")], by="test")
    counts = Counts(9, 8, 7, 6)
    found = [
        Claim(f"c{i}", f"toy:{i}", "rise", "made", "z", 4.0, 0.5, q=0.01, counts=counts)
        for i in (1, 11, 12)
    ]
    claims.put(store, SOURCE, found, by="test")
    return store


def _matrix() -> EvidenceMatrix:
    both = np.ones((N, 2), np.int32)
    regions = tuple(f"toy:{i + 1}" for i in range(N))
    return EvidenceMatrix(regions, ("rise", "turn"), Z, both, both[:, 0], both[0], 9, "made", "z")


@pytest.fixture
def stat_map(tmp_path: Path) -> Path:
    """Each region's voxels hold its z for ``rise``, a little bent."""
    data = np.zeros((61, 9, 9), dtype=np.float32)
    for i in range(N):
        data[5 * i : 5 * i + 3, 2:7, 2:7] = Z[i, 0] + 0.3 * (i % 3)
    path = tmp_path / "map.nii.gz"
    nibabel.save(image(data, origin=(-2, -8, -8)), path)
    return path


def test_a_whole_map_is_correlated_with_the_matrix(brain: Store, stat_map: Path) -> None:
    inputs = Inputs(atlas="toy", map=stat_map, unthresholded=True)
    expected = r"no evidence matrix of toy.*atlas import builtin.*claims compute"
    with pytest.raises(NotFound, match=expected):
        activate(brain, inputs)
    matrices.put(brain, _matrix(), SOURCE, by="test")
    found = activate(brain, inputs).to_dict()
    means = {row["id"]: row["mean"] for row in found["regions"]}
    assert found["score"] == "correlation"
    assert len(means) == N
    expected = np.corrcoef([means[f"toy:{i + 1}"] for i in range(N)], Z[:, 0])[0, 1]
    first, second = found["functions"]
    assert (first["id"], first["name"], first["n"]) == ("rise", "Rise", N)
    assert first["score"] == pytest.approx(expected)
    assert second["score"] < 0.5
    assert {c["region"] for c in first["claims"]} == {"toy:11", "toy:12"}  # the map's own side
    turned = activate(brain, replace(inputs, sign="negative")).to_dict()
    assert turned["functions"][-1]["score"] == pytest.approx(-expected)


def test_columns_keep_their_ids_when_functions_change(brain: Store, stat_map: Path) -> None:
    areas.put(brain, [Area("up", "Up", ("rise",), "image")], by="test")
    matrices.put(brain, _matrix(), SOURCE, by="test")
    inputs = Inputs(atlas="toy", map=stat_map, unthresholded=True)
    before = activate(brain, inputs).selection
    ann = Request(by="ann")
    vocabulary.rename(brain, "function", "rise", "ascent", ann, name="Ascent")
    renamed = activate(brain, inputs).selection
    first = renamed.functions[0]
    assert (first.id, first.column, first.label) == ("ascent", "rise", "Ascent (was rise)")
    assert first.score == before.functions[0].score
    assert first.to_dict()["claims"] == before.functions[0].to_dict()["claims"] != []
    assert [(area.id, area.score, area.function) for area in renamed.areas] == [
        ("up", before.areas[0].score, "ascent")
    ]

    merging.merge(brain, "function", ["ascent", "turn"], "motion", ann)
    merged = activate(brain, inputs).selection
    assert [(f.id, f.column, f.score) for f in merged.functions] == [
        ("motion", f.id, f.score) for f in before.functions
    ]
    assert merged.areas[0].score == before.areas[0].score
    evidence = merged.links_of(merged.areas[0])
    assert [link["region"] for link in evidence] == ["toy:11", "toy:12"]

    merging.split(brain, "function", "motion", {"up": "", "down": ""}, ann, default="up")
    found = activate(brain, inputs)
    assert {f.split_into for f in found.selection.functions} == {("up", "down")}
    assert [f.id for f in found.selection.functions] == ["rise", "turn"]
    assert found.to_dict()["functions"][0]["split_into"] == ["up", "down"]
    assert not any(f.links for f in found.selection.functions)
    assert found.selection.areas[0].score == 0.0


def test_a_threshold_sums_over_links(brain: Store, stat_map: Path) -> None:
    found = activate(brain, Inputs(atlas="toy", map=stat_map, top=10.0)).to_dict()
    assert found["score"] == "sum"
    assert "the top 10 %" in found["note"]
    assert [f["id"] for f in found["functions"]] == ["rise"]
    with pytest.raises(InvalidInput, match="say unthresholded"):
        Inputs(atlas="toy", map=stat_map, score="correlation")


def test_masks_and_series_reach_their_functions(brain: Store, tmp_path: Path) -> None:
    data = np.zeros((61, 9, 9), dtype=np.uint8)
    data[55:58, 2:7, 2:7] = 1
    paths = tuple(tmp_path / folder / "roi.nii" for folder in "ab")
    for path in paths:
        path.parent.mkdir()
        nibabel.save(image(data, origin=(-2, -8, -8)), path)
    masked = activate(brain, Inputs(atlas="toy", masks=paths)).to_dict()
    assert masked["regions"][0]["id"] == "toy:12"
    assert set(masked["regions"][0]["masks"]) == {"roi", "roi (2)"}
    values = np.random.default_rng(0).normal(size=(40, 2))
    values[10:20, 1] += 8
    table = tmp_path / "courses.csv"
    rows = "\n".join(f"{a:.3f},{b:.3f}" for a, b in values)
    table.write_text(f"ball 3,ball 12\n{rows}\n")
    inputs = Inputs(atlas="toy", series=table, tr=1.0, window=(10.0, 20.0))
    followed = activate(brain, inputs).to_dict()
    assert [row["id"] for row in followed["regions"]] == ["toy:12"]
    assert followed["regions"][0]["statistic"] > 3.1
    assert followed["functions"][0]["id"] == "rise"
    assert Inputs.from_dict(inputs.to_dict()) == inputs


def test_ids_of_regions_say_which_atlas_is_meant(brain: Store) -> None:
    found = activate(brain, Inputs(regions=("toy:2", "toy:1")))
    assert (found.atlas.id, set(found.pattern.strengths)) == ("toy", {"toy:1", "toy:2"})
    scenarios.put(brain, Scenario("s", "S", "MNI152", regions=("toy:3",)), {}, by="test")
    assert activate(brain, Inputs(scenario="s")).atlas.id == "toy"
    with pytest.raises(NotFound, match="seitzman300"):
        activate(brain, Inputs(regions=("other:1",)))
