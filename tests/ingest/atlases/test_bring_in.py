"""Atlases judged, compared with what is there, written; on both servers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from atlas.errors import Conflict, InvalidInput
from atlas.volume_store import VolumeStore
from graph import atlases, neighbours, regions, stats
from graph.store import Store
from ingest.atlases.accepted import to_atlas
from ingest.atlases.bring_in import plan, write
from ingest.atlases.candidates import Description, Reading, read_candidate
from tests.ingest.atlases.files import NAMES, blocks, save

SAID = Description(id="toy", space="MNI152NLin6Asym", licence="CC0", citation="none")


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    (tmp_path / "a.tsv").write_text(NAMES)
    return read_candidate(save(tmp_path / "a.nii.gz", blocks()), None, SAID)


def test_regions_come_from_voxels_and_names_from_the_table(reading: Reading) -> None:
    made = to_atlas(reading.candidate, None, ())
    first = made.regions[0]
    assert (first.id, first.name, first.hemisphere) == ("toy:1", "Left A", "left")
    assert first.volume_mm3 == pytest.approx(512 * 8)
    assert first.centroid == pytest.approx((-37, -19, 15))
    assert first.bounds == pytest.approx((-45, -29, -27, -11, 7, 23))
    assert first.surface_mm2 == pytest.approx(6 * 16 * 16)
    assert np.abs(np.array([first.x, first.y, first.z]) - first.centroid).max() <= 1


def test_hemispheres_that_nobody_names_are_where_the_voxels_are(tmp_path: Path) -> None:
    data = blocks()
    data[data == 4] = 3
    (tmp_path / "a.csv").write_text("id,name\n1,A\n2,B\n3,C\n")
    path = save(tmp_path / "a.nii", data)
    made = to_atlas(read_candidate(path, tmp_path / "a.csv", SAID).candidate, None, ())
    assert [one.hemisphere for one in made.regions] == ["left", "right", "bilateral"]


def test_twice_is_once_and_packing_does_not_count(
    store: Store, reading: Reading, tmp_path: Path
) -> None:
    first = write(store, plan(store, reading, levels=["gyrus"]))
    assert first.created == 2 + 4 + 4
    before = stats.counts(store)
    (tmp_path / "b.tsv").write_text(NAMES)
    again = read_candidate(save(tmp_path / "b.nii", blocks("f8")), None, SAID)
    again = replace(again, candidate=replace(again.candidate, name=reading.candidate.name))
    same = replace(again.candidate.source, name=reading.candidate.source.name)
    again = replace(again, candidate=replace(again.candidate, source=same))
    planned = plan(store, again, levels=["gyrus"])
    assert [item.action for item in planned.items] == ["keep", "keep"]
    assert write(store, planned).written == 0
    assert stats.counts(store) == before
    stored = regions.of_atlas(store, "toy")
    assert [one.parent for one in stored] == [f"toy-gyrus:{n}" for n in (1, 2, 3, 4)]
    mark = atlases.get(store, "toy")["volume"]
    kept = VolumeStore.at(store.config.home).open(mark).load()
    assert (kept.labels == blocks()).all()


def test_regions_that_touch_are_neighbours(store: Store, tmp_path: Path) -> None:
    data = np.zeros_like(blocks())
    data[60:64, 50:58, 40:48] = 1
    data[64:68, 50:58, 40:48] = 2
    (tmp_path / "n.tsv").write_text("id\tname\n1\tLeft A\n2\tLeft B\n")
    read = read_candidate(save(tmp_path / "n.nii.gz", data), None, SAID)
    write(store, plan(store, read))
    (row,) = neighbours.list_neighbours(store, "toy:1")
    assert row["id"] == "toy:2"
    assert row["area_mm2"] > 0


def test_a_changed_file_is_a_version_beside_the_stored_one(
    store: Store, reading: Reading, tmp_path: Path
) -> None:
    write(store, plan(store, reading))
    data = np.zeros_like(blocks())
    data[60:68, 50:58, 44:52] = 1  # 8 mm higher
    data[23:31, 50:58, 40:48] = 2
    data[60:68, 30:38, 40:48] = 3
    data[40:44, 20:28, 40:48] = 9
    (tmp_path / "c.tsv").write_text("id\tname\n1\tLeft A\n2\tRight A\n3\tLeft Z\n9\tRight new\n")
    changed = read_candidate(save(tmp_path / "c.nii.gz", data), None, SAID)
    planned = plan(store, changed)
    (item,) = planned.items
    assert item.difference is not None
    assert (item.atlas.id, item.action, item.atlas.supersedes) == ("toy@2", "version", "toy")
    assert (item.difference.added, item.difference.gone) == (("9",), ("4",))
    assert [(a, round(mm, 6)) for a, mm in item.difference.moved] == [("1", 8.0)]
    assert item.difference.renamed == (("3", "Left B", "Left Z"),)
    before = stats.counts(store)
    with pytest.raises(Conflict, match=r"against toy: 1 region added \(9\)"):
        write(store, planned)
    assert stats.counts(store) == before
    write(store, planned, versions=True)
    assert atlases.get(store, "toy@2")["supersedes"] == "toy"
    assert atlases.get(store, "toy")["n_regions"] == 4
    # Each file is recognised as the version it is.
    assert [i.atlas.id for i in plan(store, changed).items] == ["toy@2"]
    assert [i.atlas.id for i in plan(store, reading).items] == ["toy"]


def test_a_child_of_a_stored_atlas(store: Store, reading: Reading, tmp_path: Path) -> None:
    write(store, plan(store, reading))
    fine = blocks()
    fine[64:68, 50:58, 40:48] = 7
    (tmp_path / "f.txt").write_text("1 Left A1\n2 Right A\n3 Left B\n4 Right B\n7 Left A2\n")
    said = replace(SAID, id="fine")
    child = read_candidate(save(tmp_path / "f.nii", fine), tmp_path / "f.txt", said)
    write(store, plan(store, child, parent="toy"))
    parents = {one.name: one.parent for one in regions.of_atlas(store, "fine")}
    assert (parents["Left A1"], parents["Left A2"], parents["Right B"]) == (
        "toy:1",
        "toy:1",
        "toy:4",
    )


@pytest.mark.server
def test_errors_refuse_unless_each_is_accepted(embedded_store: Store, reading: Reading) -> None:
    rows = (*reading.candidate.rows, replace(reading.candidate.rows[0], name="Left again"))
    twice = replace(reading, candidate=replace(reading.candidate, id="twice", rows=rows))
    before = stats.counts(embedded_store)
    with pytest.raises(InvalidInput, match="DUPLICATE_IDS"):
        plan(embedded_store, twice)
    with pytest.raises(InvalidInput, match="accept: found NO_SUCH"):
        plan(embedded_store, twice, accept=["DUPLICATE_IDS", "NO_SUCH"])
    assert stats.counts(embedded_store) == before
    (item,) = plan(embedded_store, twice, accept=["DUPLICATE_IDS"]).items
    assert item.atlas.source.accepted == ("DUPLICATE_IDS",)
    assert item.atlas.regions[0].name == "Left A"
