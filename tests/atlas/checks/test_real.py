"""The atlases of the shared data, each with what is true of it."""

from __future__ import annotations

import pytest

from atlas.checks.check import check
from atlas.checks.report import CheckReport, require
from atlas.errors import InvalidInput
from tests.atlas.checks.world import flipped, real
from tests.data_dir import needs_brain

FSL, MNI_2009 = "MNI152NLin6Asym", "MNI152NLin2009cAsym"
GLASSER = ("atlases/glasser360", "glasser360MNI.nii.gz", "glasser360_regions.tsv", MNI_2009)
POWER = ("atlases/power264", "", "power264_regions.tsv", "MNI152")
BRAINNETOME = (
    "research_only/brainnetome246",
    "BN_Atlas_246_1mm.nii.gz",
    "brainnetome246_regions.tsv",
    FSL,
)
DESIKAN = (
    "atlases/desikan_killiany",
    "desikanKillianyMNI.nii.gz",
    "desikan_killiany_regions.tsv",
    MNI_2009,
)
SCHAEFER = [
    (
        "atlases/schaefer2018_tian",
        f"Schaefer2018_{n}Parcels_7Networks_order_Tian_Subcortex_S2_MNI152NLin6Asym_2mm.nii.gz",
        f"schaefer{n}_tianS2_regions.tsv",
        FSL,
    )
    for n in (100, 200, 400)
]
TIAN = [
    (
        "atlases/tian_subcortex",
        f"Tian_Subcortex_S{n}_3T_1mm.nii.gz",
        f"Tian_Subcortex_S{n}_3T_label.txt",
        FSL,
    )
    for n in (1, 2, 3, 4)
]
YEO = [
    (
        "atlases/yeo2011_networks",
        f"Yeo-{n}-liberal_space-MNI152NLin6_res-2x2x2.nii.gz",
        f"Yeo-{n}-liberal.csv",
        FSL,
    )
    for n in (7, 17)
]
BRODMANN = ("atlases/brodmann", "Brodmann_space-MNI152NLin6_res-2x2x2.nii.gz", "Brodmann.csv", FSL)

pytestmark = needs_brain


def counts(report: CheckReport) -> dict[str, int]:
    return {finding.code: finding.count for finding in report.findings}


@pytest.mark.parametrize("files", [GLASSER, POWER, BRAINNETOME, *SCHAEFER, *TIAN])
def test_good_atlases_are_clean_apart_from_notes(files: tuple[str, str, str, str]) -> None:
    report = check(real(*files))
    assert report.errors == ()
    assert report.warnings == ()


def test_desikan_killiany_has_24_labels_that_are_not_grey() -> None:
    report = check(real(*DESIKAN))
    assert report.errors == ()
    warnings = {finding.code: finding.count for finding in report.warnings}
    assert warnings == {"NOT_GREY_MATTER": 24, "UNKNOWN_LABELS": 2, "SMALL_REGIONS": 4}


@pytest.mark.parametrize(("files", "n"), [(BRODMANN, 41), (YEO[0], 7), (YEO[1], 17)])
def test_atlases_without_hemispheres_are_told_so(files: tuple[str, str, str, str], n: int) -> None:
    report = check(real(*files))
    assert report.errors == ()
    assert report.warnings == ()
    assert counts(report)["HEMISPHERES_NOT_SPLIT"] == n


@pytest.mark.parametrize(
    ("files", "n"),
    [(GLASSER, 356), (SCHAEFER[0], 132), (TIAN[3], 54), (BRAINNETOME, 245)],
)
def test_a_swapped_atlas_is_refused_with_the_count(
    files: tuple[str, str, str, str], n: int
) -> None:
    report = check(flipped(real(*files)))
    assert [(finding.code, finding.count) for finding in report.errors] == [("SWAPPED_SIDES", n)]
    assert "as a whole is mirrored" in report.errors[0].hint
    with pytest.raises(InvalidInput, match=rf"SWAPPED_SIDES \({n}: "):
        require(report)
    assert require(report, ["SWAPPED_SIDES"]) == ("SWAPPED_SIDES",)
