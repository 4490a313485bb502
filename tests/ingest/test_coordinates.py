"""The two coordinate atlases against what nilearn itself returns."""

from __future__ import annotations

import subprocess
import sys

import pytest

from atlas.errors import Unavailable
from atlas.model import Atlas
from ingest import nilearn_data
from ingest.coordinates import dosenbach160, seitzman300

ATLASES = [dosenbach160(), seitzman300()]


@pytest.mark.parametrize(
    ("atlas", "size"), [(ATLASES[0], 160), (ATLASES[1], 300)], ids=["dosenbach160", "seitzman300"]
)
def test_every_region_is_complete_and_unique(atlas: Atlas, size: int) -> None:
    assert len(atlas.regions) == size
    assert {region.atlas for region in atlas.regions} == {atlas.id}
    for values in zip(*((r.id, r.label, r.name) for r in atlas.regions), strict=True):
        assert len({value.casefold() for value in values}) == size
    for region in atlas.regions:
        assert region.network
        assert region.radius_mm
        assert region.volume_mm3 == pytest.approx(4.18879 * region.radius_mm**3, abs=0.1)
        if region.hemisphere != "midline":
            assert (region.x < 0) == (region.hemisphere == "left")
    assert atlas.space == "MNI152"
    assert len(atlas.source.sha256) == 64
    assert "doi:" in atlas.source.citation


def test_dosenbach_names_stay_with_their_coordinates() -> None:
    """nilearn reorders the rows by network; its own labels must lie at the same coordinates."""
    from nilearn.datasets import fetch_coords_dosenbach_2010

    table = fetch_coords_dosenbach_2010(ordered_regions=True)
    ours = {region.name: region for region in dosenbach160().regions}
    for label, network, (_, row) in zip(
        table.labels, table.networks, table.rois.iterrows(), strict=True
    ):
        region = ours[label]
        assert (region.x, region.y, region.z) == (row.x, row.y, row.z)
        assert region.network == network


def test_seitzman_names_stay_with_their_coordinates() -> None:
    from nilearn.datasets import fetch_coords_seitzman_2018

    table = fetch_coords_seitzman_2018(ordered_regions=True)
    ours = {(region.x, region.y, region.z): region for region in seitzman300().regions}
    for (_, row), radius, network, structure in zip(
        table.rois.iterrows(), table.radius, table.networks, table.regions, strict=True
    ):
        region = ours[row.x, row.y, row.z]
        assert (region.radius_mm, region.network) == (radius, network)
        if structure.startswith("cortex"):
            assert region.abbreviation == "cortex"
        assert network in region.name
    assert {region.radius_mm for region in ours.values()} == {4.0, 5.0}


def test_the_sample_map_is_nilearns() -> None:
    from nilearn.datasets import load_sample_motor_activation_image

    theirs = load_sample_motor_activation_image()
    assert nilearn_data.sample_motor_map().samefile(theirs)


def test_reading_the_atlases_does_not_import_nilearn() -> None:
    code = (
        "import sys; from ingest.coordinates import dosenbach160, seitzman300;"
        "dosenbach160(), seitzman300();"
        "print([m for m in ('nilearn', 'sklearn', 'pandas', 'torch') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_a_nilearn_without_the_table_is_named() -> None:
    with pytest.raises(Unavailable, match=r"no data file 'atlantis\.csv' in nilearn \d"):
        nilearn_data.packaged("atlantis.csv")
