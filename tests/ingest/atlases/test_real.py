"""Every atlas of the shared data passes its checks as it is described there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atlas.checks.check import check
from ingest.atlases.candidates import Description, read_candidate
from tests.data_dir import BRAIN, needs_brain

LIN6, LIN2009 = "MNI152NLin6Asym", "MNI152NLin2009cAsym"
SCHAEFER = "Schaefer2018_{}Parcels_7Networks_order_Tian_Subcortex_S2"

CASES = [
    ("glasser360/glasser360MNI.nii.gz", "glasser360/glasser360_regions.tsv", LIN2009, 360, set()),
    ("glasser360/glasser360MNI.nii.gz", "glasser360/glasser360NodeNames.txt", LIN2009, 360, set()),
    ("power264/power264_regions.tsv", "", "MNI152", 264, set()),
    *(
        (
            f"schaefer2018_tian/{SCHAEFER.format(n)}_{LIN6}_2mm.nii.gz",
            f"schaefer2018_tian/{SCHAEFER.format(n)}_label.txt",
            "",
            n + 32,
            set(),
        )
        for n in (100, 200, 400)
    ),
    (
        "desikan_killiany/desikanKillianyMNI.nii.gz",
        "desikan_killiany/desikanKillianyNodeNames.txt",
        LIN2009,
        112,
        {"NOT_GREY_MATTER", "SMALL_REGIONS", "UNKNOWN_LABELS"},
    ),
    (
        "brodmann/Brodmann_space-MNI152NLin6_res-2x2x2.nii.gz",
        "brodmann/Brodmann.csv",
        "",
        41,
        set(),
    ),
    *(
        (
            f"yeo2011_networks/Yeo-{n}-liberal_space-MNI152NLin6_res-2x2x2.nii.gz",
            f"yeo2011_networks/Yeo-{n}-liberal.csv",
            "",
            n,
            set(),
        )
        for n in (7, 17)
    ),
]


@needs_brain
@pytest.mark.parametrize(("file", "labels", "space", "n", "warnings"), CASES)
def test_reads_and_passes(file: str, labels: str, space: str, n: int, warnings: set[str]) -> None:
    folder = BRAIN / "atlases"
    said = Description(space=space, licence="see its README", citation="see its README")
    reading = read_candidate(folder / file, folder / labels if labels else None, said)
    assert len(reading.candidate.rows) == n
    report = check(reading.candidate)
    assert not report.errors
    assert {finding.code for finding in report.warnings} == warnings
    if reading.candidate.volume is not None:
        assert len(reading.candidate.volume.counts) == n


@needs_brain
def test_a_swapped_atlas_is_refused_with_the_count() -> None:
    folder = BRAIN / "atlases" / "glasser360"
    said = Description(space=LIN2009, licence="x", citation="y")
    one = read_candidate(
        folder / "glasser360MNI.nii.gz", folder / "glasser360_regions.tsv", said
    ).candidate
    other = {"L": "R", "R": "L", "Left": "Right", "Right": "Left"}
    rows = tuple(
        replace(
            row,
            hemisphere=other[row.hemisphere],
            name="_".join([other[row.name.split("_")[0]], *row.name.split("_")[1:]]),
        )
        for row in one.rows
    )
    (error,) = check(replace(one, rows=rows)).errors
    assert (error.code, error.count) == ("SWAPPED_SIDES", 356)  # 4 lie on the midline
