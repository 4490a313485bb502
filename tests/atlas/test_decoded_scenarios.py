"""Real maps, masks and published foci with known answers, decoded into the Brainnetome atlas."""

from __future__ import annotations

import pytest

from atlas.activation import ActivationPattern
from atlas.decode.maps import from_map
from atlas.decode.masks import from_masks
from atlas.decode.peaks import from_peaks
from atlas.decode.thresholds import Sign, Threshold
from ingest.peaks import read_peaks
from tests.atlas.brainnetome import MOTOR_MAP, brainnetome
from tests.data_dir import BRAIN, needs_brain

pytestmark = [needs_brain, pytest.mark.slow]
PATTERNS = BRAIN / "patterns"


def _leading(pattern: ActivationPattern, n: int) -> list[str]:
    names = {region.id: region.name for region in brainnetome().regions}
    return [names[active.region] for active in pattern.regions[:n]]


@pytest.mark.parametrize(
    "rule", [Threshold(), Threshold("top", 3.0), Threshold("fdr", 0.05)], ids=lambda r: r.kind
)
@pytest.mark.parametrize(("sign", "side"), [("positive", "R"), ("negative", "L")])
def test_each_hand_leads_to_the_other_hemisphere(rule: Threshold, sign: Sign, side: str) -> None:
    pattern = from_map(brainnetome(), MOTOR_MAP, threshold=rule, sign=sign)
    leading = _leading(pattern, 3)
    assert all(f"_{side}_" in name for name in leading)
    assert 0.2 < pattern.outside.share < 0.45


def test_lips_move_ventral_motor_cortex_insula_and_putamen() -> None:
    """As the data's own table says: A4tl, dorsal granular insula, putamen."""
    pattern = from_map(
        brainnetome(), PATTERNS / "maps" / "motor_lips.nii.gz", threshold=Threshold("none")
    )
    assert len(pattern.regions) >= 245
    assert {"PrG_R_6_1", "PrG_L_6_5", "INS_L_6_6", "BG_L_6_6"} <= set(_leading(pattern, 6))


def test_semantic_cognition_of_adults_is_left_frontal_and_temporal() -> None:
    path = PATTERNS / "maps" / "semantic_adults_ale_z_thresh.nii.gz"
    pattern = from_map(brainnetome(), path)
    leading = _leading(pattern, 6)
    assert {"IFG_L_6_3", "pSTS_L_2_1", "IFG_L_6_2"} <= set(leading)
    assert all("_L_" in name for name in leading)
    assert pattern.outside.share == pytest.approx(0.10, abs=0.01)


def test_published_foci_weigh_by_experiments_and_none_is_lost() -> None:
    """The foci behind that map; one of the 3,606 lies outside the head."""
    table = read_peaks(PATTERNS / "peaks" / "semantic_adults_sleuth.txt")
    pattern = from_peaks(brainnetome(), table.peaks, space=table.space)
    assert {"MTG_L_4_4", "pSTS_L_2_1", "FuG_L_3_3"} <= set(_leading(pattern, 6))
    assert "of 272 in one region" in pattern.note
    assert any(peak.x == -96 for peak in pattern.outside.peaks)
    assert pattern.outside.share == pytest.approx(245 / 3606)


def test_masks_of_the_language_network() -> None:
    folder = PATTERNS / "roi_masks_language"
    masks = [(path.name.partition(".")[0], path) for path in sorted(folder.glob("*.nii.gz"))]
    pattern = from_masks(brainnetome(), masks)
    names = {region.id: region.name for region in brainnetome().regions}
    by_name = {names[active.region]: dict(active.masks) for active in pattern.regions}
    assert set(by_name["STG_L_6_6"]) == {"left_aSTS_TP"}
    assert "left_IFG" in by_name["IFG_L_6_4"]
    frontal_medial = {name for name, shares in by_name.items() if "vmPFC" in shares}
    assert any(name.startswith(("OrG", "SFG", "CG")) for name in frontal_medial)
    assert 0.05 < pattern.outside.share < 0.12
