"""Levels of a hierarchy, from columns and from voxels."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.checks.candidate import Candidate
from atlas.checks.check import check
from atlas.errors import InvalidInput
from ingest.atlases.candidates import Description, read_candidate
from ingest.atlases.levels import child_of, with_levels
from tests.data_dir import BRAIN, needs_brain
from tests.ingest.atlases.files import NAMES, blocks, save

SAID = Description(id="toy", space="MNI152NLin6Asym", licence="CC0", citation="none")


def test_a_column_becomes_an_atlas_by_name_and_side(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", blocks())
    (tmp_path / "a.tsv").write_text(NAMES)
    reading = read_candidate(path, None, SAID)  # the table beside the volume is found
    assert reading.guesses["table"] == "a.tsv"
    coarse, fine = with_levels(reading.candidate, ["gyrus"])
    assert (coarse.id, [row.name for row in coarse.rows]) == (
        "toy-gyrus",
        ["front left", "front right", "back left", "back right"],
    )
    assert [row.parent for row in fine.rows] == [f"toy-gyrus:{n}" for n in (1, 2, 3, 4)]
    assert coarse.volume is not None
    assert fine.levels == ("toy-gyrus",)
    with pytest.raises(InvalidInput, match=r"levels\.lobe"):
        with_levels(reading.candidate, ["lobe"])


@needs_brain
def test_tians_scales_nest() -> None:
    folder = BRAIN / "atlases" / "tian_subcortex"
    scales: list[Candidate] = []
    for n in (1, 2, 3, 4):
        stem = f"Tian_Subcortex_S{n}_3T"
        said = Description(id=f"tian{n}", licence="free", citation="Tian 2020")
        files = folder / f"{stem}_1mm.nii.gz", folder / f"{stem}_label.txt"
        one = read_candidate(*files, said).candidate
        if scales:
            assert scales[-1].volume is not None
            one = child_of(one, f"tian{n - 1}", scales[-1].volume)
            assert not check(one).errors
            names = {f"tian{n - 1}:{row.id}": row.name for row in scales[-1].rows}
            sides = {(row.name[-3:], names[row.parent][-3:]) for row in one.rows}
            assert sides == {("-rh", "-rh"), ("-lh", "-lh")}
        scales.append(one)
    parent = {row.name: row.parent for row in scales[3].rows}
    assert parent["HIP-head-m1-rh"] == "tian3:1"  # HIP-head-m-rh


@needs_brain
def test_brainnetome_has_24_gyri_and_7_lobes_on_each_side() -> None:
    folder = BRAIN / "research_only" / "brainnetome246"
    said = Description(id="bn", space="MNI152NLin6Asym", licence="research", citation="Fan 2016")
    one = read_candidate(
        folder / "BN_Atlas_246_2mm.nii.gz", folder / "brainnetome246_regions.tsv", said
    ).candidate
    lobes, gyri, fine = with_levels(one, ["gyrus", "lobe"])
    assert [len(level.rows) for level in (lobes, gyri, fine)] == [14, 48, 246]
    assert not any(check(level).errors for level in (lobes, gyri, fine))
    names = {f"bn-gyrus:{row.id}": row for row in gyri.rows}
    for row in fine.rows:
        assert names[row.parent].name.startswith(row.extra["gyrus"])
        assert names[row.parent].hemisphere == {"L": "left", "R": "right"}[row.hemisphere]
