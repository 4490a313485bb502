from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.analysis import analyse, best_cover, groups_at
from atlas.errors import InvalidInput
from atlas.model import Region
from atlas.spread import sides, spread


def brain(n: int = 60) -> list[Region]:
    """Mirrored pairs on a grid: regions 2k left, 2k+1 right."""
    regions = []
    for k in range(n // 2):
        x, y, z = 10.0 + k % 3 * 15, -80.0 + k // 3 * 15, float(k % 5 * 10)
        for side, sign in (("left", -1), ("right", 1)):
            name = f"a:{len(regions)}"
            regions.append(Region(name, name, name, side, sign * x, y, z))  # type: ignore[arg-type]
    return regions


REGIONS = brain()


def links(function: str, places: list[int]) -> list[tuple[str, str, float]]:
    return [(REGIONS[i].id, function, 0.5) for i in places]


BILATERAL = links("vision", [0, 1, 2, 3, 4, 5, 6, 7])
SPREAD_OUT = links("memory", [0, 8, 23, 31, 38, 44, 57, 59])
BESIDE = links("colour", [2, 3, 8, 9, 10, 11])


def test_homologues_far_apart_are_not_scatter() -> None:
    found = analyse("a", REGIONS, BILATERAL + SPREAD_OUT, ["vision", "memory"], seed=3)
    rows = {row.function: row for row in found.functions}
    vision, memory = rows["vision"], rows["memory"]
    one_side = [r for r in REGIONS[:8] if r.hemisphere == "left"]
    pairs = [
        np.linalg.norm([a.x - b.x, a.y - b.y, a.z - b.z]) for a, b in combinations(one_side, 2)
    ]
    assert vision.scatter_mm == pytest.approx(np.mean(pairs))
    assert (vision.left, vision.right) == (4, 4)
    assert vision.z is not None
    assert vision.z < -2
    assert vision.p is not None
    assert vision.p < 0.05
    assert memory.p is not None
    assert memory.p > 0.05


def test_neighbours_are_nearer_than_random_sets() -> None:
    rows = BILATERAL + BESIDE + links("far", [56, 57, 58, 59])
    found = analyse("a", REGIONS, rows, ["vision", "colour", "far"])
    nearest, farthest = found.pairs[0], found.pairs[-1]
    assert (nearest.a, nearest.b) == ("vision", "colour")
    assert nearest.shared == 2
    assert nearest.p is not None
    assert nearest.p < 0.05
    assert farthest.z is not None
    assert farthest.z > 1


def test_what_is_counted() -> None:
    rows = [*BILATERAL, *links("vision.motion", [6, 9]), *links("none", []), ("b:1", "vision", 1.0)]
    found = analyse("a", REGIONS, rows, ["vision", "vision.motion"], permutations=20)
    assert {row.function: row.n_regions for row in found.functions} == {
        "vision": 9,
        "vision.motion": 2,
    }
    assert found.functions_per_region["a:6"] == 2
    assert found.functions_per_region["a:50"] == 0
    assert found.n_linked == 9
    assert found.pairs == ()  # a function and one below it are no pair
    own = analyse("a", REGIONS, rows, ["vision", "vision.motion"], whole=False, permutations=20)
    assert own.functions[0].n_regions == 8
    one_side_each = analyse("a", REGIONS, links("f", [0, 1]), ["f"], permutations=20).functions[0]
    assert (one_side_each.scatter_mm, one_side_each.p, one_side_each.q) == (None, None, None)


def test_the_seed_decides() -> None:
    rows = BILATERAL + SPREAD_OUT
    first, again, other = (
        analyse("a", REGIONS, rows, ["vision", "memory"], permutations=99, seed=s)
        for s in (1, 1, 2)
    )
    assert first == again
    assert first.functions != other.functions


def test_p_is_uniform_for_random_sets() -> None:
    rng = np.random.default_rng(0)
    members = np.zeros((200, len(REGIONS)), dtype=bool)
    for row in members:
        row[rng.choice(len(REGIONS), 10, replace=False)] = True
    found = spread(REGIONS, members, permutations=200)
    assert 0.01 <= np.mean(found.scatter_p <= 0.05) <= 0.10
    pairs = found.nearness_p[np.triu_indices(200, 1)]
    assert 0.02 <= np.mean(pairs <= 0.05) <= 0.08


@given(st.lists(st.sets(st.integers(0, 11)), min_size=1, max_size=7), st.integers(1, 4))
def test_no_choice_covers_more(groups: list[set[int]], k: int) -> None:
    members = np.zeros((len(groups), 12), dtype=bool)
    for row, group in zip(members, groups, strict=True):
        row[list(group)] = True
    found = best_cover([str(i) for i in range(len(groups))], members, k)
    choices = combinations(groups, min(k, len(groups)))
    assert found.n_regions == max(len(set().union(*choice)) for choice in choices)
    assert sum(found.gains) == found.n_regions
    assert found.exact


def test_wrong_questions() -> None:
    with pytest.raises(InvalidInput, match="level"):
        groups_at(["a"], -1)
    with pytest.raises(InvalidInput, match="no evidence"):
        analyse("a", REGIONS, BILATERAL, ["hearing"])
    with pytest.raises(InvalidInput, match="cover"):
        analyse("a", REGIONS, BILATERAL, ["vision"], cover=0, permutations=1)
    with pytest.raises(InvalidInput, match="permutations"):
        analyse("a", REGIONS, BILATERAL, ["vision"], permutations=0)


def test_sides_by_name_before_place() -> None:
    named = Region("a:1", "1", "x", "right", -1.0, 0.0, 0.0)
    middle = Region("a:2", "2", "y", "unknown", 0.0, 0.0, 0.0)
    assert sides([named, middle]).tolist() == [1, 2]
