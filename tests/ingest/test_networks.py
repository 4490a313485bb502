"""Functional networks: a weak source, and silent where a network names no function."""

from __future__ import annotations

import pytest

from atlas.errors import InvalidInput
from atlas.model import Region
from ingest.coordinates import dosenbach160, seitzman300
from ingest.networks import MAX_WEIGHT, membership, plain, table


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
