from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.errors import InvalidInput
from composer.tree import FusionTree, draw_to, drawn, fusion_tree


def leaves(tree: FusionTree) -> list[str]:
    return [tree] if isinstance(tree, str) else [leaf for branch in tree for leaf in leaves(branch)]


@st.composite
def couplings(draw: st.DrawFn) -> tuple[list[str], list[dict[str, object]]]:
    areas = [f"area{i}" for i in range(draw(st.integers(0, 6)))]
    value = st.floats(0, 1, allow_nan=False)
    return areas, [{"a": a, "b": b, "value": draw(value)} for a, b in combinations(areas, 2)]


@given(couplings())
def test_every_area_is_joined_exactly_once(
    case: tuple[list[str], list[dict[str, object]]],
) -> None:
    areas, rows = case
    assert sorted(leaves(fusion_tree(areas, rows))) == areas


@given(couplings())
def test_the_strongest_pair_is_joined_first(
    case: tuple[list[str], list[dict[str, object]]],
) -> None:
    areas, rows = case
    if len(areas) < 2:
        return
    top = max(float(str(row["value"])) for row in rows)
    strongest = [{row["a"], row["b"]} for row in rows if row["value"] == top]
    assert any(set(pair) in strongest for pair in joined_leaf_pairs(fusion_tree(areas, rows)))


def joined_leaf_pairs(tree: FusionTree) -> list[list[str]]:
    if isinstance(tree, str):
        return []
    own = [tree] if all(isinstance(branch, str) for branch in tree) else []
    return own + [pair for branch in tree for pair in joined_leaf_pairs(branch)]


def test_one_area_is_its_own_tree() -> None:
    assert fusion_tree(["visual"], []) == "visual"


def tied() -> list[dict[str, object]]:
    return [{"a": a, "b": b, "value": 0.5} for a, b in combinations("abc", 2)]


def test_ties_join_what_comes_first() -> None:
    assert fusion_tree(["a", "b", "c"], tied()) == ["c", ["a", "b"]]
    assert fusion_tree(["c", "b", "a"], tied()) == ["a", ["c", "b"]]


@given(couplings())
def test_every_drawing_names_every_area_and_every_join(
    case: tuple[list[str], list[dict[str, object]]],
) -> None:
    areas, rows = case
    found = drawn(fusion_tree(areas, rows), rows)
    joins = max(len(areas) - 1, 0)
    assert all(text.count(f"{area}") >= 1 for text in found.values() for area in areas)
    assert found["text"].count("┬") == joins
    assert found["mermaid"].count("((") == joins
    assert found["mermaid"].count("-->") == len(areas) + joins


def test_the_picture_is_the_same_every_time(tmp_path: Path) -> None:
    rows = tied()
    for name in ("one.png", "two.png"):
        draw_to(tmp_path / name, fusion_tree(["a", "b", "c"], rows), rows)
    first, second = ((tmp_path / name).read_bytes() for name in ("one.png", "two.png"))
    assert first == second
    assert first.startswith(b"\x89PNG")
    with pytest.raises(InvalidInput, match="tree"):
        draw_to(tmp_path / "tree.gif", ["a", "b"], rows)
    with pytest.raises(InvalidInput, match="a plan without slots"):
        draw_to(tmp_path / "tree.svg", [], rows)
    assert len(list(tmp_path.iterdir())) == 2
