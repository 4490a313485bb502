"""Stored atlases are judged like those that are brought in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atlas.model import Atlas, Region
from atlas.volume_store import VolumeStore
from graph import atlases, candidates
from graph.store import Store
from tests.atlas.checks.world import SOURCE, good
from tests.conftest import empty

pytestmark = pytest.mark.server


def test_a_stored_volume_is_judged_with_its_voxels(embedded_store: Store) -> None:
    empty(embedded_store)
    volume = good().volume
    assert volume is not None
    kept = VolumeStore.at(embedded_store.config.home).save(volume)
    regions = (
        Region("toy:1", "1", "Left A", "left", -40, -20, 10),
        Region("toy:2", "2", "Right A", "right", 40, -20, 10),
    )
    toy = Atlas(
        "toy", "Toy", "MNI152NLin6Asym", SOURCE, kind="labels", volume=kept, regions=regions
    )
    atlases.put(embedded_store, toy)
    assert candidates.check_stored(embedded_store, "toy").findings == ()

    swapped = tuple(
        replace(r, id=r.id.replace("toy", "bad"), name=f"{side} A")
        for r, side in zip(regions, ("Right", "Left"), strict=True)
    )
    accepting = replace(SOURCE, id="bad", accepted=("SWAPPED_SIDES",))
    atlases.put(embedded_store, replace(toy, id="bad", source=accepting, regions=swapped))
    report = candidates.check_stored(embedded_store, "bad")
    found = {finding.code: finding.count for finding in report.errors}
    assert found == {"SWAPPED_SIDES": 2, "SIDES_CONTRADICT": 2}
    assert atlases.get(embedded_store, "bad")["accepted"] == ["SWAPPED_SIDES"]
    assert atlases.get(embedded_store, "toy")["accepted"] == []


def test_parents_in_another_atlas_are_known(embedded_store: Store) -> None:
    empty(embedded_store)
    volume = good().volume
    assert volume is not None
    kept = VolumeStore.at(embedded_store.config.home).save(volume)
    for id, parent in (("lobe", ""), ("toy", "lobe:2")):
        region = Region(f"{id}:1", "1", "Left A", "left", -40, -20, 10, parent=parent)
        other = Region(f"{id}:2", "2", "Right A", "right", 40, -20, 10, parent=parent)
        atlases.put(
            embedded_store,
            Atlas(id, id, "MNI152", SOURCE, kind="labels", volume=kept, regions=(region, other)),
        )
    report = candidates.check_stored(embedded_store, "toy")
    assert [(finding.code, finding.count) for finding in report.findings] == [("OUTSIDE_PARENT", 1)]
