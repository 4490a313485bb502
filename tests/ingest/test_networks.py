"""Functional networks: a weak source, and silent where a network names no function."""

from __future__ import annotations

import pytest

from atlas.errors import InvalidInput
from atlas.model import Region
from ingest.coordinates import dosenbach160, seitzman300
from ingest.networks import MAX_WEIGHT, by_overlap, membership, plain, table


def test_members_get_weak_claims_of_a_source_of_their_own() -> None:
    atlas = dosenbach160()
    found = membership(atlas.id, atlas.regions)
    assert {claim.source for claim in found.claims} == {"networks:dosenbach160"}
    assert {claim.inference for claim in found.claims} == {"network"}
    assert all(0 < claim.weight <= MAX_WEIGHT for claim in found.claims)
    assert found.unmapped == {"cerebellum": 18}
    occipital = {region.id for region in atlas.regions if region.network == "occipital"}
    assert {c.region for c in found.claims if c.function == "perception.vision"} == occipital


def test_every_network_of_the_built_in_atlases_was_reviewed() -> None:
    for atlas in (dosenbach160(), seitzman300()):
        assert {plain(region.network) for region in atlas.regions} <= set(table())


def test_an_atlas_of_networks_is_its_own_membership() -> None:
    region = Region("yeo:1", "1", "1_Visual_Area", "bilateral", 0, 0, 0)
    (claim,) = membership("yeo", [region]).claims
    assert claim.function == "perception.vision"
    with pytest.raises(InvalidInput, match="name no network"):
        membership("a", [Region("a:1", "1", "amygdala", "left", 0, 0, 0)])


def test_regions_that_lie_in_a_network_are_its_members_by_their_share() -> None:
    parts = [Region(f"a:{n}", str(n), f"part {n}", "left", 0, 0, 0) for n in (1, 2, 3)]
    yeo = [
        Region("yeo:1", "1", "Visual", "left", 0, 0, 0),
        Region("yeo:2", "2", "Default", "left", 0, 0, 0),
    ]
    shares = [
        ("a:1", "yeo:1", 0.9), ("a:1", "yeo:2", 0.1),
        ("a:2", "yeo:1", 0.4), ("a:2", "yeo:2", 0.3),
        ("a:9", "yeo:1", 1.0),
    ]  # fmt: skip
    found = by_overlap("a", parts, "yeo", yeo, shares)
    assert found.source.id == "networks:a:yeo"
    assert {(c.region, c.function, c.value) for c in found.claims} == {
        ("a:1", "perception.vision", 0.9)
    }
    assert found.claims[0].weight == pytest.approx(0.25 * 0.9)
    assert "90% of it" in found.claims[0].rationale
    with pytest.raises(InvalidInput, match="holds no region"):
        by_overlap("a", parts, "yeo", yeo, [("a:2", "yeo:1", 0.4)])
