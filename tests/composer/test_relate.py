"""Real matrices and voxels in the graph: plans that are measured, overlaps, exports."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from atlas.connectome import EdgeThreshold
from atlas.errors import InvalidInput
from atlas.label_volume import LabelVolume
from atlas.model import Region, Source
from atlas.region_statistics import neighbours as borders
from composer.activation import Activation, Inputs, activate, load_atlas
from composer.export import export, format_of, network
from composer.relate import overlaps_between
from graph import atlases, connections, neighbours, overlaps
from graph.changes import PutReport
from graph.store import Store
from ingest.connectivity import match, read_matrix
from tests.atlas.volumes import of_volume
from tests.conftest import empty
from tests.data_dir import BRAIN, needs_brain

pytestmark = pytest.mark.server

ENIGMA = BRAIN / "connectivity" / "enigma_hcp"
SOURCE = Source("enigma", "HCP", licence="BSD-3-Clause", citation="Lariviere 2021")


@pytest.fixture(scope="module")
def brain(embedded_store: Store) -> Store:
    """Two atlases of voxels: four cubes, and the two pairs of them."""
    empty(embedded_store)
    labels = np.zeros((8, 8, 4), dtype=np.int32)
    for label, (x, y) in enumerate(((0, 0), (0, 4), (4, 0), (4, 4)), start=3):
        labels[x : x + 4, y : y + 4] = label
    affine = np.diag([-2.0, 2, 2, 1])
    affine[:3, 3] = 8, 0, 0
    home = embedded_store.config.home
    atlases.put(embedded_store, of_volume(home, "cubes", LabelVolume(labels, affine)))
    halves = (labels > 0).astype(np.int32) + (labels > 4).astype(np.int32)
    atlases.put(embedded_store, of_volume(home, "halves", LabelVolume(halves, affine)))
    pairs = [("cubes:3", "cubes:4", 0.5), ("cubes:4", "cubes:5", -0.25)]
    connections.put(embedded_store, "cubes", SOURCE, "functional", pairs)
    return embedded_store


def active(store: Store, *regions: str) -> Activation:
    found = activate(store, Inputs(atlas="cubes", regions=regions))
    weights = (1.0, 0.5, 0.25)
    rows = tuple(replace(r, weight=w) for r, w in zip(found.pattern.regions, weights, strict=False))
    return replace(found, pattern=replace(found.pattern, regions=rows))


def test_the_network_of_the_active_regions_is_measured(brain: Store) -> None:
    graph = network(brain, active(brain, "cubes:3", "cubes:4", "cubes:5"))
    assert graph.edges["cubes:4", "cubes:5"]["weight"] == -0.25
    middle = graph.nodes["cubes:4"]
    assert (middle["degree"], middle["strength"], middle["betweenness"]) == (2, 0.75, 1.0)
    assert graph.nodes["cubes:3"]["betweenness"] == 0.0


def test_graphml_comes_back_as_the_same_network(brain: Store) -> None:
    import networkx as nx

    found = active(brain, "cubes:3", "cubes:4")
    back = nx.read_graphml(io.BytesIO(export(brain, found, "graphml").content))
    assert dict(back.nodes(data=True)) == dict(network(brain, found).nodes(data=True))
    assert back.edges["cubes:3", "cubes:4"]["source"] == "enigma"


def test_the_table_has_a_row_for_each_region(brain: Store) -> None:
    text = export(brain, active(brain, "cubes:3", "cubes:4"), "csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["id"], float(row["weight"])) for row in rows] == [
        ("cubes:3", 1.0),
        ("cubes:4", 0.5),
    ]


def test_the_mask_holds_the_weights_on_the_grid_of_the_atlas(brain: Store) -> None:
    found = active(brain, "cubes:3", "cubes:4")
    content = export(brain, found, "nifti").content
    assert content == export(brain, found, "nifti").content
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(content))
    volume = load_atlas(brain, "cubes").volume
    assert volume is not None
    labels = volume.load()
    assert np.array_equal(image.affine, labels.affine)
    data = np.asarray(image.dataobj)
    assert set(data[labels.labels == 3].tolist()) == {1.0}
    assert set(data[labels.labels == 4].tolist()) == {0.5}
    assert not data[labels.labels > 4].any()


def test_a_dseg_names_what_its_voxels_hold(brain: Store) -> None:
    made = export(brain, active(brain, "cubes:4", "cubes:6"), "dseg")
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        parts = {name.rpartition("_")[2]: archive.read(name) for name in archive.namelist()}
    rows = list(csv.DictReader(io.StringIO(parts["dseg.tsv"].decode()), delimiter="\t"))
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(parts["dseg.nii.gz"]))
    held = set(np.unique(np.asarray(image.dataobj)).tolist()) - {0}
    assert held == {int(row["index"]) for row in rows} == {4, 6}
    assert {row["name"] for row in rows} == {"cubes 4", "cubes 6"}


def test_an_unknown_format_is_refused(brain: Store) -> None:
    with pytest.raises(InvalidInput, match="graphml, csv, nifti, dseg"):
        export(brain, active(brain, "cubes:3"), "gexf")


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [
        ("x.nifti", "nifti", "a file ending in .nii.gz"),
        ("x.dseg", "dseg", "a file ending in .zip"),
        ("x.csv", "graphml", "a file ending in .graphml"),
        ("x", None, "a file ending in .graphml or .csv or .nii.gz or .zip"),
    ],
)
def test_a_file_is_called_what_it_is(name: str, format: str | None, expected: str) -> None:
    with pytest.raises(InvalidInput, match=expected):
        format_of(Path(name), format)


def test_overlaps_are_the_same_stored_or_not(brain: Store) -> None:
    computed = overlaps_between(brain, "cubes", "halves", "cubes:3")
    assert [(r["b"], r["inside"], r["qualification"]) for r in computed] == [
        ("halves:1", 1.0, "contained")
    ]
    from atlas.overlap import overlaps as compare

    rows = compare(load_atlas(brain, "halves"), load_atlas(brain, "cubes"))
    assert overlaps.put(brain, "halves", "cubes", rows).created == 4
    stored = overlaps_between(brain, "cubes", "halves", "cubes:3")
    assert [(r["b"], r["dice"]) for r in stored] == [(r["b"], r["dice"]) for r in computed]
    with pytest.raises(InvalidInput, match="a region of cubes"):
        overlaps_between(brain, "cubes", "halves", "halves:1")


def test_the_borders_of_a_volume_are_stored(brain: Store) -> None:
    volume = load_atlas(brain, "cubes").volume
    assert volume is not None
    neighbours.put(brain, "cubes", borders(volume.load()))
    found = neighbours.list_neighbours(brain, "cubes:3")
    # 4 x 4 faces of 2 x 2 mm to each side; the cube across touches by an edge only.
    assert [(row["id"], row["area_mm2"]) for row in found] == [("cubes:4", 64.0), ("cubes:5", 64.0)]


@needs_brain
def test_a_matrix_of_four_hundred_regions_makes_the_coupling_measured(
    brain: Store, tmp_path: Path
) -> None:
    from atlas.coupling import coupling_matrix
    from atlas.model import Atlas
    from graph import selection

    table = BRAIN / "atlases" / "schaefer2018_tian" / "schaefer400_tianS2_regions.tsv"
    with table.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    regions = tuple(
        Region(f"s400:{r['id']}", r["id"], r["name"], "left",
               float(r["px"]), float(r["py"]), float(r["pz"]))
        for r in rows
    )  # fmt: skip
    atlases.put(brain, Atlas("s400", "Schaefer", "MNI152", SOURCE, regions=regions))
    matrix = read_matrix(
        ENIGMA / "FC_schaefer400_sctx14.csv.gz", ENIGMA / "labels_schaefer400_sctx14.txt"
    )
    found = match(
        matrix, "s400", regions, source=SOURCE, kind="functional", values="fisher-z",
        threshold=EdgeThreshold(top=20),
    )  # fmt: skip
    assert (found.matched, len(found.unmatched_rows)) == (400, 14)
    args = (brain, "s400", found.source, found.kind, found.pairs)
    assert connections.put(*args) == PutReport(created=len(found.pairs))
    assert connections.put(*args) == PutReport(unchanged=len(found.pairs))
    a, b, weight = found.pairs[0]
    known = {region.id: region for region in regions}
    coupling = coupling_matrix([known[a], known[b]], selection.connectivity(brain, [a, b]))
    assert coupling.basis == "connectivity: enigma:functional:top20"
    assert coupling.matrix[0, 1] == pytest.approx(abs(weight))
