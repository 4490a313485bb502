"""Each code, found in a candidate that has just this mistake."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.checks.candidate import Candidate, RegionRow
from atlas.checks.check import check
from atlas.checks.codes import CODES
from atlas.checks.report import CheckReport, Finding, require
from atlas.errors import InvalidInput
from atlas.islands import islands_of
from atlas.label_volume import LabelVolume
from atlas.model import Source
from tests.atlas.checks.world import GRID, blocks, good, sphere, table


def codes(candidate: Candidate) -> dict[str, tuple[str, int]]:
    report = check(candidate)
    return {
        finding.code: (severity, finding.count)
        for severity, findings in (
            ("error", report.errors),
            ("warning", report.warnings),
            ("note", report.notes),
        )
        for finding in findings
    }


def rows(*changed: RegionRow) -> Candidate:
    return replace(good(), rows=changed)


LEFT, RIGHT = RegionRow("1", "Left A"), RegionRow("2", "Right A")


def test_a_good_one_has_no_findings() -> None:
    assert codes(good()) == {}


@pytest.mark.parametrize(
    ("candidate", "code", "expected"),
    [
        (rows(LEFT), "UNNAMED_LABELS", ("error", 1)),
        (rows(LEFT, RIGHT, RegionRow("9", "Left B")), "NAMES_WITHOUT_VOXELS", ("warning", 1)),
        (rows(LEFT, LEFT, RIGHT), "DUPLICATE_IDS", ("error", 1)),
        (rows(LEFT, replace(RIGHT, name="Left A")), "DUPLICATE_NAMES", ("warning", 1)),
        (rows(LEFT, replace(RIGHT, name="  ")), "EMPTY_NAMES", ("error", 1)),
        (rows(LEFT, replace(RIGHT, name="None")), "PLACEHOLDER_NAMES", ("error", 1)),
        (rows(LEFT, replace(RIGHT, name="nan")), "PLACEHOLDER_NAMES", ("error", 1)),
        (rows(LEFT, RIGHT, RegionRow("3b", "B")), "IDS_NOT_INTEGER", ("error", 1)),
        (rows(LEFT, RIGHT, RegionRow("1.5", "B")), "IDS_NOT_INTEGER", ("error", 1)),
        (rows(RegionRow("0", "Left B"), LEFT, RIGHT), "NAMED_BACKGROUND", ("warning", 1)),
        (replace(good(), n_non_finite=7), "NON_FINITE_VOXELS", ("note", 7)),
        (replace(good(), n_decimal=7), "DECIMAL_LABELS", ("error", 7)),
        (replace(good(), n_negative=7), "NEGATIVE_LABELS", ("warning", 7)),
        (rows(replace(LEFT, hemisphere="R"), RIGHT), "SIDES_CONTRADICT", ("error", 1)),
        (rows(replace(LEFT, name="Right B"), RIGHT), "SWAPPED_SIDES", ("error", 1)),
        (replace(good(), space=""), "SPACE_MISSING", ("error", 1)),
        (replace(good(), space="MNI305"), "SPACE_UNKNOWN", ("error", 1)),
        (replace(good(), header_space="talairach"), "SPACE_CONTRADICTS", ("error", 1)),
        (replace(good(), header_space="scanner"), "HEADER_SPACE_SILENT", ("note", 1)),
        (replace(good(), space="MNI152NLin2009cAsym"), "GRID_OF_OTHER_TEMPLATE", ("warning", 1)),
        (rows(LEFT, replace(RIGHT, x=-40, y=-20, z=10)), "COORDINATES_ELSEWHERE", ("warning", 1)),
        (rows(LEFT, replace(RIGHT, name="Right-vessel")), "NOT_GREY_MATTER", ("warning", 1)),
        (rows(LEFT, replace(RIGHT, name="ctx-rh-unknown")), "UNKNOWN_LABELS", ("warning", 1)),
        (replace(good(), source=Source("s", "S", citation="x")), "LICENCE_MISSING", ("warning", 1)),
        (replace(good(), source=Source("s", "S", licence="x")), "CITATION_MISSING", ("warning", 1)),
        (table(), "NO_REGIONS", ("error", 1)),
        (table(replace(sphere("1", "A", 5), y=None)), "COORDINATES_MISSING", ("error", 1)),
        (table(replace(sphere("1", "A", 5), x=np.nan)), "COORDINATES_MISSING", ("error", 1)),
        (table(replace(sphere("1", "A", 5), radius_mm=0)), "RADIUS_MISSING", ("error", 1)),
        (table(sphere("1", "A", 5), sphere("2", "B", 12)), "SPHERES_OVERLAP", ("note", 1)),
        (table(sphere("1", "A", 5), sphere("2", "B", 6, r=9)), "SPHERES_NESTED", ("warning", 1)),
        (table(sphere("a", "A", 5)), "IDS_NOT_INTEGER", ("warning", 1)),
        (table(sphere("1", "A", 105), sphere("2", "B", 5)), "OUTSIDE_HEAD", ("error", 1)),
    ],
)
def test_one_mistake_one_code(candidate: Candidate, code: str, expected: tuple[str, int]) -> None:
    assert codes(candidate)[code] == expected


def test_units() -> None:
    places = [(-60, -80, -30), (60, 50, 70), *((10 * n - 40, -20, 10) for n in range(9))]

    def moved(scale: float, by: tuple[float, float, float] = (0, 0, 0)) -> Candidate:
        xyz = np.array(places) * scale + by
        return table(*(sphere(str(n), f"A{n}", x, y, z) for n, (x, y, z) in enumerate(xyz, 1)))

    assert "WRONG_UNIT" not in codes(moved(1))
    assert "metres" in check(moved(0.001)).errors[0].hint
    assert "centimetres" in check(moved(0.1)).errors[0].hint
    assert "voxel indices" in check(moved(1, (90, 126, 72))).errors[0].hint


def test_far_islands_are_of_one_side_and_of_some_size() -> None:
    places = [(1, (-40, -20, 10)), (1, (-40, -60, 10)), (2, (40, -20, 10)), (2, (40, -34, 10))]
    found = codes(blocks(places, {1: "Left A", 2: "Right A"}))
    assert found["FAR_ISLANDS"] == ("warning", 1)  # the gap of the other is 6 mm
    assert found["ISLANDS"] == ("note", 1)
    assert found["CENTROID_OUTSIDE"] == ("note", 2)
    small = codes(blocks(places, {1: "Left A", 2: "Right A"}, half=1))
    assert "FAR_ISLANDS" not in small  # 27 voxels fill no resolution element


def test_sides_in_one_region_are_a_note() -> None:
    found = codes(blocks([(1, (-40, -20, 10)), (1, (40, -20, 10))], {1: "Area 1"}))
    assert found["HEMISPHERES_NOT_SPLIT"] == ("note", 1)
    assert "FAR_ISLANDS" not in found
    assert "SWAPPED_SIDES" not in found


def test_regions_of_few_voxels() -> None:
    assert codes(blocks([(1, (-40, -20, 10))], {1: "Left A"}, half=0))["SMALL_REGIONS"][1] == 1


def test_cropped_grids_are_a_note() -> None:
    cropped = blocks([(1, (-40, -20, 10))], {1: "Left A"}, shape=(60, 109, 91))
    assert codes(cropped)["GRID_DIFFERS"] == ("note", 1)


def test_hierarchies() -> None:
    cycle = table(
        replace(sphere("1", "A", 5), parent="2"),
        replace(sphere("2", "B", 25), parent="1"),
        replace(sphere("3", "C", 45), parent="2"),
    )
    assert codes(cycle)["HIERARCHY_CYCLE"] == ("error", 2)
    orphan = table(replace(sphere("1", "A", 5), parent="lobe:4"))
    assert codes(orphan)["HIERARCHY_ORPHAN"] == ("error", 1)
    assert "HIERARCHY_ORPHAN" not in codes(replace(orphan, levels=("lobe",)))
    named = table(replace(sphere("1", "A", 5), parent="B"), sphere("2", "B", 25))
    assert codes(named) == {}


def test_children_lie_in_their_parents() -> None:
    volume = good().volume
    assert volume is not None
    lobes = LabelVolume((volume.labels == 1).astype(np.int32) * 5, GRID)
    children = (replace(LEFT, parent="lobe:5"), replace(RIGHT, parent="lobe:5"))
    candidate = replace(good(), rows=children, levels=("lobe",), parents={"lobe": lobes})
    assert codes(candidate) == {"OUTSIDE_PARENT": ("warning", 1)}
    half = replace(candidate, rows=(children[0], RIGHT))
    assert codes(half) == {"HIERARCHY_WITHOUT_PARENT": ("warning", 1)}


@given(st.lists(st.floats(-70, 70).filter(lambda x: abs(x) > 3), min_size=1, max_size=30))
def test_every_opposite_side_is_counted_and_no_other(xs: list[float]) -> None:
    right = [sphere(str(n), f"{'L' if x < 0 else 'R'} a{n}", x) for n, x in enumerate(xs, 1)]
    assert "SWAPPED_SIDES" not in codes(table(*right))
    wrong = [sphere(str(n), f"a{n} {'R' if x < 0 else 'L'}", x) for n, x in enumerate(xs, 1)]
    mixed = [*wrong[: len(xs) // 2], *right[len(xs) // 2 :]]
    assert codes(table(*wrong))["SWAPPED_SIDES"] == ("error", len(xs))
    assert codes(table(*mixed)).get("SWAPPED_SIDES", ("", 0))[1] == len(xs) // 2


def test_errors_refuse_unless_each_is_accepted() -> None:
    report = CheckReport.of(
        "toy",
        [
            Finding("error", "SWAPPED_SIDES", 1),
            Finding("error", "DUPLICATE_IDS", 2),
            Finding("note", "ISLANDS", 3),
        ],
    )
    with pytest.raises(InvalidInput, match="DUPLICATE_IDS"):
        require(report, ["SWAPPED_SIDES"])
    with pytest.raises(InvalidInput, match="accept: found SWAPED_SIDES"):
        require(report, ["SWAPED_SIDES", "DUPLICATE_IDS"])
    accepted = ["SWAPPED_SIDES", "DUPLICATE_IDS", "NO_REGIONS"]
    assert require(report, accepted) == ("DUPLICATE_IDS", "SWAPPED_SIDES")
    assert set(report.to_dict()) == {"atlas", "errors", "warnings", "notes"}
    assert report.to_dict()["notes"] == [
        {"code": "ISLANDS", "count": 3, "examples": [], "hint": ""}
    ]


def test_every_code_is_said_somewhere_and_explained_in_the_guide() -> None:
    here = Path(__file__).resolve().parents[3]
    text = "".join(path.read_text(encoding="utf-8") for path in here.glob("atlas/checks/*.py"))
    said = set(re.findall(r'found\(\s*(?:"\w+"|severity),\s*"([A-Z_]+)"', text))
    assert said == set(CODES)
    guide = (here / "docs/guides/checking-an-atlas.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([A-Z_]+)` \|", guide, flags=re.MULTILINE) == list(CODES)


def test_ids_may_be_huge() -> None:
    labels = np.zeros((6, 3, 3), dtype=np.int32)
    labels[0], labels[5], labels[2] = 2_000_000_000, 2_000_000_000, 7
    parts = islands_of(LabelVolume(labels, np.eye(4)))
    assert list(parts) == [2_000_000_000]
    assert parts[2_000_000_000][0].gap_mm == 5.0
